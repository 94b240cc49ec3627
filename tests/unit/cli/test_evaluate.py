"""``evaluate`` as people and as scripts use it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.cli.app import app
from core.settings import Settings
from tests.unit.comparison.conftest import scored  # noqa: F401  a fixture
from tests.unit.evaluation.conftest import LABELS, reviews
from tests.unit.evaluation.test_spec_making import outputs_of

FLAGS = ("--task", "text-classification", "--prediction", "prediction", "--label", "label")


@pytest.fixture
def file(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SHEETFORMER_HOME", str(settings.home))
    path = tmp_path / "reviews.csv"
    reviews(200).to_csv(path, index=False)
    return str(path)


def test_scripts_get_one_object(file: str) -> None:
    lines = CliRunner().invoke(app, ["evaluate", file, *FLAGS, "--slice", "city", "--json"]).stdout.splitlines()
    found = json.loads(lines[0])
    assert len(lines) == 1 and {"metrics", "per_class", "confusion", "slices", "rows", "compared", "left_out"} <= set(found)
    assert set(found["metrics"]["accuracy"]) == {"value", "low", "high", "n"} and found["confusion"]["labels"] == list(LABELS)
    names = {"accuracy", "balanced_accuracy", "f1_macro", "f1_micro", "f1_weighted", "mcc", "cohen_kappa"}
    assert names | {"log_loss", "brier", "roc_auc", "average_precision"} <= set(found["metrics"])
    assert [each["value"] for each in found["slices"]] == ["Rome", "Oslo", "Ulm"]


def test_people_read_figures_labels_and_slices(file: str) -> None:
    said = CliRunner().invoke(app, ["evaluate", file, "--slice", "city"]).stdout
    assert said.startswith("200 rows compared of 200") and "  Accuracy: 0." in said and "By city" in said
    assert "  Ulm: 9 rows, too few rows to tell" in said


def test_a_run_is_evaluated_by_its_id(settings: Settings, scored, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setenv("SHEETFORMER_HOME", str(settings.home))
    frame = reviews(50)
    run = scored(frame, outputs_of(frame), labels=LABELS)
    found = json.loads(CliRunner().invoke(app, ["evaluate", run.id, "--json"]).stdout)
    assert found["compared"] == 50 and found["spec"]["labels"] == list(LABELS)


def test_columns_that_nothing_names_are_asked_for(file: str, tmp_path: Path) -> None:
    (tmp_path / "bare.csv").write_text("a,b\n1,2\n")
    done = CliRunner().invoke(app, ["evaluate", str(tmp_path / "bare.csv"), "--label", "b"])
    assert done.exit_code != 0 and "--prediction" in str(done.exception)
