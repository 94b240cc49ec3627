"""Trackers are told of a training, and none can end it."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.runs import read_events
from core.settings import Settings
from core.training.loop import reporting
from core.training.loop.history import NOT_TOLD
from core.training.loop.reporting import MLFLOW, TENSORBOARD, Reporter, reporters


class Tracker:
    """One that takes what it is told until it breaks."""

    broken = ""

    def __init__(self) -> None:
        self.told: list[str] = []

    def __getattr__(self, event: str) -> Any:
        if event == self.broken:
            raise ConnectionError("the server of the tracker is down")
        return lambda *given, **named: self.told.append(event)


@pytest.fixture
def run(tmp_path: Path) -> Any:
    return SimpleNamespace(path=tmp_path, events_path=tmp_path / "events.jsonl")


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test sets is gone after it."""
    for name in ("TENSORBOARD_LOGGING_DIR", "MLFLOW_TRACKING_URI"):
        monkeypatch.setenv(name, "set, so that its end is known")
        monkeypatch.delenv(name)


def tracked(run: Any, monkeypatch: pytest.MonkeyPatch, broken: str = "", name: str = "trackio") -> Reporter:
    monkeypatch.setattr(reporting, "get_reporting_integration_callbacks", lambda names: [type("Mine", (Tracker,), {"broken": broken})])
    return Reporter(name, run)


def test_only_trackers_that_are_asked_for_and_installed_are_told(settings: Settings, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "find_spec", lambda name: name if name == "trackio" else None)
    told = settings.model_copy(update={"report_to": ("trackio", "mlflow")})
    assert [each.name for each in reporters(told, run)] == ["trackio"]
    assert reporters(settings, run) == []


def test_what_is_kept_is_in_the_data_folder_or_where_the_variables_of_the_tracker_say(
    settings: Settings, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://tracking.example")
    reporters(settings, run)
    assert os.environ["MLFLOW_TRACKING_URI"] == "https://tracking.example"
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    reporters(settings, run)
    assert os.environ["MLFLOW_TRACKING_URI"] == f"sqlite:///{settings.home / MLFLOW}"


def test_each_run_has_a_folder_of_its_own_for_tensorboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("first", "second"):  # as the trials of a search, in one process
        reporter = tracked(SimpleNamespace(path=tmp_path / name), monkeypatch, name=TENSORBOARD)
        reporter.on_train_begin(None, None, None)
        assert Path(reporter.callback.logging_dir) == tmp_path / name / TENSORBOARD
    monkeypatch.setenv("TENSORBOARD_LOGGING_DIR", "elsewhere")
    reporter = tracked(SimpleNamespace(path=tmp_path), monkeypatch, name=TENSORBOARD)
    reporter.on_train_begin(None, None, None)
    assert "logging_dir" not in vars(reporter.callback)


def test_everything_is_passed_on(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    reporter = tracked(run, monkeypatch)
    for event in ("on_train_begin", "on_log", "on_save", "on_train_end"):
        getattr(reporter, event)(None, None, None)
    assert reporter.callback.told == ["on_train_begin", "on_log", "on_save", "on_train_end"]


@pytest.mark.parametrize("broken", ["on_train_begin", "on_log", "on_save", "on_train_end"])
def test_a_tracker_that_breaks_is_noted_once_and_left_alone(broken: str, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    reporter = tracked(run, monkeypatch, broken)
    for event in ("on_train_begin", "on_log", "on_log", "on_save", "on_train_end"):
        getattr(reporter, event)(None, None, None)
    assert reporter.callback is None
    (noted,) = read_events(run)
    assert noted["what"] == NOT_TOLD
    assert noted["note"] == "trackio was told no more: ConnectionError: the server of the tracker is down"


def test_a_tracker_that_cannot_even_be_loaded_is_noted(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(names: list[str]) -> list[type]:
        raise ModuleNotFoundError("No module named 'gradio_client'")

    monkeypatch.setattr(reporting, "get_reporting_integration_callbacks", refuse)
    reporter = Reporter("trackio", run)
    reporter.on_train_begin(None, None, None)
    reporter.on_log(None, None, None)
    assert [each["note"] for each in read_events(run)] == ["trackio was told no more: ModuleNotFoundError: No module named 'gradio_client'"]
