"""Trackers are told of a training, and none can end it."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError
from transformers.integrations import integration_utils

from core.runs import RunContext, RunFolder, read_events
from core.settings import Settings
from core.training.loop import reporting
from core.training.loop.history import NOT_TOLD
from core.training.loop.reporting import MLFLOW_FILE, TENSORBOARD, TRACKIO_FOLDER, Reporter, reporters
from core.training.run import run as tune
from core.training.search.job import TrialContext
from tests.unit.training.conftest import sentences

ADDRESS = "postgresql://ann:secret@tracker.example/runs"
EVENTS = ["on_train_begin", "on_log", "on_save", "on_train_end"]
VARIABLES = [
    "TENSORBOARD_LOGGING_DIR",
    "MLFLOW_TRACKING_URI",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES",
    "MLFLOW_HTTP_REQUEST_TIMEOUT",
    "TRACKIO_DIR",
]


class Tracker:
    """One that takes what it is told until it breaks."""

    broken = ""

    def __init__(self) -> None:
        self.told: list[str] = []

    def __getattr__(self, event: str) -> Any:
        if event == self.broken:
            raise ConnectionError(f"no answer from {ADDRESS}")
        return lambda *given, **named: self.told.append(event)


@pytest.fixture
def context(settings: Settings, tmp_path: Path) -> RunContext:
    return context_in(settings, tmp_path / "run")


def context_in(settings: Settings, folder: Path) -> RunContext:
    folder.mkdir()
    return RunContext(settings, RunFolder(folder))


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test sets is gone after it."""
    for name in VARIABLES:
        monkeypatch.setenv(name, "set, so that its end is known")
        monkeypatch.delenv(name)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "find_spec", lambda name: name)


def asked(settings: Settings, *names: str) -> Settings:
    return settings.model_copy(update={"report_to": names})


def broken_at(event: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "get_reporting_integration_callbacks", lambda names: [type("Mine", (Tracker,), {"broken": event})])


def test_only_trackers_that_are_asked_for_and_installed_are_told(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "find_spec", lambda name: name if name == "trackio" else None)
    both = context_in(asked(settings, "trackio", "mlflow"), tmp_path / "both")
    assert [each.name for each in reporters(both)] == ["trackio"]
    assert "MLFLOW_TRACKING_URI" not in os.environ
    assert reporters(context_in(settings, tmp_path / "none")) == []


