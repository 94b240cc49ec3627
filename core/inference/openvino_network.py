"""OpenVINO in the place of a torch model: traced with torch, converted with dynamic shapes, called like the model itself."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from types import MappingProxyType, SimpleNamespace
from typing import Any

import numpy as np

from core.models.load import quiet

TELEMETRY = "openvino_telemetry"
HINTS = MappingProxyType({"fp32": "f32", "bf16": "bf16"})
TOLERANCES = MappingProxyType({"fp32": 1e-3, "bf16": 0.1})
"""Largest difference to torch in fp32 at a shape that was not traced, in units of the largest output. Only gross errors are meant:
a length that was frozen into the export. Answers are compared on the rows of the run."""


def openvino() -> Any:
    """The package without its telemetry, which would send an event when it is imported; it has a stub for where there is none."""
    if "openvino" not in sys.modules:
        sys.modules[TELEMETRY] = None  # an import of it fails from now on
    import openvino

    return openvino


class OpenVinoNetwork:
    """A compiled model that is called like the torch model it was made from.

    Its output has the fields that were exported, float32 tensors of their own. ``forward`` names the arguments in its signature.

    Args:
        requests: one for each call that may run at once.

    Attributes:
        lanes: how many calls may run at once; more wait for a free request.
        pad_to: lengths should be multiples of this: each new shape has kernels made for it, which took a fifth of the time
            over some thousand texts of all lengths.
    """

    pad_to = 16

    def __init__(self, requests: list[Any], exported: Exported):
        import torch

        self.config = exported.config
        self.device = torch.device("cpu")
        self.lanes = len(requests)
        self.forward = _taking(exported.names, exported.fields, requests)

    def __call__(self, **inputs: Any) -> SimpleNamespace:
        return self.forward(**inputs)


@dataclass(frozen=True)
class Exported:
    """A converted model, not compiled yet.

    Args:
        names: its arguments in the order in which it takes them.
        fields: what it gives.
        other: arguments of another shape than the traced one.
        expected: what torch gives for these in fp32, field by field.
    """

    model: Any
    names: tuple[str, ...]
    fields: tuple[str, ...]
    config: Any
    other: dict[str, np.ndarray]
    expected: tuple[np.ndarray, ...]

    def compiled(self, precision: str, threads: int) -> OpenVinoNetwork:
        """Compiles for this processor, for as many calls at once as there are threads.

        A thread for each call and no thread that waits for another's share: 1.3 times as fast on two cores as two threads in
        one call, which once stood still for good there and once crashed.

        Args:
            precision: ``fp32`` or ``bf16``, of the arithmetic.
            threads: processor threads; 0 takes as many as torch does.
        """
        import torch

        lanes = threads or torch.get_num_threads()
        how = {
            "INFERENCE_PRECISION_HINT": HINTS[precision],
            "INFERENCE_NUM_THREADS": lanes,
            "NUM_STREAMS": lanes,
            "ENABLE_CPU_PINNING": False,  # two jobs would be pinned to the same cores
        }
        made = openvino().Core().compile_model(self.model, "CPU", how)
        return OpenVinoNetwork([made.create_infer_request() for _ in range(lanes)], self)

    def check(self, network: OpenVinoNetwork, precision: str) -> None:
        """Raises ValueError where the outputs for another shape are far from torch's."""
        import torch

        output = network(**{name: torch.from_numpy(values) for name, values in self.other.items()})
        for field, wanted in zip(self.fields, self.expected, strict=True):
            found = getattr(output, field).numpy()
            if found.shape != wanted.shape:
                raise ValueError(f"{field} has the shape {found.shape} where torch gives {wanted.shape}")
            difference = float(np.abs(found - wanted).max(initial=0))
            if not difference <= TOLERANCES[precision] * max(1.0, float(np.abs(wanted).max(initial=0))):
                raise ValueError(f"{field} differs from torch by {difference:.3g} at another length than the traced one")


def export(network: Any, example: dict[str, np.ndarray], fields: tuple[str, ...], longest: int) -> Exported:
    """Traces a torch model and converts it, with every dimension of its arguments left open.

    Args:
        network: in fp32, on the CPU; not changed.
        example: its arguments, int64 ``[items, tokens]``, at least two items with padding between them where it can pad.
        fields: of the model's output, to be kept.
        longest: tokens of the longest item it may meet.

    Raises:
        Exception: of many kinds, by torch and OpenVINO, where a model cannot be exported.
    """
    import torch

    if getattr(network.config, "is_encoder_decoder", False):
        raise ValueError("models with an encoder and a decoder are not exported")
    names = tuple(example)
    arguments = tuple(torch.from_numpy(values) for values in example.values())
    with quiet(), torch.no_grad():  # what tracing says of Python branches: the check at another shape is what counts
        model = openvino().convert_model(_with_fields(network, names, fields), example_input=arguments)
    if len(model.inputs) != len(names) or len(model.outputs) != len(fields):
        raise ValueError(f"{len(model.inputs)} arguments and {len(model.outputs)} outputs were left of {names} and {fields}")
    other = _other_shape(example, longest)
    with torch.inference_mode():
        output = network(**{name: torch.from_numpy(values) for name, values in other.items()})
    expected = tuple(output[field].float().numpy() for field in fields)
    return Exported(model, names, fields, network.config, other, expected)


def _with_fields(network: Any, names: tuple[str, ...], fields: tuple[str, ...]) -> Any:
    """A module that takes the arguments by position and gives some fields only: caches and hidden states cannot be traced."""
    import torch

    more = {"use_cache": False} if "use_cache" in inspect.signature(network.forward).parameters else {}

    class WithFields(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, *values: Any) -> tuple[Any, ...]:
            output = self.network(**dict(zip(names, values, strict=True)), **more)
            return tuple(output[field] for field in fields)

    return WithFields().eval()


def _taking(names: tuple[str, ...], fields: tuple[str, ...], requests: list[Any]) -> Callable[..., SimpleNamespace]:
    """A function with these names as its arguments. It may be called from several threads."""
    idle: SimpleQueue[Any] = SimpleQueue()
    for request in requests:
        idle.put(request)

    def forward(**inputs: Any) -> SimpleNamespace:
        import torch

        request = idle.get()
        try:
            found = request.infer([inputs[name].numpy() for name in names], share_inputs=True)
        finally:
            idle.put(request)
        return SimpleNamespace(**{field: torch.from_numpy(found[place]) for place, field in enumerate(fields)})

    parameters = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in names]
    forward.__signature__ = inspect.Signature(parameters)
    return forward


def _other_shape(example: dict[str, np.ndarray], longest: int) -> dict[str, np.ndarray]:
    """One item more than the example has, each the example's last one repeated up to the longest length."""
    rows, width = next(iter(example.values())).shape
    length = longest if longest != width else max(1, longest - 1)
    columns = np.arange(length) % width
    return {name: np.ascontiguousarray(np.repeat(values[-1:, columns], rows + 1, axis=0)) for name, values in example.items()}
