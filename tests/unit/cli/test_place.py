"""``place``: lines for people, one JSON value for scripts, and nobody outside is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core import hub
from core.cli.app import app


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("SHEETFORMER_HOME", str(tmp_path))
    monkeypatch.setattr(hub, "probe", lambda settings: pytest.fail("the Hub was asked"))
    return CliRunner()


def test_place_as_json(runner: CliRunner) -> None:
    out = runner.invoke(app, ["place", "--json"])
    found = json.loads(out.stdout.strip().splitlines()[-1])
    assert out.exit_code == 0 and set(found) == {"host", "facts", "limits", "versions"}
    assert {"Memory", "Disk", "Processor", "GPU", "Jobs"} <= {fact["subject"] for fact in found["facts"]}


def test_place_as_lines(runner: CliRunner) -> None:
    out = runner.invoke(app, ["place"])
    assert out.exit_code == 0 and "Memory: " in out.stdout and " free of " in out.stdout
