"""embedded:sentiment: a LoRA adapter on MiniLM for English sentences, trained on SST-2.

    python recipes/sentiment.py train DATA one --seed 1                train; a checkpoint after each epoch
    python recipes/sentiment.py average DATA out one/epoch-2 two/epoch-1   one adapter of several checkpoints
    python recipes/sentiment.py train ... --held-out 1000              measure dials on sentences kept out of training
    python recipes/sentiment.py evaluate                               accuracy of the shipped adapter on the validation sentences

The commands that made the shipped adapter are in its card. ``train.parquet`` and ``validation.parquet`` have the columns text and
label (negative, positive).
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.models.backbone import backbone_folder  # noqa: E402
from recipes.holdout import hold_out  # noqa: E402
from recipes.sentiment_card import Figures, write_card  # noqa: E402

if TYPE_CHECKING:
    import pandas as pd

LABELS = ("negative", "positive")
SHIPPED = ROOT / "core" / "models" / "embedded" / "sentiment"
DATA = ROOT.parent / "shared" / "data" / "sst2"
TRAINING = "training.json"  # what a training was, for the card
LONGEST = 128  # tokens; the longest phrase of the data has fewer
app = typer.Typer(help=__doc__, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def train(
    data: Annotated[Path, typer.Argument(help="Folder with train.parquet and validation.parquet.")],
    out: Annotated[Path, typer.Argument(help="Folder for the adapter and its card.")],
    epochs: Annotated[float, typer.Option(help="Passes over the training phrases.")] = 3.0,
    rank: Annotated[int, typer.Option(help="Rank of the adapter, on every linear layer of the encoder.")] = 16,
    alpha: Annotated[int, typer.Option(help="Scale of the adapter times rank.")] = 32,
    learning_rate: Annotated[float, typer.Option(help="Peak of the cosine schedule.")] = 6e-4,
    batch: Annotated[int, typer.Option(help="Phrases per step.")] = 64,
    warm_up: Annotated[float, typer.Option(help="Part of the steps in which the learning rate rises.")] = 0.06,
    smoothing: Annotated[float, typer.Option(help="Label smoothing.")] = 0.05,
    dropout: Annotated[float, typer.Option(help="Dropout in the layers and before the classifier.")] = 0.1,
    averaging: Annotated[float, typer.Option(help="Decay of the moving average of the weights.")] = 0.995,
    seed: Annotated[int, typer.Option(help="Of the order of the phrases and of dropout.")] = 1,
    held_out: Annotated[int, typer.Option(help="Keep this many whole sentences out of training and measure on them.")] = 0,
    shortest: Annotated[int, typer.Option(help="Train on phrases of at least this many words.")] = 1,
    start: Annotated[Path | None, typer.Option(help="Adapter folder to go on from.")] = None,
    threads: Annotated[int, typer.Option(help="Processor threads; several wait for each other on a busy machine.")] = 1,
) -> None:
    """Train, save, measure, and write the card."""
    import pandas as pd
    import torch
    from transformers import set_seed

    torch.set_num_threads(threads)
    dials = {name: value for name, value in locals().items() if isinstance(value, int | float)}
    phrases = pd.read_parquet(data / "train.parquet")
    kept, held = hold_out(list(phrases["text"]), held_out, seed=0) if held_out else (list(range(len(phrases))), [])
    train_on = phrases.iloc[kept].drop_duplicates("text")
    train_on = train_on[train_on["text"].str.split().str.len() >= shortest]
    set_seed(0)  # every training starts alike; the seed decides the order of the phrases and dropout
    model = start_model(rank, alpha, dropout, seed, start)
    set_seed(seed)
    started = time.monotonic()
    run_trainer(
        model,
        train_on,
        out,
        epochs=epochs,
        learning_rate=learning_rate,
        batch=batch,
        warm_up=warm_up,
        smoothing=smoothing,
        averaging=averaging,
        seed=seed,
    )
    seconds = time.monotonic() - started
    from recipes.lora import save_adapter

    save_adapter(model, out, labels=LABELS)
    typer.echo(f"{len(train_on):,} phrases in {seconds / 60:.1f} minutes")
    if held:
        typer.echo(f"held-out sentences: {Figures.of_counts(*count_right(out, phrases.iloc[held]))}")
        return
    options = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in dials.items() if name not in ("held_out", "threads"))
    options += f" --start {start.name}" if start else ""
    training = {"command": f"train DATA {out.name} {options}", "phrases": len(train_on), "minutes": seconds / 60}
    for checkpoint in (out, *out.glob("epoch-*")):  # each of them can be a member of an average
        (checkpoint / TRAINING).write_text(json.dumps(training), encoding="utf-8")
    finish(out, data, [training])


@app.command()
def average(
    data: Annotated[Path, typer.Argument(help="Folder with validation.parquet.")],
    out: Annotated[Path, typer.Argument(help="Folder for the adapter and its card.")],
    members: Annotated[list[Path], typer.Argument(help="Checkpoints that `train` wrote: its epoch-N folders.")],
    rank: Annotated[int, typer.Option(help="Rank of the result.")] = 32,
) -> None:
    """Make one adapter of several trainings, measure it, and write the card."""
    from recipes.lora import write_average

    kept = write_average(members, out, rank)
    typer.echo(f"rank {rank} keeps {kept:.1%} of the mean change")
    trainings = [json.loads((member / TRAINING).read_text(encoding="utf-8")) for member in members]
    command = f"average DATA {out.name} {' '.join(f'{member.parent.name}/{member.name}' for member in members)} --rank {rank}"
    finish(out, data, [*trainings, {"command": command, "phrases": 0, "minutes": 0}])


def finish(out: Path, data: Path, trainings: list[dict[str, Any]]) -> None:
    """Measures the saved files on the validation sentences and writes their card."""
    import pandas as pd

    figures = Figures.of_counts(*count_right(out, pd.read_parquet(data / "validation.parquet")))
    write_card(out / "README.md", figures=figures, trainings=trainings)
    typer.echo(f"validation sentences: {figures}")


@app.command()
def evaluate(
    adapter: Annotated[Path, typer.Argument(help="Adapter folder; the shipped one unless given.")] = SHIPPED,
    data: Annotated[Path, typer.Argument(help="Folder with validation.parquet.")] = DATA,
) -> None:
    """Accuracy on the validation sentences with its 95 % interval, by the loading code that every run uses."""
    import pandas as pd

    validation = pd.read_parquet(data / "validation.parquet")
    for precision in ("fp32", "bf16"):
        typer.echo(f"{precision}: accuracy {Figures.of_counts(*count_right(adapter, validation, precision=precision))}")


def start_model(rank: int, alpha: int, dropout: float, seed: int, start: Path | None) -> Any:
    """The backbone with an untrained head and an adapter that changes nothing yet, or with those of ``start``.

    Attention is the plain kind: the backward pass of the fused one is several times slower in bfloat16 on a CPU.
    """
    from peft import LoraConfig, get_peft_model, set_peft_model_state_dict
    from safetensors.torch import load_file
    from transformers import AutoModelForSequenceClassification

    from recipes.lora import LINEAR_LAYERS, use_cheap_dropout

    model = AutoModelForSequenceClassification.from_pretrained(
        str(backbone_folder()),
        num_labels=len(LABELS),
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
        attn_implementation="eager",
        trust_remote_code=False,
        use_safetensors=True,
        local_files_only=True,
    )
    adapter = LoraConfig(
        task_type="SEQ_CLS",
        r=rank,
        lora_alpha=alpha,
        target_modules=LINEAR_LAYERS,
        modules_to_save=["pooler", "classifier"],
    )
    model = get_peft_model(model, adapter)
    if start:
        set_peft_model_state_dict(model, load_file(start / "adapter_model.safetensors"))
    use_cheap_dropout(model, seed)
    return model


def run_trainer(
    model: Any,
    phrases: pd.DataFrame,
    out: Path,
    *,
    epochs: float,
    learning_rate: float,
    batch: int,
    warm_up: float,
    smoothing: float,
    averaging: float,
    seed: int,
) -> None:
    """Trains the adapter in place with transformers' Trainer, phrases of like length together, matrix products in bfloat16."""
    import datasets
    from transformers import AutoTokenizer, DataCollatorWithPadding, Trainer, TrainingArguments

    from recipes.lora import AveragedWeights, save_adapter

    tokenizer = AutoTokenizer.from_pretrained(str(backbone_folder()), trust_remote_code=False, local_files_only=True)
    encoded = tokenizer(list(phrases["text"]), truncation=True, max_length=LONGEST)
    columns = {name: encoded[name] for name in ("input_ids", "attention_mask")}
    columns["labels"] = [LABELS.index(label) for label in phrases["label"]]
    columns["length"] = [len(ids) for ids in encoded["input_ids"]]
    arguments = TrainingArguments(
        output_dir=str(out),
        per_device_train_batch_size=batch,
        num_train_epochs=epochs,
        learning_rate=learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=warm_up,
        weight_decay=0.01,
        label_smoothing_factor=smoothing,
        train_sampling_strategy="group_by_length",
        bf16=True,
        use_cpu=True,
        seed=seed,
        save_strategy="no",
        logging_steps=100,
        report_to="none",
        disable_tqdm=True,
    )
    data = datasets.Dataset.from_dict(columns)
    Trainer(
        model=model,
        args=arguments,
        train_dataset=data,
        data_collator=DataCollatorWithPadding(tokenizer),
        callbacks=[AveragedWeights(averaging, lambda trained, epoch: save_adapter(trained, out / f"epoch-{epoch}", labels=LABELS))],
    ).train()


def count_right(adapter: Path, sentences: pd.DataFrame, *, precision: str = "fp32") -> tuple[int, int]:
    """Sentences whose label the saved adapter finds, and all of them. Batches of equal length: no padding in the figure."""
    import torch

    from core.models import ModelFiles, load_model, load_tokenizer

    files = ModelFiles(f"recipe:{adapter.name}", "", backbone_folder(), adapter, ("text-classification",), LABELS)
    tokenizer, model = load_tokenizer(files), load_model(files, "AutoModelForSequenceClassification", precision=precision)
    by_length: dict[int, list[tuple[list[int], int]]] = {}
    for text, label in zip(sentences["text"], sentences["label"], strict=True):
        ids = tokenizer(text, truncation=True, max_length=512)["input_ids"]
        by_length.setdefault(len(ids), []).append((ids, LABELS.index(label)))
    right = 0
    with torch.inference_mode():
        for items in by_length.values():
            logits = model(input_ids=torch.tensor([ids for ids, _ in items])).logits
            right += int((logits.argmax(1) == torch.tensor([label for _, label in items])).sum())
    return right, len(sentences)


if __name__ == "__main__":
    app()
