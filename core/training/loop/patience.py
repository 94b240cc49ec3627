"""The callback that ends a training which gets no better."""

from __future__ import annotations

from typing import Any

import numpy as np
from transformers import TrainerCallback


class Patience(TrainerCallback):
    """Ends a training after so many evaluations without a better one. Counted anew from the state, so a resume goes on."""

    def __init__(self, patience: int, greater_is_better: bool) -> None:
        self.patience, self.greater = patience, greater_is_better

    def used_up(self, args: Any, state: Any) -> bool:
        """Whether the evaluations so far are enough."""
        name = f"eval_{args.metric_for_best_model}"
        values = [entry[name] for entry in state.log_history if name in entry]
        best = int(np.argmax(values) if self.greater else np.argmin(values)) if values else 0
        return len(values) - 1 - best >= self.patience

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: dict[str, float], **others: Any) -> None:
        if self.used_up(args, state):
            control.should_training_stop = True
