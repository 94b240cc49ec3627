"""What a failed job says: one line for the user that lets no data act on a terminal."""

from __future__ import annotations

from core.errors import SheetformerError, is_out_of_memory, printable
from core.files import no_room
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
    full = no_room(error, settings.home)
    if full is not None:
        return full.one_line()
    text = printable(f"{type(error).__name__}: {error}")
    shown = text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + "…"
    return f"{shown} (the log has the details)"
