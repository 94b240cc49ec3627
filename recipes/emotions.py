"""embedded:emotions: a LoRA adapter on MiniLM for emotions in English comments, 28 labels, trained on GoEmotions.

    python recipes/emotions.py train DATA one --seed 1                 tune, choose thresholds, measure, write the card
    python recipes/emotions.py average DATA out one two                one adapter of several trainings
    python recipes/emotions.py thresholds DATA one                     thresholds and card again, without a training
    python recipes/emotions.py evaluate                                figures of the shipped adapter on the validation comments

The commands that made the shipped adapter are in its card. ``train.parquet`` and ``validation.parquet`` have the columns text and
labels (a list). A tenth of the training comments is held out: it chooses the best checkpoint and the thresholds. The validation
comments choose nothing.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core import models  # noqa: E402
from core.errors import BadInput  # noqa: E402
from core.models.backbone import backbone_folder  # noqa: E402
from core.runs import RunContext  # noqa: E402
from core.tasks.labels import scores_of  # noqa: E402
from recipes.emotions_card import Measured, write_card  # noqa: E402
from recipes.emotions_data import LABELS, divide, marks_of  # noqa: E402
from recipes.thresholds import best_thresholds  # noqa: E402

if TYPE_CHECKING:
    import pandas as pd

    from core.runs import RunFolder
    from core.settings import Settings

SHIPPED = ROOT / "core" / "models" / "embedded" / "emotions"
DATA = ROOT.parent / "shared" / "data" / "goemotions"
ADAPTER, HELD_OUT, TRAINING, HOME = "adapter", "held-out.npz", "training.json", "home"  # in the folder of a training
BATCH = 256  # comments in a batch of the measurement
app = typer.Typer(help=__doc__, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def train(
    data: Annotated[Path, typer.Argument(help="Folder with train.parquet and validation.parquet.")],
    out: Annotated[Path, typer.Argument(help="Folder for the training; the adapter and its card are in its folder adapter.")],
    epochs: Annotated[float, typer.Option(help="Passes over the training comments.")] = 6.0,
    until: Annotated[float | None, typer.Option(help="Stop after so many passes, though the learning rate falls as for all.")] = None,
    rank: Annotated[int, typer.Option(help="Rank of the adapter, on every linear layer of the encoder.")] = 16,
    alpha: Annotated[int, typer.Option(help="Scale of the adapter times rank.")] = 32,
    learning_rate: Annotated[float, typer.Option(help="Peak of the cosine schedule.")] = 8e-4,
    batch: Annotated[int, typer.Option(help="Comments per step.")] = 64,
    evaluations: Annotated[int, typer.Option(help="How often the held-out comments are scored; the best checkpoint is kept.")] = 6,
    seed: Annotated[int, typer.Option(help="Of the head, the order of the comments and dropout.")] = 1,
    held_out: Annotated[float, typer.Option(help="Part of the training comments that is held out.")] = 0.1,
    threads: Annotated[int, typer.Option(help="Processor threads; several wait for each other on a busy machine.")] = 1,
) -> None:
    """Tune with the fine-tune service, choose the thresholds, measure, and write the card."""
    dials = {"epochs": epochs, "rank": rank, "alpha": alpha, "learning_rate": learning_rate, "batch_rows": batch}
    dials |= {"evaluations": evaluations, "max_length": 64, "metric": "quality"}
    parts = divided(data, held_out)
    started = time.monotonic()
    run = tune(out / HOME, *parts, dials=dials, part=(until or epochs) / epochs, seed=seed, threads=threads)
    minutes = (time.monotonic() - started) / 60
    given = {"epochs": epochs, "until": until, "rank": rank, "alpha": alpha, "learning-rate": learning_rate, "batch": batch}
    given |= {"evaluations": evaluations, "seed": seed, "held-out": held_out}
    options = " ".join(f"--{name} {value}" for name, value in given.items() if value is not None)
    finish(
        data,
        out,
        members=[run.path / ADAPTER],
        rank=rank,
        held_out=held_out,
        trainings=[{"command": f"train DATA {out.name} {options}", "comments": len(parts[0]), "minutes": minutes}],
    )


@app.command()
def average(
    data: Annotated[Path, typer.Argument(help="Folder with train.parquet and validation.parquet.")],
    out: Annotated[Path, typer.Argument(help="Folder for the result.")],
    members: Annotated[list[Path], typer.Argument(help="Folders that `train` wrote, all with the same part held out.")],
    rank: Annotated[int, typer.Option(help="Rank of the result.")] = 32,
) -> None:
    """Make one adapter of several trainings, choose its thresholds, measure it, and write the card."""
    noted = [json.loads((member / TRAINING).read_text(encoding="utf-8")) for member in members]
    if len({note["held_out"] for note in noted}) > 1:
        raise typer.BadParameter("the trainings held out different comments")
    trainings = [training for note in noted for training in note["trainings"]]
    command = f"average DATA {out.name} {' '.join(member.name for member in members)} --rank {rank}"
    finish(
        data,
        out,
        members=[member / ADAPTER for member in members],
        rank=rank,
        held_out=noted[0]["held_out"],
        trainings=[*trainings, {"command": command, "comments": 0, "minutes": 0}],
    )


@app.command()
def thresholds(
    data: Annotated[Path, typer.Argument(help="Folder with validation.parquet.")],
    out: Annotated[Path, typer.Argument(help="Folder that `train` or `average` wrote.")],
) -> None:
    """Choose the thresholds from the logits of the held-out comments that were kept, measure, and write the card."""
    import pandas as pd

    kept, adapter = np.load(out / HELD_OUT, allow_pickle=False), out / ADAPTER
    scores, wanted = scores_of(kept["logits"].astype(np.float64), "multi"), kept["wanted"]
    write_thresholds(adapter, best_thresholds(scores, wanted))
    on_held_out = Measured.of(scores, wanted, thresholds_in(adapter))
    on_validation = measure(adapter, pd.read_parquet(data / "validation.parquet"))
    trainings = json.loads((out / TRAINING).read_text(encoding="utf-8"))["trainings"]
    write_card(adapter / "README.md", validation=on_validation, held_out=on_held_out, trainings=trainings)
    typer.echo(f"held-out comments:   {on_held_out}\nvalidation comments: {on_validation}")


@app.command()
def evaluate(
    adapter: Annotated[Path, typer.Argument(help="Adapter folder; the shipped one unless given.")] = SHIPPED,
    data: Annotated[Path, typer.Argument(help="Folder with validation.parquet.")] = DATA,
) -> None:
    """F1 on the validation comments with 95 % intervals, by the loading code that every run uses."""
    import pandas as pd

    validation = pd.read_parquet(data / "validation.parquet")
    for precision in ("fp32", "bf16"):
        typer.echo(f"{precision}: {measure(adapter, validation, precision=precision)}")


def divided(data: Path, share: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The training comments without those that are held out, and these. Always the same ones: trainings can be averaged."""
    import pandas as pd

    comments = pd.read_parquet(data / "train.parquet")[["text", "labels"]]
    kept, held = divide(list(comments["text"]), marks_of(list(comments["labels"])), share, seed=0)
    return comments.iloc[kept], comments.iloc[held]


