"""The command that the Metrics page shows is read back as the evaluation it stands for."""

from __future__ import annotations

import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner

from core.cli import evaluate
from core.evaluation import command_of_run, command_of_table
from core.evaluation.results import EvaluationSpec
from core.schema import ImportChoices, TableSource

SUGGESTED = {"prediction": "prediction", "label": "label", "confidence": "confidence"}


def read_back(command: str, monkeypatch: pytest.MonkeyPatch) -> dict:
    """What the command line asks of a table or of a run."""
    seen: dict = {}

    def read_table(settings, file, choices):
        seen.update(file=file, choices=choices)
        report, source = SimpleNamespace(problems=()), TableSource(id="0" * 64, name="t", rows=1)
        return SimpleNamespace(name=file, report=report, path=Path("t.parquet"), columns=[], source=source)

    def evaluated(settings, path, spec):
        seen.update(spec=spec)
        raise typer.Exit

    def table_of_run(settings, run, label):
        seen.update(run=run, label=label)
        raise typer.Exit

    def suggest(path, task):
        return EvaluationSpec(task=task, columns=SUGGESTED)

    monkeypatch.setattr(evaluate, "read_table", read_table)
    monkeypatch.setattr(evaluate, "open_run", lambda settings, run: run)
    monkeypatch.setattr(evaluate, "evaluation", SimpleNamespace(evaluate=evaluated, table_of_run=table_of_run, suggest_spec=suggest))
    app = typer.Typer()
    app.command("evaluate")(evaluate.evaluate)
    app.command("other")(lambda: None)
    words = shlex.split(command)
    assert words[:3] == ["python", "-m", "core"]
    CliRunner().invoke(app, words[3:], catch_exceptions=False)
    return seen


@pytest.mark.parametrize("label", ["-my label", "a=b 'c'"])
@pytest.mark.parametrize(
    ("task", "problem"), [("text-classification", None), ("text-classification", "regression"), ("question-answering", "answers")]
)
def test_the_command_is_the_evaluation_of_a_table(label, task, problem, monkeypatch) -> None:
    columns = {"prediction": "-said", "label": label, "text": "--json", "confidence": "confidence"}
    spec = EvaluationSpec(task=task, problem=problem, columns=columns)
    table = TableSource(id="0" * 64, name="-a b.csv", rows=1, choices=ImportChoices(header=2))
    seen = read_back(command_of_table(table, spec, SUGGESTED), monkeypatch)
    assert (seen["file"], seen["choices"]) == ("./-a b.csv", ImportChoices(header=2))
    assert dict(seen["spec"].columns) == columns and seen["spec"].task == task
    assert seen["spec"].problem == (problem if task == "text-classification" else None), "the task says the others"
    assert "--column confidence" not in command_of_table(table, spec, SUGGESTED)


@pytest.mark.parametrize("label", [None, "-mine"])
def test_the_command_is_the_evaluation_of_a_run(label, monkeypatch) -> None:
    assert read_back(command_of_run("0123456789abcdef", label), monkeypatch) == {"run": "0123456789abcdef", "label": label}
