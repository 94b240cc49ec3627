"""What computes a model's outputs on the processor: torch, or another backend where it is faster and gives the same answers."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

import numpy as np

from core import models, tasks
from core.errors import Conflict
from core.inference.loading import TORCH, Loaded
from core.inference.plan import Window
from core.inference.score import Failure, message_of
from core.schema import PredictSpec
from core.settings import Settings
from core.workspaces import LOCAL

OPENVINO = "openvino"
NAMES = MappingProxyType({TORCH: "torch", OPENVINO: "OpenVINO"})
OUTPUTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "AutoModel": ("last_hidden_state",),
        "AutoModelForMaskedLM": ("logits",),
        "AutoModelForQuestionAnswering": ("start_logits", "end_logits"),
        "AutoModelForSequenceClassification": ("logits",),
        "AutoModelForTokenClassification": ("logits",),
    }
)
"""What the tasks read of a model's output, by its auto class. Classes that write texts are not here: they are called step by step."""

EXAMPLE_ROWS = 32  # texts among which two of different lengths are looked for
RACE_BATCHES = 4
RACE_ROUNDS = 2
RACE_SECONDS = 1.5
FASTER = 1.15
"""How much faster a backend must be. Shapes that it meets for the first time cost it up to a third more than those of the race."""

log = logging.getLogger(__name__)


def candidate(settings: Settings, spec: PredictSpec, rows: int, owner: str = LOCAL) -> str:
    """The backend to be tried besides torch: one that the settings name, that is installed and that can run the model; "" for none.

    Args:
        rows: distinct rows to score.
        owner: workspace whose adapters the spec may name.
    """
    wanted = [name for name in settings.backends if name != TORCH and is_here(name)]
    if not wanted or spec.precision == "int8" or rows < settings.backend_rows:
        return ""
    auto_class = tasks.get(spec.task).auto_class_for(models.resolve(settings, spec.model, owner).tasks)
    return wanted[0] if auto_class in OUTPUTS else ""


def is_here(backend: str) -> bool:
    """Whether a backend can be used, by its installed package; nothing is imported."""
    return backend == TORCH or (backend == OPENVINO and find_spec(backend) is not None)


def export(settings: Settings, loaded: Loaded, window: Window) -> Any:
    """The model as another backend can compile it, in either precision. The weights stay as they are.

    Args:
        loaded: in fp32, on torch.
        window: rows of the run.
    """
    from core.inference.openvino_network import export as export_to_openvino

    auto_class = loaded.task.auto_class_for(loaded.files.tasks)
    longest = min(loaded.model.max_length, settings.token_budget)
    return export_to_openvino(loaded.model.network, _example(settings, loaded, window), OUTPUTS[auto_class], longest)


def compiled(settings: Settings, loaded: Loaded, exported: Any, precision: str) -> Loaded:
    """The same model on the other backend, checked on a shape that the export has not seen.

    Raises:
        ValueError: it computes something else there.
    """
    network = exported.compiled(precision, settings.threads)
    exported.check(network, precision)
    model = replace(loaded.model, network=network, accepted=frozenset(exported.names))
    return replace(loaded, model=model, precision=precision, backend=OPENVINO)


def reopened(settings: Settings, loaded: Loaded, backend: str, precision: str, window: Window) -> Loaded:
    """The model on the backend with which a run began.

    Raises:
        Conflict: it does not work there any more.
    """
    try:
        return compiled(settings, loaded, export(settings, loaded, window), precision)
    except Exception as error:
        expected = f"{NAMES.get(backend, backend)}, with which the run began"
        raise Conflict(expected, f"an error: {message_of(error)}", "Start a new run.") from error


def speed_up(settings: Settings, loaded: Loaded, other: Loaded, window: Window) -> float:
    """How many times as fast the other one is, on batches of the window: both in turn, of each the best time."""
    _, encoded = next(loaded.encode(window))
    if isinstance(encoded, Failure):
        return 0.0
    scorers = [each.scorer(settings) for each in (loaded, other)]
    batches = scorers[0].batches(encoded, np.arange(len(encoded.row)))[:RACE_BATCHES]  # their lengths alternate
    took, began = np.full((RACE_ROUNDS, 2), np.inf), time.perf_counter()
    for turn in range(RACE_ROUNDS):
        for number, scorer in enumerate(scorers):
            started = time.perf_counter()
            for _ in scorer.computed(encoded, batches):
                pass
            took[turn, number] = time.perf_counter() - started
        if time.perf_counter() - began > RACE_SECONDS:
            break
    first, second = took.min(axis=0)
    return float(first / second) if second else 0.0


def _example(settings: Settings, loaded: Loaded, window: Window) -> dict[str, np.ndarray]:
    """Arguments of the model for the shortest and the longest of some rows, so that the example has padding in it."""
    _, encoded = next(loaded.encode(window.part(slice(0, EXAMPLE_ROWS))))
    if isinstance(encoded, Failure) or not len(encoded.row):
        raise ValueError("no text to trace the model with")
    items = np.array([int(encoded.lengths.argmin()), int(encoded.lengths.argmax())])
    if not encoded.has_padding:
        items = np.repeat(items[1:], 2)
    accepted = loaded.model.accepted
    batch = encoded.batch(items, left=loaded.task.pads_left)
    return {name: values for name, values in batch.items() if not accepted or name in accepted}