class Until(RunContext):
    """The context of a training that is stopped after a part of its plan."""

    def __init__(self, settings: Settings, run: RunFolder, part: float) -> None:
        self.part, self.event = part, threading.Event()
        super().__init__(settings, run, stop=self.event)

    def report(self, stage: str, rows_done: int, rows: int, failed: int = 0) -> None:
        super().report(stage, rows_done, rows, failed)
        if stage == "training" and round(self.part * rows) <= rows_done < rows:
            self.event.set()


def tune(home: Path, kept: pd.DataFrame, held: pd.DataFrame, *, dials: dict[str, Any], part: float, seed: int, threads: int) -> RunFolder:
    """A fine-tune as the page and the command line make it, in a data folder of its own; it measures on the held-out comments.

    Args:
        part: of the plan after which it is stopped, as a user would: its best checkpoint is kept.
    """
    from core import tables, training
    from core.runs import create_run
    from core.settings import Settings
    from core.training.run import run
    from core.workspaces import LOCAL

    home.mkdir(parents=True, exist_ok=True)
    settings = Settings().model_copy(update={"home": home, "threads": threads})
    imported = []
    for name, comments in (("train", kept), ("held-out", held)):
        comments.to_parquet(home / f"{name}.parquet", index=False)
        imported.append(tables.import_file(settings, LOCAL, home / f"{name}.parquet"))
    table, validation = imported
    spec = training.make_spec(
        settings,
        table,
        owner=LOCAL,
        task="text-classification",
        model="embedded:minilm",
        roles={"text": "text", "label": "labels"},
        name=models.free_name(settings, LOCAL, "emotions"),
        dials=dials,
        validation=validation,
        problem="multi_label_classification",
        seed=seed,
    )
    folder = create_run(settings, spec, owner=LOCAL, input_table=table.path, validation_table=validation.path)
    run(Until(settings, folder, part))
    return folder


