"""The limits that stop bombs: how large what is unpacked may get, and how much larger than what was packed."""

from __future__ import annotations

import gzip
import stat
import zipfile
import zlib
from collections.abc import Iterable
from typing import BinaryIO

from core.errors import BadInput, LimitReached
from core.settings import MEGABYTE, Settings

BLOCK = 1_000_000
RATIO_FROM = 1_000_000  # small files of repeated text compress beyond any ratio and harm nobody
ZIP_DAMAGE = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, gzip.BadGzipFile)


def incomplete(what: str) -> BadInput:
    """The error for a file whose end is missing."""
    return BadInput(f"a whole {what} file", "that the file is incomplete or damaged", "Copy or download it again; nothing was imported.")


def check_members(settings: Settings, members: Iterable[zipfile.ZipInfo], packed: int) -> None:
    """Refuses bombs by the sizes that an archive's directory states; unpacking checks them again.

    Args:
        packed: bytes of the whole archive.

    Raises:
        BadInput: a password is needed.
        LimitReached: larger than the settings allow once uncompressed.
    """
    members = list(members)
    if any(member.flag_bits & 1 for member in members):
        raise BadInput(
            "an archive without a password", "that the file is encrypted", "Unpack it with the password and import what is inside."
        )
    stated = sum(member.compress_size for member in members)
    check_unpacked(settings, sum(member.file_size for member in members), max(1, min(stated, packed)))


def check_unpacked(settings: Settings, size: int, packed: int) -> None:
    """Raises LimitReached when ``size`` bytes are more than ``max_uncompressed_mb``, or too many times ``packed``."""
    if size > settings.max_uncompressed_mb * MEGABYTE:
        raise LimitReached(
            f"at most {settings.max_uncompressed_mb} MB once uncompressed (setting max_uncompressed_mb)",
            f"{size / MEGABYTE:,.0f} MB or more",
            "Split the file, or save it as Parquet.",
        )
    if size > RATIO_FROM and size / packed > settings.max_compression_ratio:
        raise LimitReached(
            f"a file at most {settings.max_compression_ratio} times its compressed size (setting max_compression_ratio)",
            f"{size / packed:,.0f} times",
            "Import the file uncompressed if it is a real one.",
        )


def copy_limited(settings: Settings, source: BinaryIO, target: BinaryIO, packed: int, *, before: int = 0) -> int:
    """Unpacks one file, and stops where it gets too large: an archive's directory may lie.

    Args:
        packed: bytes that it is unpacked from, with those of ``before``.
        before: bytes of other files that came out of the same archive.

    Returns:
        Bytes of all files so far.
    """
    size = before
    while block := source.read(BLOCK):
        size += len(block)
        check_unpacked(settings, size, max(packed, 1))
        target.write(block)
    return size


def check_no_links(members: Iterable[zipfile.ZipInfo]) -> None:
    """Raises BadInput where a file of an archive is a symbolic link."""
    if any(stat.S_ISLNK(member.external_attr >> 16) for member in members):
        raise BadInput("ordinary files inside the zip", "a symbolic link", "Pack the file itself.")


def is_clutter(name: str) -> bool:
    """What operating systems put into archives beside the files."""
    parts = name.split("/")
    return parts[0] == "__MACOSX" or parts[-1].startswith(".")
