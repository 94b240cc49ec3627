"""The callback that keeps a training from holding memory that it does not use."""

from __future__ import annotations

from typing import Any

from transformers import TrainerCallback

from core.training.loop.spare_memory import MOST_SPARE, give_back, unused_memory


class GiveBack(TrainerCallback):
    """Gives freed memory back where a training holds much of it: without this a process comes to hold gigabytes, more with every step."""

    def __init__(self) -> None:
        self.usual = 0  # above all the code of the libraries

    def on_train_begin(self, *given: Any, **named: Any) -> None:
        self.usual = unused_memory()

    def on_step_end(self, *given: Any, **named: Any) -> None:
        if unused_memory() - self.usual > MOST_SPARE:
            give_back()

    def on_evaluate(self, *given: Any, **named: Any) -> None:
        self.on_step_end()
