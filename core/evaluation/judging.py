"""From a table and a spec to rows that are judged, whatever kind of answers they hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from core import tasks
from core.errors import BadInput
from core.evaluation.columns import Coded, Sheet
from core.evaluation.kinds import amounts, answers, entities, one, several, surprisal, texts
from core.evaluation.kinds.judged import Judged
from core.evaluation.results import EvaluationSpec, LeftOut, Problem
from core.metrics.label_cells import has_fraction, number_in, read_cell
from core.settings import Settings
from core.tasks.labels import SEPARATOR

JUDGES: MappingProxyType[str, Callable[[Settings, Sheet, EvaluationSpec], Judged]] = MappingProxyType(
    {
        "single": one.judge,
        "multi": several.judge,
        "regression": amounts.judge,
        "entities": entities.judge,
        "answers": answers.judge,
        "texts": texts.judge,
        "perplexity": surprisal.judge,
    }
)
PROBLEMS: MappingProxyType[str, Problem] = MappingProxyType(
    {
        "token-classification": "entities",
        "question-answering": "answers",
        "summarization": "texts",
        "translation": "texts",
        "text2text-generation": "texts",
        "text-generation": "texts",
    }
)
"""Kind of answers of the tasks that have only one."""

HEADS: MappingProxyType[str, Problem] = MappingProxyType(
    {"single": "single", "raw": "single", "multi": "multi", "regression": "regression", "score": "regression"}
)
"""Kind of answers by the kind of a model's head."""

HIDDEN = "Not among the rows that were asked for"
MANY_NUMBERS = 20
"""Different whole numbers from which on they are amounts, not labels."""


def judge(settings: Settings, path: Path, spec: EvaluationSpec) -> Judged:
    """Reads a table and compares its predictions with the user's answers.

    Raises:
        BadInput: a column that the spec names is missing, the task is none, or the task has nothing to compare.
    """
    task = tasks.get(spec.task)
    sheet = Sheet.open(path)
    problem = spec.problem or _problem(sheet, spec)
    if problem != "perplexity":
        for part in ("prediction", "label"):
            if part not in spec.columns:
                raise BadInput(
                    f"a column for {part}", f"the columns {', '.join(spec.columns) or 'none'}", f"Name the column of the {part}."
                )
    if not task.truth_roles and problem != "perplexity":
        known = ", ".join(each.name for each in tasks.all_tasks() if each.truth_roles)
        raise BadInput(f"a task whose answers can be measured: {known}", spec.task, "Choose one of these.")
    judged = JUDGES[problem](settings, sheet, spec)
    return _narrowed(sheet, judged) if spec.only else judged


def _problem(sheet: Sheet, spec: EvaluationSpec) -> Problem:
    """What kind of answers these are: by the task, else by the cells."""
    if "surprisal" in spec.columns:
        return "perplexity"
    if spec.task in PROBLEMS:
        return PROBLEMS[spec.task]
    if "label" not in spec.columns or "prediction" not in spec.columns:
        return "single"
    truth, said = sheet.coded(spec.columns["label"]), sheet.coded(spec.columns["prediction"])
    if _are_numbers(said) and _are_numbers(truth) and (_are_amounts(said) or _are_amounts(truth)):
        return "regression"
    separator = spec.separator or SEPARATOR.strip()
    lists = any(read_cell(value).is_list for column in (truth, said) for value in column.values)
    return "multi" if lists or any(separator in value for value in said.values) else "single"


def _are_numbers(column: Coded) -> bool:
    filled = [value.strip() for value in column.values if value.strip()]
    return bool(filled) and all(number_in(value) is not None for value in filled)


def _are_amounts(column: Coded) -> bool:
    return len(column.values) > MANY_NUMBERS or any(has_fraction(value) and not value.strip().endswith(".0") for value in column.values)


def all_rows(judged: Judged) -> np.ndarray:
    """The number of each row that was asked for."""
    return np.flatnonzero(judged.compared) if judged.spec.only else np.arange(judged.rows)


def _narrowed(sheet: Sheet, judged: Judged) -> Judged:
    """Only the rows that the spec asks for count."""
    kept = np.ones(judged.rows, bool)
    for column, cells in judged.spec.only.items():
        coded, wanted = sheet.coded(column), set(cells)
        found = coded.mapped([int(value in wanted) for value in coded.values])
        kept &= (found == 1) | ((found < 0) & (None in wanted))

    def known(values: np.ndarray) -> np.ndarray:
        return np.where(kept if values.ndim == 1 else kept[:, None], values, np.nan)

    hidden = int(np.count_nonzero(judged.compared & ~kept))
    return replace(
        judged,
        compared=judged.compared & kept,
        left_out=(*judged.left_out, *([LeftOut(reason=HIDDEN, rows=hidden)] if hidden else [])),
        right=None if judged.right is None else known(judged.right),
        loss=known(judged.loss),
        scores={name: known(values) for name, values in judged.scores.items()},
    )
