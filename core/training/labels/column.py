"""The label column of a table as targets of a training: one label a row, several, or a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.errors import BadInput, LimitReached
from core.metrics.label_cells import MISSING_NUMBER, LabelCell, has_fraction, natural_order, number_in, read_cell
from core.schema.training import Problem
from core.settings import MEGABYTE, Settings
from core.tables.problems import number_of
from core.tasks.labels import SEPARATOR
from core.training.labels.separators import guess_separator
from core.training.words import quoted, quoted_few, rows_named

SINGLE, MULTI, REGRESSION = "single_label_classification", "multi_label_classification", "regression"
FEW_NUMBERS = 20  # distinct numbers up to which a column of decimals may still be classes: grades, stars in halves
INFINITE = ("inf", "infinity", "∞")
UNLABELLED = -1
NAME_IT = "Say what stands between the labels of a cell, or rename these."
OTHER_COLUMN = "Choose another label column, or correct the table and import it again."


@dataclass(frozen=True, eq=False)
class Labels:
    """What a training shall learn to say, row by row of the table.

    Attributes:
        problem: transformers' ``problem_type``; never ``auto``.
        names: the labels as the user spells them, trimmed, in natural order; empty for regression.
        targets: int64 ``[rows]`` (single label, -1 where unlabelled), float32 ``[rows, labels]`` of 0 and 1 (several labels) or
            float32 ``[rows]`` (regression, NaN where unlabelled).
        labelled: bool ``[rows]``.
        asked: the problem that was chosen, or ``auto``.
        separator: what stands between several labels in one cell; empty where nothing does.
        guessed: whether the cells alone tell the separator.
    """

    problem: Problem
    names: tuple[str, ...]
    targets: np.ndarray
    labelled: np.ndarray
    asked: Problem = "auto"
    separator: str = ""
    guessed: bool = False

    def counts(self, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """int64 ``[labels]``: of the rows given, how many have each label. Empty for regression."""
        chosen = self.targets[rows]
        if self.problem == MULTI:
            return chosen.sum(axis=0, dtype=np.float64).astype(np.int64)
        if self.problem == REGRESSION:
            return np.zeros(0, np.int64)
        return np.bincount(chosen[chosen >= 0], minlength=len(self.names))

    def said_of(self, row: int) -> str:
        """What the table says of a row, for a sentence."""
        if not self.labelled[row]:
            return "nothing"
        if self.problem == REGRESSION:
            return f"{self.targets[row]:g}"
        if self.problem == SINGLE:
            return quoted(self.names[self.targets[row]])
        return quoted_few(self.names[place] for place in np.flatnonzero(self.targets[row])) or "no label"


def read_labels(settings: Settings, cells: Sequence[str | None], *, problem: Problem = "auto", separator: str = "") -> Labels:
    """Reads a label column.

    Args:
        settings: the limits.
        cells: the column as texts, ``None`` where missing; a list is JSON text.
        problem: ``auto`` takes several labels where a separator is given, a list holds two, or all cells are lists; a number where
            every cell is one, one at least with a decimal point or exponent, and more than 20 differ; else one label a row.
        separator: what stands between several labels in one cell. A cell that is a list is read as one without it. Where several
            labels are chosen without it, it is guessed from the cells.

    Raises:
        BadInput: there is no label, or one label only, or the cells do not fit the problem.
        LimitReached: more labels than ``max_model_labels``, or targets larger than ``max_target_mb``.
    """
    separator = separator.strip() or separator
    distinct = dict.fromkeys(cells)
    guessed = "" if separator or problem != MULTI else guess_separator(distinct)
    separator = separator or guessed
    read = {cell: read_cell(cell, separator if problem in ("auto", MULTI) else "") for cell in distinct}
    _without_missing_numbers(read)
    if not any(cell.labels is not None for cell in read.values()):
        raise BadInput("a label column with at least two labels", "no label in any row", OTHER_COLUMN)
    chosen = _problem_of(read, separator) if problem == "auto" else problem
    readers: dict[str, Callable[..., Labels]] = {SINGLE: _one_label, MULTI: _several_labels, REGRESSION: _numbers}
    labels = readers[chosen](settings, cells, read)
    return replace(labels, asked=problem, separator=separator if chosen == MULTI else "", guessed=bool(guessed))


def _without_missing_numbers(read: dict[str | None, LabelCell]) -> None:
    """Among numbers ``nan`` is how tables write a missing one, not a label."""
    words = {label for cell in read.values() for label in cell.labels or ()}
    missing = {word for word in words if word.casefold() == MISSING_NUMBER}
    if missing and all(number_in(word) is not None for word in words - missing):
        for text, cell in read.items():
            if cell.labels and missing.issuperset(cell.labels):
                read[text] = LabelCell(None)


def _problem_of(read: Mapping[str | None, LabelCell], separator: str) -> Problem:
    filled = [cell for cell in read.values() if cell.labels is not None]
    if separator or any(len(cell.labels) > 1 for cell in filled) or all(cell.is_list for cell in filled):
        return MULTI
    return REGRESSION if _are_measurements({label for cell in filled for label in cell.labels}) else SINGLE


def _are_measurements(words: set[str]) -> bool:
    """Whether labels are numbers that somebody measured rather than names of classes."""
    finite = {word for word in words if not _is_infinite(word)}  # one measurement that ran over makes no classes of the others
    numbers = all(number_in(word) is not None for word in finite)
    return numbers and any(has_fraction(word) for word in finite) and len({float(word) for word in finite}) > FEW_NUMBERS


def _is_infinite(word: str) -> bool:
    return word.lstrip("+-").casefold() in INFINITE


def _one_label(settings: Settings, cells: Sequence[str | None], read: Mapping[str | None, LabelCell]) -> Labels:
    several = [row for row, cell in enumerate(cells) if len(read[cell].labels or ()) > 1]
    if several:
        raise BadInput(
            "one label in each cell", f"several in {rows_named(several)}", f'Choose "several labels a row" ({MULTI}), or correct the cells.'
        )
    names = _names_of(settings, read)
    place = {name: number for number, name in enumerate(names)}
    target = {text: place[cell.labels[0]] if cell.labels else UNLABELLED for text, cell in read.items()}
    targets = np.fromiter((target[cell] for cell in cells), np.int64, len(cells))
    return Labels(SINGLE, names, targets, targets >= 0)


def _several_labels(settings: Settings, cells: Sequence[str | None], read: Mapping[str | None, LabelCell]) -> Labels:
    names = _names_of(settings, read)
    size = len(cells) * len(names) * np.dtype(np.float32).itemsize / MEGABYTE
    if size > settings.max_target_mb:
        raise LimitReached(
            f"targets of at most {settings.max_target_mb:,} MB (max_target_mb)",
            f"{size:,.0f} MB for {len(cells):,} rows with {len(names):,} labels",
            "Merge rare labels, take fewer rows, or ask the administrator to raise the limit.",
        )
    joined = [name for name in names if SEPARATOR in name]
    if joined:
        found = f"{quoted_few(joined)}, read as {'one' if len(joined) == 1 else 'one each'}"
        raise BadInput(f"labels without {quoted(SEPARATOR)}, which stands between the labels of an answer", found, NAME_IT)
    place = {name: number for number, name in enumerate(names)}
    marks = {text: [place[label] for label in cell.labels or ()] for text, cell in read.items()}
    targets = np.zeros((len(cells), len(names)), np.float32)
    for row, cell in enumerate(cells):
        targets[row, marks[cell]] = 1
    return Labels(MULTI, names, targets, np.array([read[cell].labels is not None for cell in cells], bool))


def _names_of(settings: Settings, read: Mapping[str | None, LabelCell]) -> tuple[str, ...]:
    """The labels in natural order, once they are known to be classes that a model can hold."""
    words = {label for cell in read.values() for label in cell.labels or ()}
    if _are_measurements(words):
        raise BadInput(
            "labels that are classes",
            f"{len(words):,} different numbers with decimals, such as {quoted_few(sorted(words, key=natural_order), 3)}",
            "Choose regression to learn the number, or a label column with classes.",
        )
    if len(words) > settings.max_model_labels:
        raise LimitReached(
            f"at most {settings.max_model_labels:,} labels (max_model_labels)",
            f"{number_of(len(words), 'different label')}, such as {quoted_few(sorted(words)[:3])}",
            "Choose a column with fewer labels, merge rare ones, or ask the administrator to raise the limit.",
        )
    if len(words) < 2:
        found = f"one label only, {quoted(words.pop())}" if words else "empty lists only"
        raise BadInput("a label column with at least two labels", found, OTHER_COLUMN)
    return tuple(sorted(words, key=natural_order))


def _numbers(settings: Settings, cells: Sequence[str | None], read: Mapping[str | None, LabelCell]) -> Labels:
    values: dict[str | None, float] = {}
    unread = set()
    for text, cell in read.items():
        value = number_in(cell.labels[0]) if cell.labels and len(cell.labels) == 1 else None
        values[text] = np.nan if value is None else value
        if value is None and cell.labels is not None:
            unread.add(text)
    if unread:
        rows = [row for row, cell in enumerate(cells) if cell in unread]
        raise BadInput(
            "a number with a decimal point in every labelled cell",
            f"{quoted(str(cells[rows[0]]))} and the like in {rows_named(rows)}",
            "Correct the cells (1234.5, without other marks), or choose classification.",
        )
    targets = np.fromiter((values[cell] for cell in cells), np.float32, len(cells))
    labelled = ~np.isnan(targets)
    if len(np.unique(targets[labelled])) < 2:
        raise BadInput("numbers that differ", f"only {targets[labelled][0]:g}", OTHER_COLUMN)
    return Labels(REGRESSION, (), targets, labelled)
