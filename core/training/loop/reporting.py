"""What transformers tells trackers of a training: TensorBoard, Trackio or MLflow, where these are asked for and installed."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Any

from transformers import TrainerCallback
from transformers.integrations import get_reporting_integration_callbacks

from core.runs import RunFolder, append_event
from core.settings import Settings
from core.training.loop.history import NOT_TOLD

TENSORBOARD = "tensorboard"  # also the folder in the run, which goes with it; `tensorboard --logdir HOME/runs` finds all
TENSORBOARD_FOLDER = "TENSORBOARD_LOGGING_DIR"
MLFLOW = "mlflow.db"


def reporters(settings: Settings, run: RunFolder) -> list[Reporter]:
    """A callback for each tracker of ``settings.report_to`` that is installed.

    Trackers keep what they are told where their own variables say, such as ``MLFLOW_TRACKING_URI``; without these in the data folder.
    """
    os.environ.setdefault("MLFLOW_TRACKING_URI", f"sqlite:///{settings.home / MLFLOW}")
    return [Reporter(name, run) for name in settings.report_to if find_spec(name)]


class Reporter(TrainerCallback):
    """Passes on to a tracker's own callback. What fails there is noted once in the run's events; the training goes on without it.

    Args:
        name: of the tracker, as transformers knows it.
    """

    def __init__(self, name: str, run: RunFolder) -> None:
        self.name, self.run = name, run
        self.callback: Any = None

    def on_train_begin(self, *given: Any, **named: Any) -> None:
        try:
            self.callback = get_reporting_integration_callbacks([self.name])[0]()
            if self.name == TENSORBOARD and TENSORBOARD_FOLDER not in os.environ:  # a search trains several times in one process
                self.callback.logging_dir = str(self.run.path / TENSORBOARD)
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
        self.callback = None
        note = f"{self.name} was told no more: {type(error).__name__}: {str(error)[:300]}"
        append_event(self.run, NOT_TOLD, note=note)
