"""Checkpoints: which were written to their end, and what stays of them on a disk that runs full, which is said in words."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import CannotWrite
from core.files import no_room
from core.runs import RunContext

STATE = "trainer_state.json"  # the last file of a checkpoint that is written
TORCH_CANNOT_WRITE = ("unexpected pos", "pytorchstreamwriter failed", "iostream error")
"""How torch.save tells that a file could not be written to its end; it does not say why."""


def newest_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end."""
    return max(whole_checkpoints(folder), default=(0, None))[1]


def whole_checkpoints(folder: Path) -> list[tuple[int, Path]]:
    """Steps and folders of the checkpoints that were written to their end: the state is written last and must be readable."""
    found = []
    for state in folder.glob(f"checkpoint-*/{STATE}"):
        try:
            found.append((int(json.loads(state.read_bytes())["global_step"]), state.parent))
        except (ValueError, KeyError, TypeError):
            continue
    return found


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
    whole = whole_checkpoints(folder)
    kept = {path for _, path in whole}
    for path in folder.glob("checkpoint-*"):
        if path not in kept:
            shutil.rmtree(path, ignore_errors=True)
    return max(whole, default=None)


def _is_torch(error: BaseException) -> bool:
    return isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in TORCH_CANNOT_WRITE)
