"""What a failed job says: one line for the user, a traceback for the log. Neither lets data act on a terminal."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

from core.errors import SheetformerError, is_out_of_memory, printable
from core.settings import Settings

MOST_CHARACTERS = 300


def message(settings: Settings, error: BaseException) -> str:
    """The error of a job on one line."""
    if isinstance(error, SheetformerError):
        return error.one_line()
    if is_out_of_memory(error):
        return (
            f"Expected a job that fits into job_memory_mb = {settings.job_memory_mb}; found that it needs more memory. "
            "Lower token_budget or window_rows, or raise SHEETFORMER_JOB_MEMORY_MB."
        )
    text = printable(f"{type(error).__name__}: {error}")
    shown = text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + "…"
    return f"{shown} (the log has the details)"


def safe_traceback(error: BaseException) -> str:
    """Like the interpreter's traceback, but each message is one line with its control characters escaped.

    A message often quotes a cell, and a cell may hold terminal commands or lines that look like a log's.
    """
    return "\n".join(_lines(error)) + "\n"


def _lines(error: BaseException) -> Iterator[str]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _lines(before)
        yield "Then:"
    yield "Traceback (most recent call last):"
    for entry in traceback.format_tb(error.__traceback__):
        yield from (printable(line) for line in entry.rstrip("\n").split("\n"))
    yield printable(f"{type(error).__name__}: {error}")