@pytest.mark.usefixtures("installed")
def test_what_is_kept_is_in_the_data_folder_or_where_the_variables_of_the_tracker_say(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://tracking.example")
    context = context_in(asked(settings, "mlflow", "trackio"), tmp_path / "run")
    reporters(context)
    assert os.environ["MLFLOW_TRACKING_URI"] == "https://tracking.example"
    assert os.environ["TRACKIO_DIR"] == str(settings.home / TRACKIO_FOLDER)
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    reporters(context)
    assert os.environ["MLFLOW_TRACKING_URI"] == f"sqlite:///{settings.home / MLFLOW_FILE}"


def test_each_run_has_a_folder_of_its_own_for_tensorboard(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken_at("", monkeypatch)
    for name in ("first", "second"):  # as the trials of a search, in one process
        reporter = Reporter(TENSORBOARD, context_in(settings, tmp_path / name))
        reporter.on_train_begin(None, None, None)
        assert Path(reporter.callback.logging_dir) == tmp_path / name / TENSORBOARD
    monkeypatch.setenv("TENSORBOARD_LOGGING_DIR", "elsewhere")
    reporter = Reporter(TENSORBOARD, context_in(settings, tmp_path / "third"))
    reporter.on_train_begin(None, None, None)
    assert "logging_dir" not in vars(reporter.callback)


def test_transformers_callback_has_the_folder_where_it_is_put(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integration_utils, "is_tensorboard_available", lambda: True)
    monkeypatch.setitem(sys.modules, "tensorboardX", SimpleNamespace(SummaryWriter=None))
    assert vars(integration_utils.TensorBoardCallback(tb_writer=object()))["logging_dir"] is None


def test_everything_is_passed_on(context: RunContext, monkeypatch: pytest.MonkeyPatch) -> None:
    broken_at("", monkeypatch)
    reporter = Reporter("trackio", context)
    for event in EVENTS:
        getattr(reporter, event)(None, None, None)
    assert reporter.callback.told == EVENTS


@pytest.mark.parametrize("broken", EVENTS)
def test_a_tracker_that_breaks_is_noted_once_and_left_alone(
    broken: str, context: RunContext, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken_at(broken, monkeypatch)
    reporter = Reporter("mlflow", context)
    with caplog.at_level(logging.WARNING):
        for event in ("on_train_begin", "on_log", "on_log", "on_save", "on_train_end"):
            getattr(reporter, event)(None, None, None)
    assert reporter.callback is None
    (noted,) = read_events(context.run)
    assert (noted["what"], noted["tracker"], noted["error"]) == (NOT_TOLD, "mlflow", "ConnectionError")
    assert "ConnectionError" in caplog.text and "in _tell" in caplog.text
    assert "secret" not in caplog.text and "tracker.example" not in caplog.text, "the job's owner may not know the tracker's password"


def test_a_tracker_that_cannot_even_be_loaded_is_noted(context: RunContext, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(names: list[str]) -> list[type]:
        raise ModuleNotFoundError("No module named 'gradio_client'")

    monkeypatch.setattr(reporting, "get_reporting_integration_callbacks", refuse)
    reporter = Reporter("trackio", context)
    reporter.on_train_begin(None, None, None)
    reporter.on_log(None, None, None)
    assert [(each["tracker"], each["error"]) for each in read_events(context.run)] == [("trackio", "ModuleNotFoundError")]


def test_the_trials_of_a_search_have_names_of_their_own_and_are_noted_at_the_search(context: RunContext, settings: Settings) -> None:
    trials = [TrialContext(context, None, RunFolder(context.run.path / f"00{number}"), number) for number in (1, 2)]
    assert [trial.name for trial in trials] == ["run-1", "run-2"]
    trials[1].note(NOT_TOLD, tracker="trackio", error="OSError")
    (noted,) = read_events(context.run)
    assert (noted["trial"], noted["tracker"]) == (2, "trackio")


@pytest.mark.usefixtures("installed")
def test_a_training_tells_its_trackers_and_goes_on_when_one_breaks(tuned, known: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    class Listening(Tracker):
        def __getattr__(self, event: str) -> Any:
            def tell(args: Any, *given: Any, **named: Any) -> None:
                told.append(f"{event} {args.run_name}")
                if event == "on_save":
                    raise OSError("the disk of the tracker is full")

            return tell

    monkeypatch.setattr(reporting, "get_reporting_integration_callbacks", lambda names: [Listening])
    folder = tuned(sentences(60), dials={"epochs": 2, "rank": 4})
    assert tune(RunContext(asked(known, "trackio"), folder)) == "done"
    assert told[0] == f"on_train_begin {folder.id}" and f"on_log {folder.id}" in told
    assert [event for event in told if event.startswith("on_save")] == [told[-1]], "after its failure it is told nothing"
    assert [event["tracker"] for event in read_events(folder) if event["what"] == NOT_TOLD] == ["trackio"]


@pytest.mark.parametrize(
    ("written", "trackers"),
    [("", ()), ("none", ()), ("MLflow, tensorboard:mlflow", ("mlflow", "tensorboard")), ("trackio", ("trackio",))],
)
def test_trackers_are_taken_as_people_write_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, trackers: tuple) -> None:
    monkeypatch.setenv("SHEETFORMER_REPORT_TO", written)
    assert Settings(home=tmp_path).report_to == trackers


def test_an_unknown_tracker_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="report_to"):
        Settings(home=tmp_path, report_to="wandb")