def finish(data: Path, out: Path, *, members: list[Path], rank: int, held_out: float, trainings: list[dict[str, Any]]) -> None:
    """From tuned adapters to one that can be shipped: in half precision, with thresholds, figures and a card."""
    from recipes.lora import write_average

    for member in members:
        check_labels(member)
    kept = write_average(members, out / ADAPTER, rank)
    typer.echo(f"rank {rank} keeps {kept:.1%} of the mean change")
    _, held = divided(data, held_out)
    np.savez(out / HELD_OUT, logits=logits_of(out / ADAPTER, list(held["text"])), wanted=marks_of(list(held["labels"])))
    (out / TRAINING).write_text(json.dumps({"held_out": held_out, "trainings": trainings}), encoding="utf-8")
    thresholds(data, out)


def check_labels(adapter: Path) -> None:
    """Raises BadInput where an adapter's outputs are not ``LABELS`` in their order."""
    found = models.labels_of(json.loads((adapter / "config.json").read_text(encoding="utf-8")))
    if found != LABELS:
        raise BadInput(f"training comments with all {len(LABELS)} labels", f"{len(found)}: {', '.join(found)}", "Train on the whole split.")


def write_thresholds(adapter: Path, values: np.ndarray) -> None:
    """Puts the thresholds of ``LABELS`` into the adapter's config."""
    path = adapter / "config.json"
    config = json.loads(path.read_text(encoding="utf-8")) | {models.LABEL_THRESHOLDS: dict(zip(LABELS, values.tolist(), strict=True))}
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def thresholds_in(adapter: Path) -> np.ndarray:
    """The thresholds that a run with this adapter uses, in the order of ``LABELS``."""
    return np.array(models.thresholds_of(json.loads((adapter / "config.json").read_text(encoding="utf-8"))))


def measure(adapter: Path, comments: pd.DataFrame, *, precision: str = "fp32") -> Measured:
    """Figures of a saved adapter with its thresholds."""
    scores = scores_of(logits_of(adapter, list(comments["text"]), precision=precision).astype(np.float64), "multi")
    return Measured.of(scores, marks_of(list(comments["labels"])), thresholds_in(adapter))


def logits_of(adapter: Path, texts: list[str], *, precision: str = "fp32") -> np.ndarray:
    """float32 ``[texts, labels]`` of the saved adapter. Batches of equal length: no padding in the figures."""
    import torch

    files = models.ModelFiles(f"recipe:{adapter.name}", "", backbone_folder(), adapter, ("text-classification",), LABELS)
    tokenizer = models.load_tokenizer(files)
    model = models.load_model(files, "AutoModelForSequenceClassification", precision=precision)
    encoded = tokenizer(texts, truncation=True, max_length=512)["input_ids"]
    lengths = np.array([len(ids) for ids in encoded])
    found = np.empty((len(texts), len(LABELS)), np.float32)
    with torch.inference_mode():
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            for some in np.split(rows, range(BATCH, len(rows), BATCH)):
                found[some] = model(input_ids=torch.tensor([encoded[row] for row in some])).logits.float().numpy()
    return found


if __name__ == "__main__":
    app()
