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
from core.models.vocabulary import check_pieces
from core.schema import LookSpec, PredictSpec
from core.settings import Settings
from core.tasks import Encoded, Task, TaskModel
from core.workspaces import LOCAL

TORCH, CPU, CUDA = "torch", "cpu", "cuda"
NO_PADDING_TOKEN = -1  # no token has this number: the last token of every item is its real last one


@dataclass(frozen=True)
class Loaded:
    """Everything that scoring needs.

    Args:
        backend: what stands behind ``model.network``.
        device: where that computes.
        token_budget: padded tokens of a batch; 0 takes the setting, which is for the processor.
    """

    task: Task
    files: Any
    model: TaskModel
    precision: str
    backend: str = TORCH
    device: str = CPU
    token_budget: int = 0

    def scorer(self, settings: Settings, on_memory: Callable[[int], None] | None = None) -> Scorer:
        accepted = self.model.accepted
        equal = getattr(self.model.network.config, "model_type", "") in MASK_IGNORED or bool(accepted and "attention_mask" not in accepted)
        return Scorer(
            self.task,
            self.model,
            token_budget=self.token_budget or settings.token_budget,
            equal_lengths=equal,
            lanes=getattr(self.model.network, "lanes", 1),
            pad_to=getattr(self.model.network, "pad_to", 1),
            on_memory=on_memory,
        )

    def encode(self, window: Window) -> Iterator[tuple[Window, Encoded | Failure]]:
        """Tokenises a window without scoring it."""
        return Scorer(self.task, self.model, token_budget=1).encode(window)

    def for_spec(self, settings: Settings, spec: PredictSpec | LookSpec) -> Loaded:
        """The same weights for another spec of the same model and kind of head."""
        task = tasks.get(spec.task)
        options = task.Options.model_validate(spec.options)
        top = settings.max_probability_columns
        model = ready(task, options, self.files, self.model.tokenizer, self.model.network, top, spec.seed, given=spec.roles)
        task.check(model)
        return replace(self, task=task, model=model)


def load(settings: Settings, spec: PredictSpec | LookSpec, *, precision: str = "fp32", device: str = CPU, owner: str = LOCAL) -> Loaded:
    """Loads the model of a spec.

    Args:
        owner: workspace whose adapters the spec may name.

    Raises:
        Conflict: the reference stands for other weights now than when the spec was made.
        LimitReached: the weights do not fit into memory; nothing of them was read.
        BadInput: the model cannot do what the options ask.
    """
    files = models.resolve(settings, spec.model, owner, fetch=False)  # a run has fetched it before
    if files.revision != spec.revision:
        raise Conflict(
            f"{spec.model} at revision {spec.revision[:12]}",
            f"revision {files.revision[:12]}",
            "Start a new run with the model as it is now.",
        )
    check_fits(settings, files, precision, device)
    task = tasks.get(spec.task)
    options = task.Options.model_validate(spec.options)
    tokenizer = models.load_tokenizer(files)
    stored = "bf16" if precision == "bf16" else "fp32"
    network = models.load_model(files, task.auto_class_for(files.tasks), precision=stored, device=device)
    model = ready(task, options, files, tokenizer, network, settings.max_probability_columns, spec.seed, given=spec.roles)
    task.check(model)
    loaded = Loaded(task, files, model, stored, device=device)
    return to_int8(loaded) if precision == "int8" else loaded


def ready(
    task: Task,
    options: BaseModel,
    files: Any,
    tokenizer: Any,
    network: Any,
    top: int = 100,
    seed: int = 0,
    given: Collection[str] = (),
) -> TaskModel:
    """Weights and tokenizer, made to agree, with all that a task reads out of them.

    Args:
        files: where they came from; only ``max_length`` is read.
        top: number of labels up to which every probability gets a column.
        given: roles that the run has columns for.

    Raises:
        BadInput: the tokenizer does not belong to the weights, or the model cannot do what the options ask.
    """
    check_pieces(tokenizer, network)
    agree_on_padding(tokenizer, network)
    config = network.config.to_dict()
    return TaskModel(
        labels=task.labels(models.labels_of(config), options),
        problem=task.problem(network.config, options),
        thresholds=models.thresholds_of(config),
        temperature=models.temperature_of(config) or 1.0,
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


def to_int8(loaded: Loaded) -> Loaded:
    """The same model with int8 products in its linear layers; the fp32 model is gone. For the processor only.

    Weights are rounded once, layer by layer; activations batch by batch, by their own range
    (https://docs.pytorch.org/docs/stable/generated/torch.ao.quantization.quantize_dynamic.html).
    """
    import warnings

    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that its place in torch will change
        torch.ao.quantization.quantize_dynamic(loaded.model.network, {torch.nn.Linear}, dtype=torch.qint8, inplace=True)
    return replace(loaded, precision="int8")


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
