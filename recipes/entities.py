"""embedded:entities: a LoRA adapter on MiniLM for people, places and organisations in English texts.

    python recipes/entities.py train DATA out                          tune, measure, and write the card
    python recipes/entities.py ship DATA out                           measure and write the card again, without a training
    python recipes/entities.py evaluate                                figures of the shipped adapter on the validation sentences

The command that made the shipped adapter is in its card. DATA has the folders btc_ner, wnut17 and wikigold, each with train.parquet and
validation.parquet, which have the columns tokens and ner_tags (lists). A part of the training sentences is held out: it chooses the best
checkpoint. The validation sentences choose nothing.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core import tasks  # noqa: E402
from core.schema import Role, Split  # noqa: E402
from recipes.entities_card import Measured, write_card  # noqa: E402
from recipes.entities_data import SETS, read_set, read_training  # noqa: E402
from recipes.scoring import scored, tell  # noqa: E402
from recipes.tuning import tune  # noqa: E402

if TYPE_CHECKING:
    import pandas as pd

    from core.runs import RunFolder

NAME, TASK = "entities", "token-classification"
SHIPPED = ROOT / "core" / "models" / "embedded" / NAME
DATA = ROOT.parent / "shared" / "data"
ADAPTER, TRAINING, HOME = "adapter", "training.json", "home"  # in the folder of a training
app = typer.Typer(help=__doc__, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def train(
    data: Annotated[Path, typer.Argument(help="Folder with the folders of the data sets.")],
    out: Annotated[Path, typer.Argument(help="Folder for the training; the adapter and its card are in its folder adapter.")],
    epochs: Annotated[float, typer.Option(help="Passes over the training sentences.")] = 5.0,
    rank: Annotated[int, typer.Option(help="Rank of the adapter, on every linear layer of the encoder.")] = 32,
    alpha: Annotated[int, typer.Option(help="Scale of the adapter times rank.")] = 64,
    learning_rate: Annotated[float, typer.Option(help="Peak of the cosine schedule.")] = 6e-4,
    smoothing: Annotated[float, typer.Option(help="Label smoothing.")] = 0.05,
    batch: Annotated[int, typer.Option(help="Sentences per step.")] = 32,
    evaluations: Annotated[int, typer.Option(help="How often the held-out sentences are scored; the best checkpoint is kept.")] = 5,
    seed: Annotated[int, typer.Option(help="Of the held-out part, the head, the order of the sentences and dropout.")] = 1,
    held_out: Annotated[float, typer.Option(help="Part of the training sentences that is held out.")] = 0.05,
    threads: Annotated[int, typer.Option(help="Processor threads; several wait for each other on a busy machine.")] = 1,
) -> None:
    """Tune with the fine-tune service, measure, and write the card."""
    given = {"epochs": epochs, "rank": rank, "alpha": alpha, "learning-rate": learning_rate, "smoothing": smoothing}
    given |= {"batch": batch, "evaluations": evaluations, "seed": seed, "held-out": held_out}
    dials = {"epochs": epochs, "rank": rank, "alpha": alpha, "learning_rate": learning_rate, "label_smoothing": smoothing}
    dials |= {"batch_rows": batch, "evaluations": evaluations, "max_length": 128, "metric": "quality"}
    dials["head_prior"] = False  # as the shipped adapter was made
    started = time.monotonic()
    run = tune(
        out / HOME,
        read_training(data),
        name=NAME,
        task=TASK,
        roles={"tokens": "tokens", "tags": "tags"},
        dials=dials,
        seed=seed,
        threads=threads,
        split=Split(share=held_out),
    )
    keep(run, out, command=" ".join(f"--{name} {value}" for name, value in given.items()), minutes=(time.monotonic() - started) / 60)
    ship(data, out)


@app.command()
def ship(
    data: Annotated[Path, typer.Argument(help="Folder with the folders of the data sets.")],
    out: Annotated[Path, typer.Argument(help="Folder that `train` wrote.")],
) -> None:
    """Measure an adapter and write its card."""
    figures = measured_on(data, out / ADAPTER)
    write_card(out / ADAPTER / "README.md", figures=figures, training=json.loads((out / TRAINING).read_text(encoding="utf-8")))
    for name, found in figures.items():
        typer.echo(f"{name}: {found}")


@app.command()
def evaluate(
    adapter: Annotated[Path, typer.Argument(help="Adapter folder; the shipped one unless given.")] = SHIPPED,
    data: Annotated[Path, typer.Argument(help="Folder with the folders of the data sets.")] = DATA,
) -> None:
    """F1 of entities on the validation sentences with 95 % intervals, by the loading code that every run uses."""
    tell(lambda precision: measured_on(data, adapter, precision=precision))


def keep(run: RunFolder, out: Path, *, command: str, minutes: float) -> None:
    """Copies the adapter of a run in half precision, and notes what the card says of the training."""
    from recipes.lora import write_average

    summary = run.summary()
    write_average([run.path / ADAPTER], out / ADAPTER, run.spec().dials.rank)
    note = {"command": f"train DATA {out.name} {command}", "minutes": minutes, "best": summary["best"]}
    note |= {"sentences": summary["train_rows"], "held_out": summary["validation_rows"], "figures": summary["metrics"]}
    (out / TRAINING).write_text(json.dumps(note), encoding="utf-8")


def measured_on(data: Path, adapter: Path, *, precision: str = "fp32") -> dict[str, Measured]:
    """Figures of a saved adapter on the validation sentences of each data set."""
    return {name: measure(adapter, read_set(data, name, "validation"), precision=precision) for name in SETS}


def measure(adapter: Path, sentences: pd.DataFrame, *, precision: str = "fp32", aggregation: str = "auto") -> Measured:
    """Figures of a saved adapter, scored as any run scores, with the task's own options unless ``aggregation`` is given."""
    cells = [json.dumps(tokens) for tokens in sentences["tokens"]]
    model, results = scored(adapter, TASK, {Role.TOKENS: cells}, precision=precision, aggregation=aggregation)
    truth = {Role.TOKENS: cells, Role.TAGS: [json.dumps(tags) for tags in sentences["tags"]]}
    return Measured.of(len(cells), tasks.get(TASK).measure(model, truth, results, {}).metrics)


if __name__ == "__main__":
    app()
