"""embedded:sentiment: a LoRA adapter on MiniLM for English sentences, trained on SST-2.

    python recipes/sentiment.py train DATA one --seed 1                tune, measure on the held-out sentences
    python recipes/sentiment.py average DATA both one two              one adapter of several trainings
    python recipes/sentiment.py ship DATA one                          measure on the validation sentences and write the card
    python recipes/sentiment.py evaluate                               accuracy of the shipped adapter on the validation sentences

The commands that made the shipped adapter are in its card. ``train.parquet`` and ``validation.parquet`` have the columns text and
label (negative, positive). Some whole sentences are held out with all that could be theirs: they choose the best checkpoint, and among
trainings. The validation sentences choose nothing, and only ``ship`` and ``evaluate`` look at them.
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

from recipes.holdout import hold_out  # noqa: E402
from recipes.scoring import scored, tell  # noqa: E402
from recipes.sentiment_card import Figures, write_card  # noqa: E402
from recipes.tuning import tune  # noqa: E402

if TYPE_CHECKING:
    import pandas as pd

NAME, TASK = "sentiment", "text-classification"
SHIPPED = ROOT / "core" / "models" / "embedded" / NAME
DATA = ROOT.parent / "shared" / "data" / "sst2"
ADAPTER, TRAINING, HOME = "adapter", "training.json", "home"  # in the folder of a training
LONGEST = 128  # tokens; the longest phrase of the data has fewer
app = typer.Typer(help=__doc__, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def train(
    data: Annotated[Path, typer.Argument(help="Folder with train.parquet.")],
    out: Annotated[Path, typer.Argument(help="Folder for the training; the adapter is in its folder adapter.")],
    epochs: Annotated[float, typer.Option(help="Passes over the training phrases.")] = 2.0,
    rank: Annotated[int, typer.Option(help="Rank of the adapter, on every linear layer of the encoder.")] = 16,
    alpha: Annotated[int, typer.Option(help="Scale of the adapter times rank.")] = 32,
    learning_rate: Annotated[float, typer.Option(help="Peak of the cosine schedule.")] = 6e-4,
    batch: Annotated[int, typer.Option(help="Phrases per step.")] = 64,
    smoothing: Annotated[float, typer.Option(help="Label smoothing.")] = 0.05,
    averaging: Annotated[float, typer.Option(help="Decay of the moving average of the weights.")] = 0.995,
    evaluations: Annotated[int, typer.Option(help="How often the held-out sentences are scored; the best checkpoint is kept.")] = 4,
    seed: Annotated[int, typer.Option(help="Of the head, the order of the phrases and dropout.")] = 1,
    held_out: Annotated[int, typer.Option(help="Whole sentences that are held out.")] = 500,
    threads: Annotated[int, typer.Option(help="Processor threads; several wait for each other on a busy machine.")] = 1,
) -> None:
    """Tune with the fine-tune service, and measure on the held-out sentences."""
    given = {"epochs": epochs, "rank": rank, "alpha": alpha, "learning-rate": learning_rate, "batch": batch, "smoothing": smoothing}
    given |= {"averaging": averaging, "evaluations": evaluations, "seed": seed, "held-out": held_out}
    dials = {"epochs": epochs, "rank": rank, "alpha": alpha, "learning_rate": learning_rate, "batch_rows": batch}
    dials |= {"label_smoothing": smoothing, "averaging": averaging, "evaluations": evaluations, "max_length": LONGEST, "metric": "quality"}
    dials["head_prior"] = False  # as the shipped adapter was made
    phrases, held = divided(data, held_out)
    started = time.monotonic()
    run = tune(
        out / HOME,
        phrases,
        name=NAME,
        task=TASK,
        roles={"text": "text", "label": "label"},
        dials=dials,
        seed=seed,
        threads=threads,
        held_out=held,
        problem="single_label_classification",
    )
    options = " ".join(f"--{name} {value}" for name, value in given.items())
    training = {"command": f"train DATA {out.name} {options}", "phrases": len(phrases), "minutes": (time.monotonic() - started) / 60}
    keep(data, out, members=[run.path / ADAPTER], rank=rank, held_out=held_out, trainings=[training])


@app.command()
def average(
    data: Annotated[Path, typer.Argument(help="Folder with train.parquet.")],
    out: Annotated[Path, typer.Argument(help="Folder for the result.")],
    members: Annotated[list[Path], typer.Argument(help="Folders that `train` wrote, all with the same sentences held out.")],
    rank: Annotated[int, typer.Option(help="Rank of the result.")] = 32,
) -> None:
    """Make one adapter of several trainings, and measure it on the held-out sentences."""
    noted = [json.loads((member / TRAINING).read_text(encoding="utf-8")) for member in members]
    if len({note["held_out"] for note in noted}) > 1:
        raise typer.BadParameter("the trainings held out different sentences")
    trainings = [training for note in noted for training in note["trainings"]]
    command = f"average DATA {out.name} {' '.join(member.name for member in members)} --rank {rank}"
    trainings.append({"command": command, "phrases": 0, "minutes": 0})
    adapters = [member / ADAPTER for member in members]
    keep(data, out, members=adapters, rank=rank, held_out=noted[0]["held_out"], trainings=trainings)


@app.command()
def ship(
    data: Annotated[Path, typer.Argument(help="Folder with train.parquet and validation.parquet.")],
    out: Annotated[Path, typer.Argument(help="Folder that `train` or `average` wrote.")],
) -> None:
    """Measure on the validation sentences, and write the card."""
    import pandas as pd

    noted = json.loads((out / TRAINING).read_text(encoding="utf-8"))
    found = measure(out / ADAPTER, pd.read_parquet(data / "validation.parquet"))
    right = measure(out / ADAPTER, divided(data, noted["held_out"])[1])
    write_card(out / ADAPTER / "README.md", validation=found, held_out=right, trainings=noted["trainings"])
    typer.echo(f"validation sentences: {found}")


@app.command()
def evaluate(
    adapter: Annotated[Path, typer.Argument(help="Adapter folder; the shipped one unless given.")] = SHIPPED,
    data: Annotated[Path, typer.Argument(help="Folder with validation.parquet.")] = DATA,
) -> None:
    """Accuracy on the validation sentences with its 95 % interval, by the loading code that every run uses."""
    import pandas as pd

    validation = pd.read_parquet(data / "validation.parquet")
    tell(lambda precision: {"accuracy": measure(adapter, validation, precision=precision)})


def divided(data: Path, held_out: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The distinct training phrases, and the sentences that are held out of them. Always the same ones: trainings can be compared."""
    import pandas as pd

    phrases = pd.read_parquet(data / "train.parquet")[["text", "label"]]
    kept, held = hold_out(list(phrases["text"]), held_out, seed=0)
    return phrases.iloc[kept].drop_duplicates("text"), phrases.iloc[held]


def keep(data: Path, out: Path, *, members: list[Path], rank: int, held_out: int, trainings: list[dict[str, Any]]) -> None:
    """Writes one adapter in half precision, what its card says of the training, and how good it is on the held-out sentences."""
    from recipes.lora import write_average

    kept = write_average(members, out / ADAPTER, rank)
    typer.echo(f"rank {rank} keeps {kept:.1%} of the mean change")
    (out / TRAINING).write_text(json.dumps({"held_out": held_out, "trainings": trainings}), encoding="utf-8")
    typer.echo(f"held-out sentences: {measure(out / ADAPTER, divided(data, held_out)[1])}")


def measure(adapter: Path, sentences: pd.DataFrame, *, precision: str = "fp32") -> Figures:
    """Sentences whose label a saved adapter finds."""
    _, results = scored(adapter, TASK, {"text": list(sentences["text"])}, precision=precision)
    return Figures.of_counts(int((results["prediction"].to_pandas().to_numpy() == sentences["label"].to_numpy()).sum()), len(sentences))


if __name__ == "__main__":
    app()
