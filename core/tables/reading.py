"""What the readers of all formats share while one file is imported."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from core.schema import ImportChoices
from core.settings import Settings
from core.tables.problems import Problems

REPORT_SECONDS = 0.25
ReportProgress = Callable[[dict], None]


@dataclass
class Reading:
    """One import under way.

    Attributes:
        path: the file to parse, already taken out of its archive.
        scratch: an empty folder of this import's own.
        out: the Parquet file to write.
        facts: fields of the report that the reader knows (``format``, ``encoding``, ``delimiter``, ``sheet`` …).
    """

    settings: Settings
    choices: ImportChoices
    path: Path
    scratch: Path
    out: Path
    problems: Problems
    on_progress: ReportProgress | None = None
    facts: dict = field(default_factory=dict)
    guessed: list[str] = field(default_factory=list)
    _reported: float = 0.0

    def guess(self, choice: str) -> None:
        """Notes that the user did not give ``choice`` and that it was guessed."""
        if choice not in self.guessed:
            self.guessed.append(choice)

    def progress(self, stage: str, rows: int, done: int, total: int) -> None:
        """Reports how far the import is, at most four times a second.

        Args:
            stage: what is being done, as one word.
            rows: rows read so far.
            done: bytes of the file read so far (cells, for workbooks).
            total: bytes (cells) in all.
        """
        now = time.monotonic()
        if self.on_progress is None or now - self._reported < REPORT_SECONDS:
            return
        self._reported = now
        self.on_progress({"stage": stage, "rows": rows, "bytes_done": done, "bytes_total": total})
