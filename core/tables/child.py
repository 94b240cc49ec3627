"""The process that parses one file: ``python -m core.tables FOLDER``. Limited in memory and time, and worthless when killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
from pathlib import Path

from core.errors import BadInput, LimitReached, SheetformerError
from core.files import no_room, write_json
from core.processes import limit_memory
from core.schema import ImportChoices
from core.settings import Settings
from core.tables.parse import parse
from core.tables.store import add_table

REQUEST, PROGRESS, DONE, ERROR, SOURCE = "request.json", "progress.json", "done.json", "error.json", "source"
GRACE_SECONDS = 3


def main(folder: Path) -> int:
    """Works on the request in ``folder`` and leaves ``done.json`` or ``error.json`` there.

    Returns:
        0 when the table is in the store, else 1.
    """
    settings = Settings()
    request = json.loads((folder / REQUEST).read_bytes())
    limit_memory(settings.import_memory_mb)
    limit_time(folder, settings)
    scratch = folder / "scratch"
    scratch.mkdir()
    try:
        parquet, report = parse(
            settings,
            Path(request["source"]),
            request["name"],
            ImportChoices.model_validate(request["choices"]),
            scratch,
            lambda progress: write_progress(folder, progress),
        )
        table = add_table(settings, request["workspace"], parquet, report, request["name"])
    except SheetformerError as error:
        write_error(folder, error)
        return 1
    except MemoryError:
        write_error(folder, memory_error(settings))
        return 1
    except OSError as error:
        told = no_room(error, settings.home) or BadInput("a file that can be read", str(error), "Check the file and the free space.")
        write_error(folder, told)
        return 1
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        (folder / SOURCE).unlink(missing_ok=True)
    write_json(folder / DONE, {"table": table.id})
    return 0


def limit_time(folder: Path, settings: Settings) -> None:
    """Ends this process after ``import_seconds``: with a message, or by a signal where a library does not let go."""

    def end() -> None:
        write_error(folder, time_error(settings))
        os._exit(1)

    timer = threading.Timer(settings.import_seconds, end)
    timer.daemon = True
    timer.start()
    signal.alarm(settings.import_seconds + GRACE_SECONDS)  # its default action ends the process whatever it does


def time_error(settings: Settings) -> LimitReached:
    """The error for an import that takes longer than it may."""
    return LimitReached(
        f"an import within {settings.import_seconds:,} seconds (setting import_seconds)",
        "one that takes longer",
        "Split the file, save it as Parquet, or ask the administrator to raise the setting.",
    )


def write_progress(folder: Path, progress: dict) -> None:
    """Tells pollers how far the import is."""
    write_json(folder / PROGRESS, {**progress, "time": time.time()}, durable=False)


def write_error(folder: Path, error: SheetformerError) -> None:
    """Leaves an error for pollers, who raise it again."""
    write_json(folder / ERROR, error.to_facts())


def memory_error(settings: Settings) -> LimitReached:
    """The error for a file that needs more memory than it may."""
    return LimitReached(
        f"a file that can be imported in {settings.import_memory_mb:,} MB of memory (setting import_memory_mb)",
        "that it needs more",
        "Split the file, save it as CSV or Parquet, or ask the administrator to raise the setting.",
    )
