"""Where a model's files lie, and the hash that stands for their content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from core.files import sha256_of
from core.models.cards import ModelCardFacts

DECIDING = (".safetensors", ".json", ".txt", ".model")  # a card may change without changing a result


@dataclass(frozen=True)
class ModelFiles:
    """A model reference resolved to files.

    Args:
        reference: the reference as text; a Hub id carries its commit.
        revision: commit of the Hub, or SHA-256 over the files that decide a result.
        base: folder of the model.
        adapter: folder of the LoRA adapter on it, if any.
        tasks: Hub names of the tasks that it can do.
        labels: names of its outputs in the order of the logits; empty where it has none.
        card: what the card says that a warning may need.
        size_bytes: bytes of weights to load.
        max_length: longest input in tokens, special tokens included; ``None`` where nothing limits it.
    """

    reference: str
    revision: str
    base: Path
    adapter: Path | None
    tasks: tuple[str, ...]
    labels: tuple[str, ...]
    card: ModelCardFacts = field(default_factory=ModelCardFacts)
    size_bytes: int = 0
    max_length: int | None = None


def weights_size(folder: Path) -> int:
    """Bytes of the folder's safetensors files."""
    return sum(path.stat().st_size for path in folder.glob("*.safetensors"))


def file_hash(path: Path) -> str:
    """SHA-256 of a file in hex. Read once per process and state of the file: 91 MB take some 60 ms."""
    status = path.stat()
    return _file_hash(path, status.st_size, status.st_mtime_ns, status.st_ino)


@lru_cache(maxsize=1_024)
def _file_hash(path: Path, size: int, modified: int, inode: int) -> str:
    return sha256_of(path)


def content_hash(*folders: Path) -> str:
    """One SHA-256 in hex over names and hashes of the files in ``folders`` that decide a result, cards left out."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.iterdir()):
            if path.suffix in DECIDING and path.is_file():
                digest.update(f"{path.name}\0{file_hash(path)}\n".encode())
        digest.update(b"\0")
    return digest.hexdigest()
