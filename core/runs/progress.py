"""What a run tells while it works: the newest progress, and a list of events."""

from __future__ import annotations

import json
import time
from pathlib import Path

from pydantic import ValidationError

from core.files import write_bytes
from core.runs.layout import RunFolder
from core.schema import Progress

ENDS = frozenset({"done", "failed", "stopped", "crashed"})  # events that end an attempt


def write_progress(run: RunFolder, progress: Progress) -> None:
    write_bytes(run.progress_path, progress.model_dump_json().encode())


def read_progress(run: RunFolder) -> Progress | None:
    """The newest progress, or ``None`` before the first and where it cannot be read."""
    try:
        return Progress.model_validate_json(run.progress_path.read_bytes())
    except (OSError, ValidationError):
        return None


def append_event(run: RunFolder, what: str, **facts: object) -> None:
    """Adds a line to the run's events."""
    append_line(run.events_path, json.dumps({"time": time.time(), "what": what, **facts}, ensure_ascii=True, default=str))


def append_line(path: Path, line: str) -> None:
    """Adds a line to a file. One write of one line: lines of two processes never mix."""
    with path.open("ab+") as file:
        file.seek(max(file.tell() - 1, 0))
        cut = file.read(1) not in (b"", b"\n")  # half a line, as a kill leaves one
        file.write(("\n" * cut + line + "\n").encode("utf-8"))


def working_seconds(events: list[dict], ended: float | None = None) -> float | None:
    """Seconds that the attempts at a run worked, all together; the time between them does not count.

    Args:
        ended: when the last attempt ended, for one that was killed and could not say so; seconds since 1970.

    Returns:
        ``None`` where the end of an attempt is not known.
    """
    total, started = 0.0, None
    for event in events:
        what, moment = event.get("what"), event.get("time")
        if what == "started":
            if started is not None:
                return None
            started = moment
        elif what in ENDS and started is not None:
            total, started = total + max(0.0, moment - started), None
    if started is None:
        return total
    return None if ended is None else total + max(0.0, ended - started)


def first_start(events: list[dict]) -> float | None:
    """When the first attempt began, in seconds since 1970; ``None`` where that is not known."""
    return next((event["time"] for event in events if event.get("what") == "started" and isinstance(event.get("time"), int | float)), None)


def since_start(events: list[dict]) -> list[dict]:
    """The events of the last attempt."""
    starts = [place for place, event in enumerate(events) if event.get("what") == "started"]
    return events[starts[-1] :] if starts else events


def read_events(run: RunFolder) -> list[dict]:
    """All events, oldest first. A line cut by a crash is left out."""
    try:
        lines = run.events_path.read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return []
    events = []
    for line in lines:
        try:
            events.append(json.loads(line))
        except ValueError:
            continue
    return events
