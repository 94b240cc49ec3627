"""Memory that a process has freed and still holds: batches have many shapes, and what one has freed seldom fits the next."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import psutil

from core.settings import MEGABYTE

MOST_SPARE = 600 * MEGABYTE
"""Memory that a training may hold beyond what it uses: to give it back after every step would cost a fifth of the speed."""


def beyond_malloc() -> int:
    """Bytes of this process in memory of its own that no allocation uses, above all freed ones; 0 where malloc does not tell."""
    if _glibc() is None:
        return 0
    found = _glibc().mallinfo2()
    held = psutil.Process().memory_info()
    return held.rss - held.shared - found.uordblks - found.hblkhd  # mapped files and what processes share are not ours to give


def give_back() -> None:
    """Gives what is free to the system; elsewhere than under glibc 2.33 and later it does nothing."""
    if _glibc() is not None:
        _glibc().malloc_trim(0)


class _MallInfo(ctypes.Structure):
    """``struct mallinfo2`` of glibc, https://man7.org/linux/man-pages/man3/mallinfo.3.html."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")
    )


@cache
def _glibc() -> Any:
    """The C library; ``None`` where it is another one, or too old to tell."""
    try:
        library = ctypes.CDLL("libc.so.6")
        library.mallinfo2.restype = _MallInfo
        library.malloc_trim.argtypes = (ctypes.c_size_t,)
    except (OSError, AttributeError):
        return None
    return library
