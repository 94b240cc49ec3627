"""Checkpoints on a disk that runs full: it is said in words, and those that were written stay."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import CannotWrite
from core.files import no_room
from core.runs import RunContext

TORCH_CANNOT_WRITE = ("unexpected pos", "pytorchstreamwriter failed", "iostream error")
"""How torch.save tells that a file could not be written to its end; it does not say why."""


@contextmanager
def kept_on_a_full_disk(context: RunContext) -> Iterator[None]:
    """Says in words that a disk is full, and gives the room of a checkpoint that was half written back.

    Raises:
        CannotWrite: the disk is full; the message says where the training goes on. Other errors stay what they are.
    """
    try:
        yield
    except Exception as error:
        told = no_room(error, context.settings.home)
        if told is None and not _is_torch(error):
            raise
        found = told.found if told else '"torch could not write a file to its end"'
        newest = drop_half_written(context.run.checkpoints)
        after = f"it goes on after step {newest[0]:,}, and its best checkpoint so far is kept" if newest else "it begins anew"
        expected = f"free space on the disk of {context.settings.home} for a checkpoint"
        raise CannotWrite(expected, found, f"Free some space there and resume the job: {after}.") from error


def drop_half_written(folder: Path) -> tuple[int, Path] | None:
    """Removes checkpoints that were not written to their end. Gives the step and the folder of the newest that was."""
    from core.training.loop.trainer import whole_checkpoints

    whole = whole_checkpoints(folder)
    kept = {path for _, path in whole}
    for path in folder.glob("checkpoint-*"):
        if path not in kept:
            shutil.rmtree(path, ignore_errors=True)
    return max(whole, default=None)


def _is_torch(error: BaseException) -> bool:
    return isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in TORCH_CANNOT_WRITE)
