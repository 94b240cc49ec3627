"""The figures of a table."""

from __future__ import annotations

from pathlib import Path

from core.evaluation.judging import all_rows, judge
from core.evaluation.kinds.judged import Judged, interval_of
from core.evaluation.results import Evaluation, EvaluationSpec
from core.evaluation.slices import slices_of
from core.evaluation.words import resampled_note
from core.settings import Settings

TOO_FEW = "Only {rows:,} rows could be compared: each figure may be far from what more rows would give."


def evaluate(settings: Settings, path: Path, spec: EvaluationSpec) -> Evaluation:
    """How good the predictions of a table are: figures with intervals, each label, confusions, slices.

    Args:
        path: a Parquet table: the result of a run, or an imported one.

    Raises:
        BadInput: a column that is not there, a task that cannot be measured, or too many labels; the message names the columns.
        NotFound: no such table.
    """
    judged = judge(settings, path, spec)
    figures = judged.figures(all_rows(judged), False)
    compared = int(judged.compared.sum())
    notes = [*judged.notes, *figures.notes]
    if judged.spec.problem != "single":  # of one label a row, figures from counts need no drawing, and the others say so themselves
        notes.append(resampled_note("Where rows differ, ranges come from at most", compared, settings.resampled_rows))
    if 0 < compared < settings.slice_rows:
        notes.append(TOO_FEW.format(rows=compared))
    return Evaluation(
        problem=judged.spec.problem,
        rows=judged.rows,
        compared=compared,
        left_out=judged.left_out,
        metrics={name: interval_of(figure) for name, figure in figures.metrics.items()},
        per_class=figures.per_class,
        confusion=figures.confusion,
        slices=slices_of(settings, path, judged),
        entity_errors=figures.entity_errors,
        unmatched=_first(settings, judged),
        spellings=dict(judged.spellings),
        said=dict(judged.said),
        spec=judged.spec,
        notes=tuple(filter(None, notes)),
    )


def _first(settings: Settings, judged: Judged) -> dict[str, int]:
    """A column of names has as many values as rows: only so many are told."""
    return dict(list(judged.unmatched.items())[: settings.max_unmatched_labels])
