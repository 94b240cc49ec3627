"""The process that reads rows of a data set: limited in memory, and its parts are kept when it is killed."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from core.errors import BadInput, Conflict, HubError, LimitReached, SheetformerError
from core.files import no_room
from core.hub import LATER, broken_connection, one_error
from core.processes import limit_memory
from core.settings import MEGABYTE, Settings
from core.tables.child import memory_error
from core.tables.hub.making import make_table
from core.tables.hub.parts import Parts, parts_folder
from core.tables.hub.rows import Rows
from core.tables.hub.wanted import Wanted, check_access

TELL_SECONDS = 0.5
SHOWN = 300


def main(line: str) -> int:
    """Answers one question; 0 where the answer is no error."""
    settings, asked = Settings(), json.loads(line)
    wanted, token = Wanted.model_validate(asked["wanted"]), asked["token"]
    try:
        import datasets  # before the limit: what libraries reserve when they are loaded is not what the rows need

        datasets.disable_progress_bars()
        limit_memory(settings.import_memory_mb)
        tell(_first(settings, wanted, token, asked["first"]) if "first" in asked else _table(settings, wanted, token, asked["workspace"]))
    except SheetformerError as error:
        tell({"error": error.to_facts()})
        return 1
    except MemoryError:
        tell({"error": memory_error(settings).to_facts()})
        return 1
    except Exception as error:  # whatever the libraries raise, which is many kinds: said in one way
        kept = "" if "first" in asked else "What has come stays: bring it in again and it goes on. "
        tell({"error": (no_room(error, settings.home) or trouble(settings, wanted, token, error, kept)).to_facts()})
        return 1
    return 0


def tell(facts: dict[str, Any]) -> None:
    """Whoever started this reads it. Without a reader it ends this process: nobody waits for the rows."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def trouble(settings: Settings, wanted: Wanted, token: str | None, error: Exception, kept: str = "") -> SheetformerError:
    """What stopped the library, in words: the way to the Hub, or the files. Args: ``kept``: what is not lost by that."""
    what = f"data set {wanted.source.dataset}"
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    if any(isinstance(one, FileNotFoundError) for one in chain):  # so the library also says that somebody may not read it
        return _refusal(settings, wanted, token)
    if (cause := next((one for one in chain if broken_connection(one)), None)) is not None:
        try:
            with one_error(what):
                raise cause
        except HubError as told:
            return HubError(told.expected, told.found, kept + LATER)
    reason = " ".join(str(chain[-1] if str(chain[-1]) else error).split())[:SHOWN]
    return BadInput(
        f"files of {what} that can be read as {wanted.reader}", f"{type(chain[-1]).__name__}: {reason}", "Choose another config or split."
    )


def _refusal(settings: Settings, wanted: Wanted, token: str | None) -> SheetformerError:
    """Why a file that the Hub lists cannot be had."""
    what = f"data set {wanted.source.dataset}"
    try:
        check_access(settings, wanted, token)
    except HubError as told:
        return told
    return HubError(f"the files of {what}", "that one of them is gone", "Search it again: it may have changed.")


def _first(settings: Settings, wanted: Wanted, token: str | None, rows: int) -> dict[str, Any]:
    read = Rows(wanted, token, tries=0)  # somebody waits for the look, and can ask again
    batch = next(read.batches(rows), None)
    if batch is None:
        return {"first": [], "columns": [], "notes": []}
    cells = batch[0].slice(0, rows).to_pylist()
    shown = [{name: _shown(value, settings.max_shown_characters) for name, value in row.items()} for row in cells]
    return {"first": shown, "columns": list(read.columns), "notes": read.notes}


def _shown(value: object, most: int) -> str | int | float | bool | None:
    if value is None or isinstance(value, bool | int):
        return value
    if not isinstance(value, dict | list | float):
        value = str(value)  # a day, as the table has it
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))[:most]


def _table(settings: Settings, wanted: Wanted, token: str | None, workspace: str) -> dict[str, Any]:
    folder = parts_folder(settings, workspace, wanted.key)
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder.with_suffix(".lock"), timeout=0)
    try:
        with lock:
            parts = Parts(settings, folder)
            notes = read_rows(settings, wanted, token, parts)
            tell({"stage": "making the table", "rows": parts.rows, "bytes": parts.size})
            table = make_table(settings, workspace, wanted, parts, notes)
            parts.clear()
    except Timeout:
        raise Conflict("one import of these rows at a time", "another one at work on them", "Wait for it to end.") from None
    Path(lock.lock_file).unlink(missing_ok=True)
    return {"table": table.id, "rows": table.rows, "bytes": parts.size}


def read_rows(settings: Settings, wanted: Wanted, token: str | None, parts: Parts) -> list[str]:
    """Reads until there are as many rows as wanted; what came before is not read again.

    Returns:
        Sentences about what was left out.

    Raises:
        LimitReached: more than ``max_rows``, or than ``max_dataset_mb``; what has come stays.
    """
    most = wanted.source.rows
    tell({"stage": "connecting", "rows": parts.rows, "bytes": parts.size})
    read = Rows(wanted, token, tries=settings.hub_tries)
    if parts.place is not None:
        read.go_on_from(parts.place)
    rows, size, told = parts.rows, parts.size, 0.0
    try:
        if not parts.whole and (most is None or rows < most):
            for batch, place in read.batches():
                parts.add(batch, place)
                rows, size = rows + len(batch), size + batch.nbytes
                _check(settings, rows, size)
                if time.monotonic() - told >= TELL_SECONDS:
                    tell({"stage": "reading", "rows": rows, "bytes": size})
                    told = time.monotonic()
                if most is not None and rows >= most:
                    break
            else:
                parts.flush(whole=True)
    finally:
        parts.flush(whole=parts.whole)
        tell({"stage": "reading", "rows": parts.rows, "bytes": parts.size})
    return read.notes


def _check(settings: Settings, rows: int, size: int) -> None:
    if rows > settings.max_rows:
        raise LimitReached(f"at most {settings.max_rows:,} rows (setting max_rows)", "more", "Bring in only the first rows.")
    if size > settings.max_dataset_mb * MEGABYTE:
        raise LimitReached(
            f"at most {settings.max_dataset_mb:,} MB of a data set (setting max_dataset_mb)",
            f"more in the first {rows:,} rows",
            f"Bring in the first {rows:,} rows or fewer, or fewer columns: what has come is not read again.",
        )
