"""Whether a model of the Hub can be used here, said before anything is downloaded."""

from __future__ import annotations

import shutil
from pathlib import Path

from core.hub.lookalikes import lookalike, strange_letters
from core.hub.repositories import Repository
from core.processes import free_memory
from core.settings import MEGABYTE

LOADED = 1.3  # memory of a loaded model in units of its files: buffers and the first batch
SPARE_DISK = 1.1  # a download needs a little more than its files


def unfit(repository: Repository, cache: Path, *, memory: int | None = None, disk: int | None = None) -> list[str]:
    """Why a model cannot be used on this machine, a sentence each; nothing where it can.

    Args:
        cache: folder of downloads.
        memory: free memory in bytes; measured where it is not given.
        disk: free space in bytes beside ``cache``; measured where it is not given.
    """
    said = []
    if not repository.safetensors:
        said.append("It has no safetensors file: other weights can run code when they are loaded, so they are never fetched.")
    if repository.remote_code:
        said.append("It needs code from its repository to run, which is never executed here.")
    size = repository.size_bytes
    if size is None:
        return said
    free = free_memory() if memory is None else memory
    if size * LOADED > free:
        said.append(f"It needs about {_mb(size * LOADED)} of memory, and {_mb(free)} are free.")
    room = _free_disk(cache) if disk is None else disk
    if size * SPARE_DISK > room:
        said.append(f"It needs about {_mb(size * SPARE_DISK)} of disk, and {_mb(room)} are free.")
    return said


def cautions(repository: Repository, known: tuple[str, ...]) -> list[str]:
    """What to look at twice before using it, a sentence each.

    Args:
        known: owner/name of repositories that people know.
    """
    said = []
    if letters := strange_letters(repository.id):
        said.append(f"Its name has letters that look like others ({', '.join(sorted(set(letters)))}).")
    if other := lookalike(repository.id, known):
        said.append(f"Its name looks like {other}, which is another repository.")
    if repository.gated:
        said.append("It is gated: accept its conditions on its page of the Hub, and sign in here as the same user, before you fetch it.")
    if not repository.licence:
        said.append("It names no licence.")
    return said


def _free_disk(folder: Path) -> int:
    """Bytes free where a folder is, or will be."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _mb(size: float) -> str:
    return f"{size / MEGABYTE:,.0f} MB"
