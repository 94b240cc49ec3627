"""What the warm process can be asked. A question is a method name and JSON values; the models stay loaded between questions."""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from core import inspect, models, tasks
from core.errors import BadInput, LimitReached, is_out_of_memory
from core.inference.estimating import estimate
from core.inference.loading import Loaded, load
from core.inspect import tokens
from core.live.merging import write_merged_zip
from core.schema import FinetuneSpec, LookSpec, ModelReference, PredictSpec
from core.settings import Settings
from core.workspaces import LOCAL


class Desk:
    """Answers questions and keeps the models most recently used, ``settings.live_models`` of them."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._loaded: OrderedDict[tuple[str, str, str, str, str], Loaded] = OrderedDict()
        self._tokenizers = tokens.Shelf(settings)
        self._asked = ""
        self._questions: dict[str, Callable[[dict], dict]] = {
            "estimate": self.estimate,
            "estimate_training": self.estimate_training,
            "look": self.look,
            "merge": self.merge,
            "ping": self.ping,
            "tokens": self.tokens,
        }

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
        self._asked = question
        return handler(payload)

    def ping(self, payload: dict) -> dict:
        """Which models are loaded, oldest first."""
        return {"models": [reference for reference, *_ in self._loaded]}

    def estimate(self, payload: dict) -> dict:
        """``{"spec": a PredictSpec, "input": path of its table, "workspace": whose question it is}`` to an ``Estimate``."""
        spec, owner = PredictSpec.model_validate(payload["spec"]), str(payload.get("workspace", LOCAL))
        return estimate(self._settings, spec, Path(payload["input"]), loaded=self.model(spec, owner)).model_dump(mode="json")

    def estimate_training(self, payload: dict) -> dict:
        """``{"spec": a FinetuneSpec, "input": path of its table, "workspace": whose question it is}`` to a ``TrainingEstimate``.

        ``"validation"`` is the path of the table of validation rows, where the spec names one.
        """
        from core.training.estimating import estimate_training

        spec, owner = FinetuneSpec.model_validate(payload["spec"]), str(payload.get("workspace", LOCAL))
        try:
            validation = Path(payload["validation"]) if spec.validation else None
            return estimate_training(self._settings, spec, Path(payload["input"]), validation, owner=owner).model_dump(mode="json")
        finally:
            gc.collect()  # the model that was tried is not kept

    def look(self, payload: dict) -> dict:
        """``{"look": a LookSpec, "view": one of ``inspect.VIEWS``, "arguments": its own, "workspace": whose}`` to the view's numbers."""
        spec, owner = LookSpec.model_validate(payload["look"]), str(payload.get("workspace", LOCAL))
        return inspect.show(self._settings, payload["view"], self.model(spec, owner), spec, payload.get("arguments"))

    def tokens(self, payload: dict) -> dict:
        """``{"model": its reference, "view": one of ``tokens.VIEWS``, "class", "arguments", "workspace": whose}`` to the view's numbers."""
        owner, kind = str(payload.get("workspace", LOCAL)), str(payload.get("class", tokens.AUTO))
        asked = {"tokenizer_class": kind, "owner": owner, "arguments": payload.get("arguments")}
        return tokens.show(self._settings, self._tokenizers, payload["view"], payload["model"], **asked)

    def merge(self, payload: dict) -> dict:
        """``{"adapter": its name, "workspace": whose it is}`` to the size of the zip at :func:`core.live.merging.merged_zip`, in bytes."""
        made = write_merged_zip(self._settings, str(payload["workspace"]), str(payload["adapter"]))
        gc.collect()
        return {"size_bytes": made.stat().st_size}

    def model(self, spec: PredictSpec | LookSpec, owner: str = LOCAL) -> Loaded:
        """The spec's model, loaded or kept from an earlier question; the one used longest ago leaves.

        An adapter or local model is kept for its workspace alone: another one must not reach it by naming its revision.
        """
        kind = ModelReference.parse(spec.model).kind
        if kind == "hub":
            models.hub_model(self._settings, spec.model, owner)  # what only others may read is refused, loaded or not
        whose = owner if kind in ("adapter", "local") else ""
        precision = "bf16" if isinstance(spec, PredictSpec) and spec.precision == "bf16" else "fp32"
        key = (spec.model, spec.revision, tasks.get(spec.task).auto_class, precision, whose)
        if key not in self._loaded:
            while len(self._loaded) >= self._settings.live_models:
                self._loaded.popitem(last=False)
                gc.collect()
            self._loaded[key] = load(self._settings, spec, precision=precision, owner=owner)
        self._loaded.move_to_end(key)
        return self._loaded[key].for_spec(self._settings, spec)

    def tidy(self, error: BaseException) -> None:
        """After a failure: where memory ran out, every model leaves. A limit that a tokenizer met says nothing about memory."""
        if is_out_of_memory(error) or (isinstance(error, LimitReached) and self._asked != "tokens"):
            self._loaded.clear()
        gc.collect()
