"""What ``evaluate`` tells where it is asked for: calibration, curves, the worst rows, label errors, drift, a saved temperature."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core import models
from core.cli.app import app
from core.settings import Settings
from tests.unit.comparison.conftest import scored  # noqa: F401  a fixture
from tests.unit.evaluation.conftest import LABELS, reviews
from tests.unit.evaluation.test_spec_making import outputs_of

EVERYTHING = ("--calibration", "--curves", "--worst", "2", "--label-errors", "3")


@pytest.fixture
def file(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SHEETFORMER_HOME", str(settings.home))
    path = tmp_path / "reviews.csv"
    reviews(200).to_csv(path, index=False)
    return str(path)


def test_scripts_get_what_they_ask_for_and_nothing_else(file: str) -> None:
    bare = json.loads(CliRunner().invoke(app, ["evaluate", file, "--json"]).stdout)
    assert not {"calibration", "curves", "worst_rows", "label_errors", "drift", "saved"} & set(bare)
    found = json.loads(CliRunner().invoke(app, ["evaluate", file, *EVERYTHING, "--train", file, "--json"]).stdout)
    assert found["calibration"]["temperature"]["shown_rows"] + found["calibration"]["temperature"]["fitted_rows"] == 200
    assert [curve["label"] for curve in found["curves"]["roc"]] == [curve["label"] for curve in found["curves"]["thresholds"]]
    assert len(found["worst_rows"]["rows"]) == 2 and len(found["label_errors"]["rows"]) <= 3
    assert found["drift"]["train_rows"] == 200 and {each["size"] for each in found["drift"]["findings"]} == {"none"}


def test_people_read_sentences(file: str) -> None:
    said = CliRunner().invoke(app, ["evaluate", file, *EVERYTHING, "--train", file]).stdout
    for heading in (
        "\nCalibration\n",
        "\nThresholds\n",
        "\nWorst rows, in order of: Log loss",
        "\nLabels that may be wrong: ",
        "\nDrift: ",
    ):
        assert heading in said, heading


def test_a_temperature_is_saved_with_the_adapter_of_a_run(
    settings: Settings,
    scored,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHEETFORMER_HOME", str(settings.home))
    frame = reviews(200)
    run = scored(frame, outputs_of(frame), labels=LABELS, model="embedded:sentiment")
    asked = []
    monkeypatch.setattr(models, "save_calibrated", lambda settings, owner, reference, found: asked.append(found) or f"{reference}-2")
    found = json.loads(CliRunner().invoke(app, ["evaluate", run.id, "--save-temperature", "--json"]).stdout)
    assert found["saved"] == "embedded:sentiment-2"
    assert [each.temperature for each in asked] == [found["calibration"]["temperature"]["value"]]


def test_a_file_has_no_adapter_to_save_a_temperature_with(file: str) -> None:
    done = CliRunner().invoke(app, ["evaluate", file, "--save-temperature"])
    assert done.exit_code != 0 and "id of a run" in str(done.exception)
