"""What the warm process can be asked. A question is a method name and JSON values; the models stay loaded between questions."""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from core import tasks
from core.errors import BadInput, LimitReached, is_out_of_memory
from core.inference.estimating import estimate
from core.inference.loading import Loaded, load
from core.schema import PredictSpec
from core.settings import Settings


class Desk:
    """Answers questions and keeps the models most recently used, ``settings.live_models`` of them."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._loaded: OrderedDict[tuple[str, str, str, str], Loaded] = OrderedDict()
        self._questions: dict[str, Callable[[dict], dict]] = {"estimate": self.estimate, "ping": self.ping}

    def answer(self, question: str, payload: dict) -> dict:
        """Answers one question.

        Raises:
            BadInput: there is no such question.
        """
        handler = self._questions.get(question)
        if handler is None:
            raise BadInput(
                f"one of the questions {', '.join(self._questions)}", repr(question), "Report this: it is a mistake of the page."
            )
        return handler(payload)

    def ping(self, payload: dict) -> dict:
        """Which models are loaded, oldest first."""
        return {"models": [reference for reference, *_ in self._loaded]}

    def estimate(self, payload: dict) -> dict:
        """``{"spec": a PredictSpec, "input": path of its table}`` to an :class:`core.inference.Estimate`."""
        spec = PredictSpec.model_validate(payload["spec"])
        return estimate(self._settings, spec, Path(payload["input"]), loaded=self.model(spec)).model_dump(mode="json")

    def model(self, spec: PredictSpec) -> Loaded:
        """The spec's model, loaded or kept from an earlier question; the one used longest ago leaves."""
        precision = "bf16" if spec.precision == "bf16" else "fp32"
        key = (spec.model, spec.revision, tasks.get(spec.task).auto_class, precision)
        if key not in self._loaded:
            while len(self._loaded) >= self._settings.live_models:
                self._loaded.popitem(last=False)
                gc.collect()
            self._loaded[key] = load(self._settings, spec, precision=precision)
        self._loaded.move_to_end(key)
        return self._loaded[key].for_spec(self._settings, spec)

    def tidy(self, error: BaseException) -> None:
        """After a failure: where memory ran out, every model leaves."""
        if is_out_of_memory(error) or isinstance(error, LimitReached):
            self._loaded.clear()
        gc.collect()
