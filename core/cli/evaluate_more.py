"""What ``evaluate`` tells beyond the figures, each only where it was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import evaluation
from core.cli.files import read_table
from core.errors import BadInput
from core.evaluation.results import Calibration, Curves, Drift, EvaluationSpec, Interval, LabelErrors, WorstRows
from core.evaluation.versions import save_temperature
from core.runs import RunFolder
from core.schema import ImportChoices
from core.settings import Settings
from core.tables.problems import number_of
from core.workspaces import LOCAL

SCORES = ("text", "prediction", "confidence", "label")
MOST_LETTERS = 60
TRAIN_CHOICES = ImportChoices()  # the training table is read as it looks


@dataclass(frozen=True)
class More:
    """What was asked for.

    Args:
        worst: how many of the worst rows.
        label_errors: how many of the labels that look wrong.
        train: a table to tell drift from: a path, or an address of the Hub; empty for none.
        save: whether the temperature is to be saved as a new version of the adapter.
    """

    calibration: bool = False
    curves: bool = False
    worst: int = 0
    label_errors: int = 0
    train: str = ""
    save: bool = False


def look(settings: Settings, path: Path, spec: EvaluationSpec, more: More, run: RunFolder | None) -> dict[str, Any]:
    """Each answer under its name in the JSON.

    Args:
        spec: as :func:`core.evaluation.evaluate` has completed it.

    Raises:
        BadInput: a temperature is to be saved that there is none of, or with no adapter's result.
    """
    found: dict[str, Any] = {}
    if more.calibration or more.save:
        found["calibration"] = evaluation.calibration(settings, path, spec)
    if more.curves:
        found["curves"] = evaluation.curves(settings, path, spec)
    if more.worst:
        found["worst_rows"] = evaluation.worst_rows(settings, path, spec, more.worst)
    if more.label_errors:
        found["label_errors"] = evaluation.label_errors(settings, path, spec, limit=more.label_errors)
    if more.train:
        found["drift"] = _drift(settings, path, spec, more.train)
    if more.save:
        found["saved"] = _saved(settings, spec, run, found["calibration"])
    return found


def _saved(settings: Settings, spec: EvaluationSpec, run: RunFolder | None, found: Calibration) -> str:
    if run is None:
        raise BadInput("the id of a run that an adapter made", "a file", "Score the table with the adapter, and evaluate the run.")
    if found.temperature is None:
        why = " ".join(filter(None, [found.why_not, *found.notes])) or "none"
        raise BadInput("rows that a temperature can be fitted on", why, "Score more rows, with all probabilities.")
    return save_temperature(settings, LOCAL, run, spec, found.temperature)


def _drift(settings: Settings, path: Path, spec: EvaluationSpec, train: str) -> Drift:
    """Columns of the training table go by the same names, or by what its own names suggest."""
    table = read_table(settings, train, TRAIN_CHOICES)
    suggested = evaluation.suggest_spec(table.path)
    columns = dict(suggested.columns) if suggested is not None else {}
    columns |= {part: name for part, name in spec.columns.items() if name in table.columns}
    return evaluation.drift(settings, table.path, path, _scores(columns), _scores(spec.columns))


def _scores(columns: dict[str, str]) -> dict[str, str]:
    return {part: name for part, name in columns.items() if part in SCORES}


def describe(found: dict[str, Any]) -> list[str]:
    """The answers in lines for people."""
    lines: list[str] = []
    for name, words in TOLD.items():
        if name in found:
            lines += ["", *words(found[name])]
    return lines


def _calibration(found: Calibration) -> Iterable[str]:
    yield "Calibration"
    yield from _indented(found.why_not or found.sentence, found.temperature.sentence if found.temperature else "", *found.notes)


def _curves(found: Curves) -> Iterable[str]:
    yield "Thresholds"
    yield from _indented(found.why_not, found.abstention.sentence if found.abstention else "")
    for roc, precision, threshold in zip(found.roc, found.precision_recall, found.thresholds, strict=True):
        yield f"  {roc.label}: ROC AUC {_figure(roc.area)}, average precision {_figure(precision.area)}"
        yield f"    {threshold.sentence}"
    yield from _indented(*found.notes)


def _worst(found: WorstRows) -> Iterable[str]:
    yield f"Worst rows, in order of: {found.measure}; {number_of(found.wrong, 'row')} wrong in all"
    yield from _indented(found.why_not)
    for row in found.rows:
        yield f"  row {row.row + 1}: {_cut(row.truth)} taken for {_cut(row.prediction)}, {row.loss:.4f}"


def _label_errors(found: LabelErrors) -> Iterable[str]:
    yield f"Labels that may be wrong: {found.found:,} of {found.checked:,} checked"
    yield from _indented(found.why_not, *found.notes)
    for row in found.rows:
        yield f"  row {row.row + 1}: {row.label} ({row.probability:.3f}), rather {row.suggested} ({row.suggested_probability:.3f})"


def _drifted(found: Drift) -> Iterable[str]:
    yield f"Drift: {found.sentence}"
    yield from _indented(*(f"{each.title}, {each.size}: {each.sentence}" for each in found.findings), *found.notes)


def _indented(*sentences: str) -> list[str]:
    return [f"  {sentence}" for sentence in sentences if sentence]


def _cut(text: str) -> str:
    """The start of an answer: some are as long as a page."""
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}…"


def _figure(figure: Interval) -> str:
    if figure.value is None:
        return "-"
    return f"{figure.value:.3f}" + (f" ({figure.low:.3f} to {figure.high:.3f})" if figure.low is not None else "")


TOLD = {
    "calibration": _calibration,
    "curves": _curves,
    "worst_rows": _worst,
    "label_errors": _label_errors,
    "drift": _drifted,
    "saved": lambda reference: [f"Saved as {reference}"],
}
