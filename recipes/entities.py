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
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core import models, tasks  # noqa: E402
from core.models.backbone import backbone_folder  # noqa: E402
from core.schema import Role, Split  # noqa: E402
from core.settings import Settings  # noqa: E402
from recipes.entities_card import Measured, write_card  # noqa: E402
from recipes.entities_data import SETS, read_set, read_training  # noqa: E402

if TYPE_CHECKING:
    import pandas as pd

    from core.runs import RunFolder

TASK = "token-classification"
SHIPPED = ROOT / "core" / "models" / "embedded" / "entities"
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
    started = time.monotonic()
    run = tune(data, out / HOME, dials=dials, share=held_out, seed=seed, threads=threads)
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
    for precision in ("fp32", "bf16"):
        for name, found in measured_on(data, adapter, precision=precision).items():
            typer.echo(f"{precision}, {name}: {found}")


def tune(data: Path, home: Path, *, dials: dict[str, Any], share: float, seed: int, threads: int) -> RunFolder:
    """A fine-tune as the page and the command line make it, in a data folder of its own."""
    from core import tables, training
    from core.runs import RunContext, create_run
    from core.training.run import run
    from core.workspaces import LOCAL

    home.mkdir(parents=True, exist_ok=True)
    settings = Settings().model_copy(update={"home": home, "threads": threads})
    read_training(data).to_parquet(home / "entities.parquet", index=False)
    table = tables.import_file(settings, LOCAL, home / "entities.parquet")
    spec = training.make_spec(
        settings,
        table,
        owner=LOCAL,
        task=TASK,
        model="embedded:minilm",
        roles={"tokens": "tokens", "tags": "tags"},
        name=models.free_name(settings, LOCAL, "entities"),
        dials=dials,
        split=Split(share=share),
        seed=seed,
    )
    folder = create_run(settings, spec, owner=LOCAL, input_table=table.path)
    run(RunContext(settings, folder))
    return folder


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


def measure(adapter: Path, sentences: pd.DataFrame, *, precision: str = "fp32", aggregation: str = "simple") -> Measured:
    """Figures of a saved adapter, scored as any run scores, with the task's own options unless ``aggregation`` is given."""
    import pyarrow as pa

    from core.inference.loading import Loaded, ready
    from core.inference.plan import Window

    settings, task = Settings(), tasks.get(TASK)
    labels = models.labels_of(json.loads((adapter / "config.json").read_text(encoding="utf-8")))
    files = models.ModelFiles(f"recipe:{adapter.name}", "", backbone_folder(), adapter, (TASK,), labels)
    network = models.load_model(files, task.auto_class, precision=precision)
    model = ready(task, task.Options(aggregation=aggregation), files, models.load_tokenizer(files), network)
    cells = [json.dumps(tokens) for tokens in sentences["tokens"]]
    window = Window(np.arange(len(cells)), {str(Role.TOKENS): cells})
    parts = [part for part in Loaded(task, files, model, precision).scorer(settings).score(window) if len(part.keys)]
    results = pa.concat_tables(pa.table({"key": part.keys, **part.columns}) for part in parts).sort_by("key")
    truth = {Role.TOKENS: cells, Role.TAGS: [json.dumps(tags) for tags in sentences["tags"]]}
    if results["key"].to_pylist() != list(range(len(cells))):
        raise AssertionError("sentences without a result")
    return Measured.of(len(cells), task.measure(model, truth, results, {}).metrics)


if __name__ == "__main__":
    app()
