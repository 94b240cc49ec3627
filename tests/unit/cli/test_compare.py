"""``compare`` as people and as scripts use it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from core.cli.app import app
from core.files import write_json
from core.settings import Settings
from tests.unit.cli.test_commands import command
from tests.unit.comparison.conftest import scored  # noqa: F401  a fixture
from tests.unit.comparison.test_compare import LABELS, answers, reviews


@pytest.fixture
def two_runs(settings: Settings, scored, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:  # noqa: F811
    monkeypatch.setenv("SHEETFORMER_HOME", str(settings.home))
    frame = reviews()
    one = scored(frame, answers(frame, set(range(12))), labels=LABELS)
    two = scored(frame, answers(frame, {11}), labels=LABELS, model="local:b")
    for run, value in ((one, 0.7), (two, 0.975)):
        write_json(run.metrics_path, {"metrics": {"accuracy": {"value": value, "low": value - 0.1, "high": value + 0.02, "n": 40}}})
    return one.id, two.id


def test_people_read_settings_metrics_and_a_sentence(two_runs) -> None:
    said = CliRunner().invoke(app, ["compare", *two_runs]).stdout
    assert "  model: local:a | local:b" in said and "both right 28, both wrong 1, fixed by B 11, broken by B 0" in said
    assert "Accuracy: B is better than A by 27.5 points on 40 rows" in said and "the same answer in 72.5 % of them" in said


def test_scripts_get_one_object(two_runs) -> None:
    lines = CliRunner().invoke(app, ["compare", *two_runs, "--json"]).stdout.splitlines()
    found = json.loads(lines[0])
    assert len(lines) == 1 and {"kind", "runs", "settings", "metrics", "paired", "why_not", "notes"} == set(found)
    assert found["settings"] == {"model": ["local:a", "local:b"]} and found["metrics"]["accuracy"]["difference"]["value"] == 0.275


def test_bad_input_is_one_line(two_runs, settings) -> None:
    done = command(settings.home, "compare", two_runs[0], "0" * 16, "--json")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1), done.stderr
    assert "the id of a run" in done.stderr
