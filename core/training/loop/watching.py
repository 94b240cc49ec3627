"""The callback between a training and its run: progress, history, and the wish to stop."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from transformers import TrainerCallback

from core.runs import RunContext
from core.training.loop.history import append_history

STAGE = "training"


class Watch(TrainerCallback):
    """Tells how far a training is, writes its history, and hears a stop between two steps.

    Args:
        rows: of each batch.
        tokens: of each batch, padding left out.
        epochs: that the whole plan holds.
        accumulation: batches before each step of the optimiser.
    """

    def __init__(self, context: RunContext, *, rows: np.ndarray, tokens: np.ndarray, epochs: float, accumulation: int) -> None:
        self.context, self.epochs, self.accumulation = context, epochs, accumulation
        self.rows, self.tokens = np.concatenate([[0], np.cumsum(rows)]), np.concatenate([[0], np.cumsum(tokens)])
        self.stopped = False
        self._since, self._from = 0.0, 0

    def done(self, steps: int) -> int:
        """Batches after so many steps of the optimiser."""
        return min(steps * self.accumulation, len(self.rows) - 1)

    def on_train_begin(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        self._since, self._from = time.perf_counter(), self.done(state.global_step)
        self._report(state)

    def on_step_end(self, args: Any, state: Any, control: Any, **others: Any) -> None:
        self._report(state)
        if state.global_step == state.max_steps:  # the end is scored too, wherever the last interval ended
            control.should_evaluate = control.should_save = True
        if self.context.stop_requested() and state.global_step < state.max_steps:
            self.stopped = True
            control.should_training_stop = control.should_save = True

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any], **others: Any) -> None:
        known = {name: logs[name] for name in ("loss", "grad_norm", "learning_rate", "eval_loss", "eval_quality") if name in logs}
        if not known:
            return
        now, done = time.perf_counter(), self.done(state.global_step)
        if "loss" in known and done > self._from:
            seconds = max(now - self._since, 1e-9)
            known["rows_per_second"] = round(float(self.rows[done] - self.rows[self._from]) / seconds, 2)
            known["tokens_per_second"] = round(float(self.tokens[done] - self.tokens[self._from]) / seconds, 1)
        if "loss" in known or "eval_loss" in known:
            self._since, self._from = now, done
        epoch = round(self.epochs * done / max(len(self.rows) - 1, 1), 4)
        append_history(self.context.run, {"step": state.global_step, "epoch": epoch, **known, "time": time.time()})

    def _report(self, state: Any) -> None:
        self.context.report(STAGE, int(self.rows[self.done(state.global_step)]), int(self.rows[-1]))
