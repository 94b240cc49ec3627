"""The callback that keeps a training from holding memory that it does not use."""

from __future__ import annotations

from typing import Any

from transformers import TrainerCallback

from core.training.loop.spare_memory import MOST_SPARE, beyond_malloc, give_back


class GiveBack(TrainerCallback):
    """Gives freed memory back where a training holds much of it: without this a process comes to hold gigabytes, more with every step."""

    def __init__(self) -> None:
        self.usual = 0

    def on_train_begin(self, *given: Any, **named: Any) -> None:
        give_back()  # what came before, such as another trial of a search, is not the usual
        self.usual = beyond_malloc()

    def on_step_end(self, *given: Any, **named: Any) -> None:
        held = beyond_malloc()
        self.usual = min(self.usual, held)
        if held - self.usual > MOST_SPARE:
            give_back()
            self.usual = beyond_malloc()  # what cannot be given back is not asked for at every step

    def on_substep_end(self, *given: Any, **named: Any) -> None:
        self.on_step_end()

    def on_evaluate(self, *given: Any, **named: Any) -> None:
        self.on_step_end()

    def on_train_end(self, *given: Any, **named: Any) -> None:
        give_back()
