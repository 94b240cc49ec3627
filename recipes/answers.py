"""embedded:answers: a LoRA adapter on MiniLM that finds answers in English texts, trained on PolicyQA and XQuAD.

    python recipes/answers.py train DATA out           tune, measure, write the card
    python recipes/answers.py evaluate                 figures of the shipped adapter on the validation questions

The command that made the shipped adapter is in its card. DATA has the folders policyqa and xquad_en, each with train.parquet and
validation.parquet and the columns title, context, question and answers ({text, answer_start}). The questions on four of the twenty
web sites of PolicyQA's training part are held out: they choose the checkpoint and the dials. The validation questions choose nothing.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.schema import Split  # noqa: E402
from recipes.answers_card import DATA_SETS, Figures, Training, write_card  # noqa: E402
from recipes.scoring import scored, tell  # noqa: E402
from recipes.tuning import tune  # noqa: E402

if TYPE_CHECKING:
    import pandas as pd

    from core.runs import RunFolder

NAME, TASK = "answers", "question-answering"
SHIPPED = ROOT / "core" / "models" / "embedded" / NAME
DATA = ROOT.parent / "shared" / "data"
HOME = "home"  # data folder of the training, in the folder that it writes
app = typer.Typer(help=__doc__, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def train(
    data: Annotated[Path, typer.Argument(help="Folder with the folders policyqa and xquad_en.")],
    out: Annotated[Path, typer.Argument(help="Folder for the adapter and its card.")],
    epochs: Annotated[float, typer.Option(help="Passes over the training questions.")] = 2.0,
    rank: Annotated[int, typer.Option(help="Rank of the adapter, on every linear layer of the encoder.")] = 16,
    alpha: Annotated[int, typer.Option(help="Scale of the adapter times rank.")] = 32,
    learning_rate: Annotated[float, typer.Option(help="Peak of the cosine schedule.")] = 8e-4,
    batch: Annotated[int, typer.Option(help="Windows per step.")] = 16,
    window: Annotated[int, typer.Option(help="Tokens of a window, question included.")] = 384,
    evaluations: Annotated[int, typer.Option(help="How often the held-out questions are answered; the best checkpoint is kept.")] = 4,
    sites: Annotated[int, typer.Option(help="Web sites of PolicyQA that are held out.")] = 4,
    seed: Annotated[int, typer.Option(help="Of the head, the order of the questions and dropout.")] = 0,
    threads: Annotated[int, typer.Option(help="Processor threads; several wait for each other on a busy machine.")] = 1,
) -> None:
    """Tune with the fine-tune service, measure, and write the card."""
    dials: dict[str, Any] = {"epochs": epochs, "rank": rank, "alpha": alpha, "learning_rate": learning_rate, "batch_rows": batch}
    dials |= {"max_length": window, "evaluations": evaluations, "metric": "quality"}
    command = f"train DATA {out.name} --epochs {epochs} --rank {rank} --alpha {alpha} --learning-rate {learning_rate} --batch {batch}"
    command += f" --window {window} --evaluations {evaluations} --sites {sites} --seed {seed}"
    started = time.monotonic()
    run = tune(
        out / HOME,
        questions(data, sites),
        name=NAME,
        task=TASK,
        roles={"question": "question", "context": "context", "answer": "answers"},
        dials=dials,
        seed=seed,
        threads=threads,
        split=Split(method="column", column="part"),
    )
    finish(out, data, run, command, minutes=(time.monotonic() - started) / 60)


@app.command()
def evaluate(
    adapter: Annotated[Path, typer.Argument(help="Adapter folder; the shipped one unless given.")] = SHIPPED,
    data: Annotated[Path, typer.Argument(help="Folder with the folders policyqa and xquad_en.")] = DATA,
) -> None:
    """Token F1 and exact match on the validation questions with 95 % intervals, by the loading code that every run uses."""
    tell(lambda precision: measured(adapter, data, precision=precision))


def questions(data: Path, sites: int) -> pd.DataFrame:
    """The training questions of both data sets in one table, whose column ``part`` says which are held out."""
    import pandas as pd

    policies, articles = (pd.read_parquet(data / name / "train.parquet") for name in DATA_SETS)
    titles = sorted(policies["title"].unique())
    random.Random(0).shuffle(titles)  # always the same ones: trainings can be compared
    held = policies["title"].isin(titles[:sites])
    policies["part"], articles["part"] = np.where(held, "validation", "train"), "train"
    return pd.concat([policies, articles], ignore_index=True)


def finish(out: Path, data: Path, run: RunFolder, command: str, *, minutes: float) -> None:
    """Copies the adapter of a fine-tune in half precision, measures the copy on the validation questions and writes its card."""
    from core.training.run import MADE
    from recipes.lora import write_average

    write_average([run.path / MADE], out, run.spec().dials.rank)
    figures, summary = measured(out, data), run.summary()
    held_out = Figures.of(summary["metrics"])
    training = Training(command, minutes, summary["train_rows"], summary["validation_rows"], summary["best"]["epoch"])
    write_card(out / "README.md", figures=figures, held_out=held_out, training=training)
    for name, found in {"held-out questions": held_out, **figures}.items():
        typer.echo(f"{name}: {found}")


def measured(adapter: Path, data: Path, *, precision: str = "fp32") -> dict[str, Figures]:
    """Figures of an adapter on the validation questions of each data set."""
    import pandas as pd

    from core.metrics.answers import answer_metrics

    found = {}
    for name in DATA_SETS:
        asked = pd.read_parquet(data / name / "validation.parquet")
        said = answered(adapter, list(asked["question"]), list(asked["context"]), precision=precision)
        found[name] = Figures.of(answer_metrics([list(answers["text"]) for answers in asked["answers"]], said)["metrics"])
    return found


def answered(adapter: Path, asked: list[str], contexts: list[str], *, precision: str = "fp32") -> list[str]:
    """The answers of a saved adapter, as a run gives them with the task's own options."""
    return scored(adapter, TASK, {"question": asked, "context": contexts}, precision=precision)[1]["prediction"].to_pylist()


if __name__ == "__main__":
    app()
