"""The numbers of the Metrics page, each computed once for a result and what was asked of it, with words while that takes time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st

from core import evaluation
from core.evaluation import slices
from core.evaluation.judging import judge
from core.evaluation.results import (
    Calibration,
    ComparedResults,
    Curves,
    Drift,
    Evaluation,
    EvaluationSpec,
    LabelErrors,
    RowsBehind,
    Slice,
    WorstRows,
)
from core.runs import RunFolder
from core.runs.table_rows import TableRows
from core.settings import Settings
from pages.parts.visit import Visit

KEPT = 20  # results of each kind: frozen numbers of at most some hundred kilobytes
Version = tuple[str, int, int]


def version(path: Path) -> Version:
    """What tells a file from another one, and from itself after a change."""
    state = path.stat()
    return str(path), state.st_mtime_ns, state.st_size


def table_of_run(visit: Visit, run: RunFolder, label: str | None = None) -> tuple[Path, EvaluationSpec]:
    """The table of a run's answers, and which of its columns are what; ``label`` where the run names none of the user's answers."""
    return evaluation.table_of_run(visit.settings, run, label)


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _suggested(file: Version) -> dict[str, str]:
    found = evaluation.suggest_spec(Path(file[0]))
    return dict(found.columns) if found else {}


def suggested(path: Path) -> dict[str, str]:
    """Which columns of a table look like predictions and labels."""
    return _suggested(version(path))


@st.cache_data(show_spinner="Computing the figures…", max_entries=KEPT)
def evaluated(_settings: Settings, file: Version, spec: str) -> Evaluation:
    """All figures of a result.

    Raises:
        SheetformerError: the columns do not fit what was asked.
    """
    return evaluation.evaluate(_settings, Path(file[0]), EvaluationSpec.model_validate_json(spec))


@st.cache_data(show_spinner="Computing the figures of each value…", max_entries=KEPT)
def sliced(_settings: Settings, file: Version, spec: str) -> tuple[Slice, ...]:
    """The figures for each value of the columns in ``slices`` of the spec."""
    path, asked = Path(file[0]), EvaluationSpec.model_validate_json(spec)
    return slices.slices_of(_settings, path, judge(_settings, path, asked))


@st.cache_data(show_spinner=False, max_entries=KEPT)
def first_to_tell(_settings: Settings, file: Version, names: list[str]) -> str | None:
    """The first of these columns whose values have enough rows to be told apart."""
    return slices.first_to_tell(_settings, Path(file[0]), names)


@st.cache_data(show_spinner="Computing the curves…", max_entries=KEPT)
def curves(
    _settings: Settings, file: Version, spec: str, label: str | None = None, threshold: float | None = None, answered: float | None = None
) -> Curves:
    """ROC, precision and recall, thresholds and abstention; of one label, or at a chosen operating point, where these are given."""
    asked = EvaluationSpec.model_validate_json(spec)
    return evaluation.curves(_settings, Path(file[0]), asked, label=label, threshold=threshold, answered_from=answered)


@st.cache_data(show_spinner="Fitting a temperature on one half of the rows…", max_entries=KEPT)
def calibration(_settings: Settings, file: Version, spec: str) -> Calibration:
    """How far confidence can be believed."""
    return evaluation.calibration(_settings, Path(file[0]), EvaluationSpec.model_validate_json(spec))


@st.cache_data(show_spinner="Looking for the worst rows…", max_entries=KEPT)
def worst_rows(_settings: Settings, file: Version, spec: str) -> WorstRows:
    """The rows that are most wrong."""
    return evaluation.worst_rows(_settings, Path(file[0]), EvaluationSpec.model_validate_json(spec))


@st.cache_data(show_spinner="Looking for labels that may be wrong…", max_entries=KEPT)
def label_errors(_settings: Settings, file: Version, spec: str) -> LabelErrors:
    """The rows whose label looks wrong."""
    return evaluation.label_errors(_settings, Path(file[0]), EvaluationSpec.model_validate_json(spec))


@st.cache_data(show_spinner="Comparing the results row by row…", max_entries=KEPT)
def compared(_settings: Settings, first: Version, first_spec: str, second: Version, second_spec: str) -> ComparedResults:
    """Two results on the rows that they share."""
    one, other = (EvaluationSpec.model_validate_json(spec) for spec in (first_spec, second_spec))
    return evaluation.compare_results(_settings, Path(first[0]), one, Path(second[0]), other)


@st.cache_data(show_spinner="Comparing the tables…", max_entries=KEPT)
def drifted(_settings: Settings, train: Version, columns: dict[str, str], new: Version, new_columns: dict[str, str]) -> Drift:
    """How a table differs from the one that the model learned from; columns for text, label, prediction, confidence."""
    return evaluation.drift(_settings, Path(train[0]), Path(new[0]), columns, new_columns)


@st.cache_data(show_spinner="Finding the rows…", max_entries=KEPT)
def rows_behind(_settings: Settings, file: Version, spec: str, behind: str) -> np.ndarray:
    """Numbers of the rows behind a figure, from 0, int64."""
    asked = RowsBehind.model_validate_json(behind)
    return np.asarray(evaluation.rows_behind(_settings, Path(file[0]), EvaluationSpec.model_validate_json(spec), asked), np.int64)


@st.cache_resource(show_spinner=False, scope="session", max_entries=4, on_release=TableRows.close)
def table_rows(_settings: Settings, file: Version) -> TableRows:
    """The rows of a result, kept while this browser looks at them."""
    return TableRows(_settings, Path(file[0]))
