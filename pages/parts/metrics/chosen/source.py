"""A result that the Metrics page looks at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.evaluation.results import EvaluationSpec
from core.runs import RunFolder


@dataclass(frozen=True)
class Source:
    """A result to look at.

    Attributes:
        key: names the result in the address and in the session.
        title: what the user calls it.
        path: the Parquet table with the predictions.
        spec: which of its columns is what.
        run: the folder of the run that made it, ``None`` for an uploaded table.
        table: SHA-256 of the table that was scored, or of the uploaded one; empty for the validation rows of a fine-tune or a search.
        command: what equals it on the command line.
    """

    key: str
    title: str
    path: Path
    spec: EvaluationSpec
    run: RunFolder | None
    table: str
    command: str
