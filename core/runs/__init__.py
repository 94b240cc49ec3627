"""The run folder: layout, atomic parts, progress, results."""

from core.runs.context import Outcome, RunContext
from core.runs.layout import RunFolder, check_unchanged, create_run, delete_run, open_run
from core.runs.parts import collect, finished_keys, list_parts, write_part
from core.runs.progress import append_event, first_start, read_events, read_progress, since_start, working_seconds, write_progress
from core.runs.result import SKIPPED_EMPTY, SKIPPED_MISSING, build_result, has_current_result

__all__ = [
    "SKIPPED_EMPTY",
    "SKIPPED_MISSING",
    "Outcome",
    "RunContext",
    "RunFolder",
    "append_event",
    "build_result",
    "check_unchanged",
    "collect",
    "create_run",
    "delete_run",
    "finished_keys",
    "first_start",
    "has_current_result",
    "list_parts",
    "open_run",
    "read_events",
    "read_progress",
    "since_start",
    "working_seconds",
    "write_part",
    "write_progress",
]
