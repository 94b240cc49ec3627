"""Two ways to tune the same LoRA adapter on the same rows: transformers' Trainer with its default settings, and ours."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from core import models
from core.inference.plan import cut_batches
from core.inference.precision import cpu_has_bf16
from core.schema import Dials
from core.settings import Settings
from core.tasks.encoding import encode_texts
from core.training.labels.column import Labels
from core.training.loop.batches import plan_batches
from core.training.loop.dropout import use_cheap_dropout
from core.training.loop.examples import Examples
from core.training.loop.network import start_at, targets, trainable_model
from core.training.objectives.text_classification import TextClassification
from core.training.rows import Rows

MODEL = "embedded:minilm"
AUTO_CLASS = "AutoModelForSequenceClassification"
BATCH = 8  # Trainer's default
LONGEST = 512
TOKEN_BUDGET = 2_048


@dataclass(frozen=True)
class Work:
    """What both sides do.

    Args:
        texts: to learn from.
        labels: of each text, as places in ``names``.
        learning_rate: of both sides; ``None`` leaves each its own default.
    """

    texts: Sequence[str]
    labels: np.ndarray
    names: tuple[str, ...]
    epochs: int = 1
    learning_rate: float | None = None
    seed: int = 0
    files: models.ModelFiles = field(default_factory=lambda: models.resolve(Settings(), MODEL))

    def examples(self) -> Examples:
        """The texts, tokenised."""
        return Examples(encoded(self.files, self.texts), self.labels)

    def objective(self) -> TextClassification:
        labels = Labels("single_label_classification", self.names, self.labels, self.labels >= 0)
        return TextClassification(Rows({"text": list(self.texts)}, {}), labels)


@dataclass(frozen=True)
class Tuned:
    """What came of it. ``seconds`` are those of the steps alone."""

    model: Any
    seconds: float


def encoded(files: models.ModelFiles, texts: Sequence[str]) -> Any:
    """Texts as the backbone reads them."""
    accepted = frozenset({"input_ids", "attention_mask", "token_type_ids"})
    return encode_texts(models.load_tokenizer(files), list(texts), None, max_length=LONGEST, accepted=accepted)


def by_trainer(work: Work, folder: Path) -> Tuned:
    """transformers' Trainer, its settings as they come."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForSequenceClassification, DataCollatorWithPadding, Trainer, TrainingArguments, set_seed

    set_seed(work.seed)
    dials, examples = Dials(), work.examples()
    network = AutoModelForSequenceClassification.from_pretrained(str(work.files.base), num_labels=len(work.names), trust_remote_code=False)
    layers = targets(network, ())
    adapter = LoraConfig(
        task_type="SEQ_CLS", r=dials.rank, lora_alpha=dials.alpha, target_modules=layers, modules_to_save=["pooler", "classifier"]
    )
    inputs = examples.encoded.inputs["input_ids"]
    rows = [{"input_ids": inputs[place].tolist(), "labels": int(examples.labels[place])} for place in range(len(examples))]
    chosen = {"learning_rate": work.learning_rate} if work.learning_rate else {}
    trainer = Trainer(
        model=get_peft_model(network, adapter),
        args=TrainingArguments(
            output_dir=str(folder),
            num_train_epochs=work.epochs,
            seed=work.seed,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=True,
            **chosen,
        ),
        train_dataset=rows,
        data_collator=DataCollatorWithPadding(models.load_tokenizer(work.files)),
    )
    return timed(trainer)


def by_us(work: Work, folder: Path) -> Tuned:
    """Ours, with as many rows a step and as many steps."""
    from transformers import set_seed

    from core.training.loop.giving_back import GiveBack
    from core.training.loop.trainer import AdapterTrainer, arguments

    set_seed(work.seed)
    chosen = {"learning_rate": work.learning_rate} if work.learning_rate else {}
    dials = Dials(batch_rows=BATCH, epochs=work.epochs, evaluations=1, **chosen)
    objective, examples = work.objective(), work.examples()
    model = trainable_model(work.files, AUTO_CLASS, objective, dials)
    start_at(model, objective.prior(examples))
    use_cheap_dropout(model)
    batches = plan_batches(examples.lengths, rows=BATCH, epochs=work.epochs, seed=work.seed)
    how = arguments(dials, folder, steps=len(batches), bf16=cpu_has_bf16(), device="cpu", seed=work.seed)
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
            token_budget=TOKEN_BUDGET,
            callbacks=[GiveBack()],
        )
    )


SIDES: MappingProxyType[str, Callable[[Work, Path], Tuned]] = MappingProxyType(
    {"Trainer, default settings": by_trainer, "fine-tune": by_us}
)


def timed(trainer: Any) -> Tuned:
    began = time.perf_counter()
    trainer.train()
    return Tuned(trainer.model, time.perf_counter() - began)


def predicted(files: models.ModelFiles, model: Any, texts: Sequence[str]) -> np.ndarray:
    """The label of each text, as its place among the names: int64 ``[texts]``, in fp32, whoever trained the model."""
    import torch

    examples = Examples(encoded(files, texts), np.zeros(len(texts), np.int64))
    found = np.empty(len(texts), np.int64)
    model.eval()
    with torch.inference_mode():
        for places in cut_batches(examples.lengths, TOKEN_BUDGET):
            inputs = examples.batch(places)
            inputs.pop("labels")
            found[places] = model(**inputs).logits.argmax(1).numpy()
    return found
