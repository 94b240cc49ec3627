"""Files that are either whole or absent (written under a temporary name, synced, renamed), their hashes and their links."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import CannotWrite, SheetformerError

TEMPORARY_PREFIX = ".writing-"
NAME_KEPT = 40  # characters of a name in its temporary one: a name may be as long as the disk allows already
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
NO_PERMISSION = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
SIGNS_OF_NO_ROOM = ("no space left on device", "disk quota exceeded", "database or disk is full", "file too large (os error")
"""How libraries that have errors of their own quote the system."""


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Says in words what the system says in numbers when ``folder`` cannot be written.

    Raises:
        CannotWrite: the disk is full, or the folder must not be written. Other errors stay what they are.
    """
    try:
        yield
    except OSError as error:
        told = no_room(error, folder) or _no_permission(error, folder)
        if told is None:
            raise
        raise told from error


@contextmanager
def saving(folder: Path) -> Iterator[None]:
    """Like :func:`writing`, also where libraries write that tell of a full disk with errors of their own, as safetensors does.

    Raises:
        CannotWrite: as :func:`writing`.
    """
    try:
        with writing(folder):
            yield
    except SheetformerError:
        raise
    except Exception as error:
        told = no_room(error, folder)
        if told is None:
            raise
        raise told from error


def no_room(error: BaseException, folder: Path) -> CannotWrite | None:
    """What to tell the user when ``error`` says that a disk is full, else ``None``."""
    is_full = isinstance(error, OSError) and error.errno in NO_ROOM
    of_data = isinstance(error, SheetformerError | ValueError | TypeError | LookupError)  # these may quote a cell
    if not is_full and (of_data or not any(sign in str(error).lower() for sign in SIGNS_OF_NO_ROOM)):
        return None
    found = os.strerror(error.errno) if is_full else "No space left on device"
    return CannotWrite(
        f"free space on the disk of {folder}", f'"{found}"', "Free some space there and try again; what was finished is kept."
    )


def _no_permission(error: OSError, folder: Path) -> CannotWrite | None:
    names = [Path(os.fsdecode(name)) for name in (error.filename, error.filename2) if isinstance(name, str | bytes | os.PathLike)]
    # A name outside is somebody else's file, such as one that may not be read.
    if error.errno not in NO_PERMISSION or not any(folder == name or folder in name.parents or name in folder.parents for name in names):
        return None
    return CannotWrite(
        f"a folder that can be written at {folder}",
        f'"{os.strerror(error.errno)}"',
        "Make it writable, or choose another data folder with SHEETFORMER_HOME.",
    )


@contextmanager
def replacing(path: Path, *, durable: bool = True) -> Iterator[Path]:
    """Gives a temporary path beside ``path`` that takes its place when the block ends well, and vanishes when not.

    Args:
        durable: wait until the disk has it. Without, it is as whole, but may be lost with the power.
    """
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(4)}-{path.name[-NAME_KEPT:]}")
    try:
        yield temporary
        if durable:
            sync(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    if durable:
        with contextlib.suppress(OSError):  # the file is there; not every disk can sync a folder, nor everybody read it
            sync(path.parent)


def write_bytes(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Writes ``data`` so that a reader sees the old file or the new one, never half."""
    with replacing(path, durable=durable) as temporary:
        temporary.write_bytes(data)


def write_json(path: Path, value: object, *, durable: bool = True) -> None:
    """Like :func:`write_bytes`, for a JSON value. Text that is no Unicode, as in odd file names, survives ``json.loads(bytes)``."""
    write_bytes(path, json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "surrogatepass"), durable=durable)


def sync(path: Path) -> None:
    """Asks the disk to keep a file or a folder's list of names: a rename alone may be lost with the power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hex; of an absent file, an empty text."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def link_or_copy(source: Path, target: Path) -> None:
    """Makes ``target`` another name of ``source``, or a copy where the disk cannot link.

    Raises:
        FileExistsError: ``target`` is there. Copying over it could write through a link.
    """
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:
        shutil.copyfile(source, target)
