"""The command that equals an evaluation."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from core.evaluation.judging import PROBLEMS
from core.evaluation.results import EvaluationSpec
from core.inference.command import import_flags, option, positional
from core.schema import TableSource

START = ("python", "-m", "core", "evaluate")


def command_of_run(run_id: str, label: str | None = None) -> str:
    """``python -m core evaluate RUN``, with ``--label`` where the run names no column of the user's own answers."""
    return shlex.join([*START, run_id, *(option("--label", label) if label is not None else [])])


def command_of_table(table: TableSource, spec: EvaluationSpec, suggested: Mapping[str, str]) -> str:
    """``python -m core evaluate FILE ...``, quoted for a POSIX shell.

    Args:
        suggested: the columns that the command finds by their names.
    """
    words = [*START, positional(table.shown), *import_flags(table.choices), "--task", spec.task]
    words += ["--problem", spec.problem] if spec.problem and spec.task not in PROBLEMS else []
    for part, column in spec.columns.items():
        if part in ("prediction", "label"):
            words += option(f"--{part}", column)
        elif suggested.get(part) != column:
            words += ["--column", f"{part}={column}"]
    return shlex.join(words)
