"""What transformers tells trackers of a training: TensorBoard, Trackio or MLflow, where these are asked for and installed."""

from __future__ import annotations

import logging
import os
import traceback
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from transformers import TrainerCallback
from transformers.integrations import get_reporting_integration_callbacks

from core.errors import printable
from core.runs import RunContext
from core.training.loop.history import NOT_TOLD

TENSORBOARD = "tensorboard"  # also the folder in the run, which goes with it; `tensorboard --logdir HOME/runs` finds all
TENSORBOARD_FOLDER = "TENSORBOARD_LOGGING_DIR"
MLFLOW_FILE = "mlflow.db"
TRACKIO_FOLDER = "trackio"
log = logging.getLogger(__name__)


def reporters(context: RunContext) -> list[Reporter]:
    """A callback for each tracker of ``settings.report_to`` that is installed.

    Trackers keep what they are told where their own variables say, such as ``MLFLOW_TRACKING_URI``; without these in the data folder.
    """
    wanted = [name for name in context.settings.report_to if find_spec(name)]
    for name in wanted:
        for variable, value in _variables(name, context.settings.home).items():
            os.environ.setdefault(variable, value)
    return [Reporter(name, context) for name in wanted]


def _variables(tracker: str, home: Path) -> Mapping[str, str]:
    """Of a tracker's environment, where these are not set. Read when it is imported, which is later."""
    if tracker == "mlflow":  # a server that is away holds a training up for seconds; with MLflow's own values it would be many minutes
        return {
            "MLFLOW_TRACKING_URI": f"sqlite:///{home / MLFLOW_FILE}",
            "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
            "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
        }
    if tracker == "trackio":
        return {"TRACKIO_DIR": str(home / TRACKIO_FOLDER)}
    return {}


class Reporter(TrainerCallback):
    """Passes on to a tracker's own callback. What fails there is noted once in the run's events; the training goes on without it.

    Args:
        name: of the tracker, as transformers knows it.
    """

    def __init__(self, name: str, context: RunContext) -> None:
        self.name, self.context = name, context
        self.callback: Any = None

    def on_train_begin(self, *given: Any, **named: Any) -> None:
        try:
            self.callback = get_reporting_integration_callbacks([self.name])[0]()
            if self.name == TENSORBOARD and TENSORBOARD_FOLDER not in os.environ:  # a search trains several times in one process
                self.callback.logging_dir = str(self.context.run.path / TENSORBOARD)
        except Exception as error:
            self._give_up(error)
        self._tell("on_train_begin", *given, **named)

    def on_log(self, *given: Any, **named: Any) -> None:
        self._tell("on_log", *given, **named)

    def on_save(self, *given: Any, **named: Any) -> None:
        self._tell("on_save", *given, **named)

    def on_train_end(self, *given: Any, **named: Any) -> None:
        self._tell("on_train_end", *given, **named)

    def _tell(self, event: str, *given: Any, **named: Any) -> None:
        if self.callback is None:
            return
        try:
            getattr(self.callback, event)(*given, **named)
        except Exception as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        """Where it failed stands in the log, but no message: it may quote the tracker's address with a password in it."""
        self.callback = None
        kind = printable(type(error).__name__)
        where = "".join(traceback.format_tb(error.__traceback__))
        log.warning("%s is told no more of this training: %s\n%s", self.name, kind, where)
        self.context.note(NOT_TOLD, tracker=self.name, error=kind)
