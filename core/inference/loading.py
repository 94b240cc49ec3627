"""Loading the model of a spec, ready for its task."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from core import models, tasks
from core.errors import Conflict
from core.inference.memory import check_fits
from core.inference.plan import Window
from core.inference.score import MASK_IGNORED, Failure, Scorer
from core.schema import PredictSpec
from core.settings import Settings
from core.tasks import Encoded, Task, TaskModel

TORCH, CPU = "torch", "cpu"
NO_PADDING_TOKEN = -1  # no token has this number: the last token of every item is its real last one


@dataclass(frozen=True)
class Loaded:
    """Everything that scoring needs. ``backend`` is what stands behind ``model.network``."""

    task: Task
    files: Any
    model: TaskModel
    precision: str
    backend: str = TORCH

    def scorer(self, settings: Settings, on_memory: Callable[[int], None] | None = None) -> Scorer:
        accepted = self.model.accepted
        equal = getattr(self.model.network.config, "model_type", "") in MASK_IGNORED or bool(accepted and "attention_mask" not in accepted)
        return Scorer(
            self.task,
            self.model,
            token_budget=settings.token_budget,
            equal_lengths=equal,
            lanes=getattr(self.model.network, "lanes", 1),
            pad_to=getattr(self.model.network, "pad_to", 1),
            on_memory=on_memory,
        )

    def encode(self, window: Window) -> Iterator[tuple[Window, Encoded | Failure]]:
        """Tokenises a window without scoring it."""
        return Scorer(self.task, self.model, token_budget=1).encode(window)

    def for_spec(self, settings: Settings, spec: PredictSpec) -> Loaded:
        """The same weights for another spec of the same model and kind of head."""
        task = tasks.get(spec.task)
        options = task.Options.model_validate(spec.options)
        top = settings.max_probability_columns
        model = ready(task, options, self.files, self.model.tokenizer, self.model.network, top, spec.seed, given=spec.roles)
        return replace(self, task=task, model=model)


def load(settings: Settings, spec: PredictSpec, *, precision: str = "fp32") -> Loaded:
    """Loads the model of a spec.

    Raises:
        Conflict: the reference stands for other weights now than when the spec was made.
        LimitReached: the weights do not fit into memory; nothing of them was read.
    """
    files = models.resolve(settings, spec.model)
    if files.revision != spec.revision:
        raise Conflict(
            f"{spec.model} at revision {spec.revision[:12]}",
            f"revision {files.revision[:12]}",
            "Start a new run with the model as it is now.",
        )
    check_fits(settings, files, precision)
    task = tasks.get(spec.task)
    options = task.Options.model_validate(spec.options)
    tokenizer = models.load_tokenizer(files)
    network = models.load_model(files, task.auto_class_for(files.tasks), precision=precision, device="cpu")
    model = ready(task, options, files, tokenizer, network, settings.max_probability_columns, spec.seed, given=spec.roles)
    return Loaded(task, files, model, precision)


def ready(
    task: Task,
    options: BaseModel,
    files: Any,
    tokenizer: Any,
    network: Any,
    top: int = 50,
    seed: int = 0,
    given: Collection[str] = (),
) -> TaskModel:
    """Weights and tokenizer, made to agree, with all that a task reads out of them.

    Args:
        files: where they came from; only ``max_length`` is read.
        top: number of labels up to which every probability gets a column.
        given: roles that the run has columns for.
    """
    agree_on_padding(tokenizer, network)
    return TaskModel(
        labels=task.labels(models.labels_of(network.config.to_dict()), options),
        problem=task.problem(network.config, options),
        max_length=models.length_limit(files.max_length, tokenizer, network.config),
        top=top,
        accepted=frozenset(inspect.signature(network.forward).parameters),
        options=options,
        tokenizer=tokenizer,
        network=network,
        seed=seed,
        given=frozenset(given),
    )


def to_bf16(loaded: Loaded) -> Loaded:
    """The same model computing in bfloat16. The weights are changed in place: the fp32 model is gone."""
    loaded.model.network.bfloat16()
    return replace(loaded, precision="bf16")


def agree_on_padding(tokenizer: Any, network: Any) -> None:
    """Makes tokenizer and model pad alike: decoders find the last token of a text by looking for the padding token."""
    config = network.config
    if tokenizer.pad_token_id is None:
        if getattr(config, "pad_token_id", None) is None:
            config.pad_token_id = NO_PADDING_TOKEN
    elif getattr(config, "pad_token_id", None) is None:
        config.pad_token_id = tokenizer.pad_token_id
    elif config.pad_token_id != tokenizer.pad_token_id and 0 <= config.pad_token_id < len(tokenizer):
        tokenizer.pad_token = tokenizer.convert_ids_to_tokens(config.pad_token_id)
