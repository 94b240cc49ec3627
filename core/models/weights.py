"""Reads the header of a safetensors file: names, types and shapes of the tensors, without torch and without the tensors."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

from core.errors import BadInput

LENGTH_BYTES = 8
LONGEST_HEADER = 100_000_000  # bytes; the format's own limit
NEXT = "Copy or download the model again."


@dataclass(frozen=True)
class Header:
    """Shape of each tensor by name, in elements, and its type as the format writes it, such as ``BF16``."""

    shapes: dict[str, tuple[int, ...]]
    types: dict[str, str] = field(default_factory=dict)

    @property
    def parameters(self) -> int:
        return sum(prod(shape) for shape in self.shapes.values())

    @property
    def largest_dimension(self) -> int:
        return max((size for shape in self.shapes.values() for size in shape), default=0)


def read_header(path: Path) -> Header:
    """The header of one file.

    Raises:
        BadInput: it is no safetensors file, or an incomplete one.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(LENGTH_BYTES), "little")
        if size < LENGTH_BYTES or length > min(LONGEST_HEADER, size - LENGTH_BYTES):
            raise BadInput("a safetensors file", f"{path.name}, which is cut off or of another format", NEXT)
        text = file.read(length)
    try:
        entries = json.loads(text)
        tensors = {name: entry for name, entry in entries.items() if name != "__metadata__"}
        shapes = {name: tuple(int(size) for size in entry["shape"]) for name, entry in tensors.items()}
        end = max((int(entry["data_offsets"][1]) for entry in tensors.values()), default=0)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise BadInput("a safetensors file", f"{path.name} with an unreadable header", NEXT) from error
    if LENGTH_BYTES + length + end != size:
        raise BadInput("a complete safetensors file", f"{path.name} with {size:,} bytes", NEXT)
    return Header(shapes, {name: str(entry.get("dtype", "")) for name, entry in tensors.items()})


def read_headers(folder: Path) -> Header:
    """The headers of all safetensors files of a folder as one."""
    shapes: dict[str, tuple[int, ...]] = {}
    types: dict[str, str] = {}
    for path in sorted(folder.glob("*.safetensors")):
        header = read_header(path)
        shapes |= header.shapes
        types |= header.types
    return Header(shapes, types)
