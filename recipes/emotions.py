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
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core import models  # noqa: E402
from core.errors import BadInput  # noqa: E402
from core.runs import RunContext  # noqa: E402
from core.tasks.labels import label_columns, scores_of  # noqa: E402
from recipes.emotions_card import Measured, write_card  # noqa: E402
from recipes.emotions_data import LABELS, divide, marks_of  # noqa: E402
from recipes.scoring import CONFIG, config_of, scored, tell  # noqa: E402
from recipes.thresholds import best_thresholds  # noqa: E402
from recipes.tuning import tune  # noqa: E402

if TYPE_CHECKING:
    import pandas as pd

    from core.runs import RunFolder
    from core.settings import Settings

NAME, TASK = "emotions", "text-classification"
SHIPPED = ROOT / "core" / "models" / "embedded" / NAME
DATA = ROOT.parent / "shared" / "data" / "goemotions"
ADAPTER, HELD_OUT, TRAINING, HOME = "adapter", "held-out.npz", "training.json", "home"  # in the folder of a training
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
    dials["head_prior"] = False  # as the shipped adapter was made
    parts = divided(data, held_out)
    started = time.monotonic()
    run = tune(
        out / HOME,
        parts[0],
        name=NAME,
        task=TASK,
        roles={"text": "text", "label": "labels"},
        dials=dials,
        seed=seed,
        threads=threads,
        held_out=parts[1],
        watch=partial(Until, part=(until or epochs) / epochs),
        problem="multi_label_classification",
    )
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
    scores, wanted = scores_of(kept["logits"], "multi"), kept["wanted"]
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
    tell(lambda precision: {"validation comments": measure(adapter, validation, precision=precision)})


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
        if stage == "training" and round(self.part * rows) < rows_done < rows:  # one step later: a stop cuts an evaluation short
            self.event.set()


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
    found = models.labels_of(config_of(adapter))
    if found != LABELS:
        raise BadInput(f"training comments with all {len(LABELS)} labels", f"{len(found)}: {', '.join(found)}", "Train on the whole split.")


def write_thresholds(adapter: Path, values: np.ndarray) -> None:
    """Puts the thresholds of ``LABELS`` into the adapter's config."""
    config = models.note_thresholds(config_of(adapter), dict(zip(LABELS, values.tolist(), strict=True)))
    (adapter / CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def thresholds_in(adapter: Path) -> np.ndarray:
    """The thresholds that a run with this adapter uses, in the order of ``LABELS``."""
    return np.array(models.thresholds_of(config_of(adapter)))


def measure(adapter: Path, comments: pd.DataFrame, *, precision: str = "fp32") -> Measured:
    """Figures of a saved adapter with its thresholds."""
    scores = scores_of(logits_of(adapter, list(comments["text"]), precision=precision), "multi")
    return Measured.of(scores, marks_of(list(comments["labels"])), thresholds_in(adapter))


def logits_of(adapter: Path, texts: list[str], *, precision: str = "fp32") -> np.ndarray:
    """float64 ``[texts, labels]`` of the saved adapter."""
    columns = scored(adapter, TASK, {"text": texts}, precision=precision, logits=True)[1]
    return np.column_stack([columns[name].to_numpy() for name in label_columns("logit_", LABELS)])


if __name__ == "__main__":
    app()
