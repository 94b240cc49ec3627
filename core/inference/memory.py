"""Whether a model fits, said before it is loaded: from the headers of its weights, which name every tensor with type and shape."""

from __future__ import annotations

import re
from math import inf, prod
from pathlib import Path
from types import MappingProxyType

from core.errors import LimitReached
from core.models import ModelFiles
from core.models.weights import Header, read_header, read_headers
from core.processes import free_memory
from core.settings import MEGABYTE, Settings

BYTES = MappingProxyType({"fp32": 4, "bf16": 2})
WHOLE = "model.safetensors"
FLOAT = re.compile(r"B?F\d+")
BITS = re.compile(r"\d+")


def weights_bytes(files: ModelFiles, precision: str) -> int:
    """Bytes that the weights take once they are loaded; an adapter is merged in fp32, whatever comes after.

    Args:
        precision: ``fp32`` or ``bf16``: the type that tensors of floating-point numbers are turned into. Others keep theirs.
    """
    whole = Path(files.base) / WHOLE
    header = read_header(whole) if whole.is_file() else read_headers(Path(files.base))
    return _bytes(header, BYTES["fp32" if files.adapter else precision])


def check_fits(settings: Settings, files: ModelFiles, precision: str, device: str = "cpu") -> None:
    """Refuses a model whose weights alone take more memory than there is.

    Args:
        precision: ``int8`` is rounded from fp32, which has to fit.
        device: on a GPU the weights must fit there too: they pass through the processor's memory.

    Raises:
        LimitReached: they take more than a job may, or than is free.
    """
    precision = "fp32" if precision == "int8" else precision
    needed, free, allowed = weights_bytes(files, precision), min(free_memory(), free_on(device)), settings.job_memory_mb * MEGABYTE
    if needed <= min(free, allowed):
        return
    limit = f"{_mb(allowed)} that one job may take (job_memory_mb)" if allowed <= free else f"{_mb(free)} of memory that is free now"
    half = 0 if files.adapter else weights_bytes(files, "bf16")
    smaller = f"Choose precision bf16, with which it takes {_mb(half)}, or a" if 0 < half <= min(free, allowed, needed - 1) else "Choose a"
    raise LimitReached(
        f"a model whose weights fit into the {limit}",
        f"{files.reference}, which takes {_mb(needed)} in {precision}",
        f"{smaller} smaller model.",
    )


def free_on(device: str) -> float:
    """Bytes that are free on a GPU; without a limit of its own on the processor."""
    if device == "cpu":
        return inf
    import torch

    return torch.cuda.mem_get_info(device)[0]


def _bytes(header: Header, per_float: int) -> int:
    total = 0
    for name, shape in header.shapes.items():
        kind = header.types.get(name, "F32")
        bits = BITS.search(kind)
        total += prod(shape) * (per_float if FLOAT.match(kind) else max(1, int(bits[0]) // 8) if bits else 1)
    return total


def _mb(size: int) -> str:
    return f"{size / MEGABYTE:,.0f} MB"
