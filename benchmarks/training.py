"""Rows per second of a fine-tune against transformers' Trainer: ``python -m benchmarks.training --rows 2000 --rounds 3``.

LoRA of the same rank on the same layers of the embedded backbone, the same rows, the same number of optimiser steps with eight rows
each. One side is Trainer with its default settings; the other is ours: rows of like length together, bf16 where the processor has
it, dropout that is cheap. They take turns within each round; the ratio is the median of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.texts import make_texts
from core import models
from core.inference.precision import cpu_has_bf16
from core.schema import Dials
from core.settings import Settings
from core.tasks.encoding import encode_texts
from core.training.labels.column import Labels
from core.training.loop.batches import plan_batches
from core.training.loop.dropout import use_cheap_dropout
from core.training.loop.examples import Examples
from core.training.loop.network import targets, trainable_model
from core.training.objectives.text_classification import TextClassification
from core.training.rows import Rows

MODEL = "embedded:minilm"
AUTO_CLASS = "AutoModelForSequenceClassification"
LABELS = ("even", "odd")
BATCH = 8
LONGEST = 512


def objective_of(texts: list[str]) -> TextClassification:
    """The parity of a text's length as its label: what is learned does not matter here."""
    targets = np.array([len(text) % 2 for text in texts])
    return TextClassification(Rows({"text": texts}, {}), Labels("single_label_classification", LABELS, targets, targets >= 0))


def examples_of(texts: list[str]) -> Examples:
    """The texts, tokenised."""
    files = models.resolve(Settings(), MODEL)
    tokenizer = models.load_tokenizer(files)
    encoded = encode_texts(
        tokenizer, texts, None, max_length=LONGEST, accepted=frozenset({"input_ids", "attention_mask", "token_type_ids"})
    )
    return Examples(encoded, objective_of(texts).labels.targets)


def by_trainer(examples: Examples, folder: Path) -> float:
    """Seconds of transformers' Trainer, its settings as they come."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForSequenceClassification, DataCollatorWithPadding, Trainer, TrainingArguments

    files, dials = models.resolve(Settings(), MODEL), Dials()
    network = AutoModelForSequenceClassification.from_pretrained(str(files.base), num_labels=len(LABELS), trust_remote_code=False)
    layers = targets(network, ())
    adapter = LoraConfig(
        task_type="SEQ_CLS", r=dials.rank, lora_alpha=dials.alpha, target_modules=layers, modules_to_save=["pooler", "classifier"]
    )
    inputs = examples.encoded.inputs["input_ids"]
    rows = [{"input_ids": inputs[place].tolist(), "labels": int(examples.labels[place])} for place in range(len(examples))]
    trainer = Trainer(
        model=get_peft_model(network, adapter),
        args=TrainingArguments(
            output_dir=str(folder), num_train_epochs=1, save_strategy="no", report_to="none", disable_tqdm=True, use_cpu=True
        ),
        train_dataset=rows,
        data_collator=DataCollatorWithPadding(models.load_tokenizer(files)),
    )
    return timed(trainer)


def by_us(examples: Examples, folder: Path) -> float:
    """Seconds of our trainer with as many rows a step."""
    from core.training.loop.trainer import AdapterTrainer, arguments

    dials = Dials(batch_rows=BATCH, epochs=1, evaluations=1)
    objective = objective_of([])
    model = trainable_model(models.resolve(Settings(), MODEL), AUTO_CLASS, objective, dials)
    use_cheap_dropout(model)
    batches = plan_batches(examples.lengths, rows=BATCH, epochs=1, seed=0)
    how = arguments(Settings(), dials, folder, steps=len(batches), bf16=cpu_has_bf16(), device="cpu", seed=0)
    how.eval_strategy = how.save_strategy = "no"
    how.load_best_model_at_end = False
    return timed(
        AdapterTrainer(
            model=model,
            args=how,
            examples=examples,
            validation=examples,
            batches=batches,
            objective=objective,
            dials=dials,
            token_budget=2_048,
        )
    )


def timed(trainer: Any) -> float:
    began = time.perf_counter()
    trainer.train()
    return time.perf_counter() - began


SIDES: dict[str, Callable[[Examples, Path], float]] = {"Trainer, default settings": by_trainer, "fine-tune": by_us}


def main(argv: list[str] | None = None) -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=2_000)
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args(argv)
    examples = examples_of(make_texts(options.rows))
    rates: dict[str, list[float]] = {name: [] for name in SIDES}
    for _ in range(options.rounds):
        for name, side in SIDES.items():
            with tempfile.TemporaryDirectory() as folder:
                rates[name].append(len(examples) / side(examples, Path(folder)))
    first = rates["Trainer, default settings"]
    print("| training | rows/s | ratio |")
    print("|---|---|---|")
    for name, found in rates.items():
        ratio = statistics.median(mine / theirs for mine, theirs in zip(found, first, strict=True))
        print(f"| {name} | {statistics.median(found):.1f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
