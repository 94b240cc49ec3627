"""Two results of the same rows beside each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.errors import BadInput
from core.evaluation.columns import Sheet
from core.evaluation.judging import judge
from core.evaluation.kinds.judged import Judged, interval_of
from core.evaluation.results import ComparedResults, EvaluationSpec, Interval
from core.evaluation.words import BY_RIGHT, resampled_note, verdict
from core.metrics.counts import share_figure
from core.metrics.paired import count_pairs, f1_of_sums, mcnemar, paired_difference, paired_figure
from core.settings import Settings

SHOWN = 1_000
OTHER_ROWS = "The tables have {one:,} and {other:,} rows, and no column names the rows of both: nothing says which belong together."
NO_ROWS = "No row has an answer of both."
OTHER_KIND = "One holds {one}, the other {other}: they have no figure in common."
NO_TRUTH = "No row has an answer of yours that both can be measured by: who is right stays open."


def compare_results(
    settings: Settings, first: Path, first_spec: EvaluationSpec, second: Path, second_spec: EvaluationSpec
) -> ComparedResults:
    """Which of two results is better, by McNemar's exact test and the paired bootstrap on the rows that both can be measured by.

    Rows belong together by the columns that both specs name as ``id``, else by their number; by this, too, where both lie in one table.

    Raises:
        BadInput, NotFound: as for :func:`core.evaluation.evaluate`; or a column of ids has one of them twice.
    """
    one, other = judge(settings, first, first_spec), judge(settings, second, second_spec)
    if one.spec.problem != other.spec.problem:
        return ComparedResults(rows=0, why_not=OTHER_KIND.format(one=one.spec.problem, other=other.spec.problem))
    pairs = _pairs(first, first_spec, one, second, second_spec, other)
    if pairs is None:
        return ComparedResults(rows=0, why_not=OTHER_ROWS.format(one=one.rows, other=other.rows))
    here, there = (places[one.compared[pairs[0]] & other.compared[pairs[1]]] for places in pairs)
    if not len(here):
        return ComparedResults(rows=0, why_not=NO_TRUTH if len(pairs[0]) else NO_ROWS)
    same_truth = np.array([_same(*both) for both in zip(one.cells(here)[0], other.cells(there)[0], strict=True)], bool)
    notes = () if same_truth.all() else (f"{int((~same_truth).sum()):,} rows are left out: the two have another truth for them.",)
    here, there = here[same_truth], there[same_truth]
    if not len(here):
        return ComparedResults(rows=0, why_not=NO_TRUTH)
    return _compared(settings, one, other, here, there, max(first_spec.seed, second_spec.seed), notes)


def _same(one: str | None, other: str | None) -> bool:
    return (one or "").strip() == (other or "").strip()


def _pairs(
    first: Path, first_spec: EvaluationSpec, one: Judged, second: Path, second_spec: EvaluationSpec, other: Judged
) -> tuple[np.ndarray, np.ndarray] | None:
    """Rows of the first and the second table that belong together; ``None`` where nothing says so."""
    if first != second and "id" in first_spec.columns and "id" in second_spec.columns:
        here, there = _ids(first, first_spec.columns["id"]), _ids(second, second_spec.columns["id"])
        both = [(row, there[name]) for name, row in here.items() if name in there]
        found = np.array(both, np.int64).reshape(-1, 2)
        return found[:, 0], found[:, 1]
    rows = np.arange(one.rows)
    return (rows, rows) if one.rows == other.rows else None


def _ids(path: Path, column: str) -> dict[str, int]:
    """The row of each id.

    Raises:
        BadInput: two rows have the same one, or none: nobody could say which of them is meant.
    """
    found: dict[str, int] = {}
    for row, cell in enumerate(Sheet.open(path).texts(column)):
        name = (cell or "").strip()
        if (before := found.setdefault(name, row)) != row:
            said = f"{name[:60]!r}" if name else "a blank cell"
            raise BadInput(
                f"an id of its own for each row in {column!r}",
                f"{said} in row {before + 1:,} and in row {row + 1:,}",
                "Name another column as id, or none: without one, tables of equally many rows are compared row by row.",
            )
    return found


def _compared(
    settings: Settings, one: Judged, other: Judged, here: np.ndarray, there: np.ndarray, seed: int, notes: tuple[str, ...]
) -> ComparedResults:
    differences = {}
    for name in one.scores:
        if name in other.scores:
            first, second = one.scores[name][here], other.scores[name][there]
            known = np.isfinite(first).reshape(len(here), -1).all(1) & np.isfinite(second).reshape(len(here), -1).all(1)
            if known.any():
                differences[name] = _difference(first[known], second[known], seed, settings.resampled_rows)
    found = {"differences": differences, "mcnemar": None}
    counts: dict[str, object] = {}
    if one.right is not None and other.right is not None:
        first, second = one.right[here] > 0, other.right[there] > 0
        pairs = count_pairs(first, second)
        found["mcnemar"] = mcnemar(pairs.fixed, pairs.broken)
        rows = {"fixed_rows": here[~first & second], "broken_rows": here[first & ~second]}
        counts = {**pairs._asdict(), **{name: tuple(places[:SHOWN].tolist()) for name, places in rows.items()}}
    return ComparedResults(
        rows=len(here),
        compared=len(here),
        agreement=_agreement(one, other, here, there),
        mcnemar=found["mcnemar"],
        differences={name: interval_of(figure) for name, figure in differences.items()},
        sentences=(*(verdict(found, name) for name in differences), *notes, *_drawn(settings, differences)),
        **counts,
    )


def _drawn(settings: Settings, differences: dict) -> tuple[str, ...]:
    """That fewer rows were resampled than there are, where any figure but right and wrong answers was."""
    rows = max((figure["n"] for name, figure in differences.items() if name not in BY_RIGHT), default=0)
    return tuple(filter(None, [resampled_note("Where rows differ, ranges come from at most", rows, settings.resampled_rows)]))


def _difference(first: np.ndarray, second: np.ndarray, seed: int, limit: int) -> dict:
    if first.ndim == 1:
        return paired_difference(first, second, seed, limit=limit)
    return paired_figure(first, second, f1_of_sums, seed, limit=limit)


def _agreement(one: Judged, other: Judged, here: np.ndarray, there: np.ndarray) -> Interval | None:
    """How often both say the same; numbers never do."""
    if one.right is None:
        return None
    same = sum(_same(*both) for both in zip(one.cells(here)[1], other.cells(there)[1], strict=True))
    return interval_of(share_figure(same, len(here)))
