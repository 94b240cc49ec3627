"""Only the rows that were asked for count: every figure is that of a table without the others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.evaluation import EvaluationSpec, calibration, compare_results, curves, evaluate, label_errors, rows_behind, worst_rows
from core.evaluation.results import RowsBehind
from tests.unit.evaluation.conftest import reviews
from tests.unit.evaluation.test_rows import turned

SPEC = EvaluationSpec(columns={"prediction": "prediction", "label": "label"})


def test_every_number_is_that_of_these_rows(settings, write) -> None:
    frame = reviews(300).assign(city=lambda table: table["city"].str.strip())
    kept = frame["city"] == "Rome"
    some, whole = SPEC.model_copy(update={"only": {"city": ("Rome",)}, "slices": ("city",)}), write(frame)
    narrow, alone = evaluate(settings, whole, some), evaluate(settings, write(frame[kept]), SPEC)
    assert narrow.metrics == alone.metrics and narrow.per_class == alone.per_class and narrow.confusion == alone.confusion
    assert (narrow.rows, narrow.compared, narrow.left_out[-1].rows) == (300, kept.sum(), 300 - kept.sum())
    assert [each.rows for each in narrow.slices if each.rows] == [kept.sum()]
    assert curves(settings, whole, some).roc == curves(settings, write(frame[kept]), SPEC).roc
    assert calibration(settings, whole, some).reliability.rows == kept.sum()
    assert set(rows_behind(settings, whole, some, RowsBehind(right=False))) == set(
        frame.index[kept & (frame["label"] != frame["prediction"])]
    )
    assert all(frame["city"][each.row] == "Rome" for each in worst_rows(settings, whole, some).rows)
    assert compare_results(settings, whole, some, whole, SPEC).compared == kept.sum()


def test_labels_of_other_rows_are_not_looked_at(settings, write) -> None:
    frame = turned()[0].assign(city=["Rome", "Oslo"] * 200)
    some = SPEC.model_copy(update={"only": {"city": ("Rome",)}, "out_of_sample": True})
    right = np.random.default_rng(0).normal(size=(400, 6))
    features = [None, (write({"prediction": list(right)}), "prediction")]
    for vectors in features:
        found = label_errors(settings, write(frame), some, features=vectors)
        assert found.checked == 200 and found.rows and all(frame["city"][each.row] == "Rome" for each in found.rows)


def test_cells_that_are_missing_can_be_asked_for(settings, write) -> None:
    frame = reviews(60).assign(city=["Rome", None, ""] * 20)
    for cells, rows in (((None,), 20), (("", None), 40), (("Ulm",), 0)):
        assert evaluate(settings, write(frame), SPEC.model_copy(update={"only": {"city": cells}})).compared == rows


@pytest.mark.parametrize(
    ("task", "table"),
    [
        ("text-classification", {"label": ["a; b", "a", "c", "b"], "prediction": ["a; b", "b", "c", "b; c"]}),
        ("text-classification", {"label": [1.5, 2.5, 3.5, 1.0], "prediction": [1.5, 9.0, 3.0, 1.5]}),
        ("question-answering", {"label": ["so be", "c", "d", "e f"], "prediction": ["so", "x", "d", "f"]}),
        ("summarization", {"label": ["a b", "c", "d", "e f"], "prediction": ["a b", "x", "d e", "f"]}),
        ("token-classification", {"label": [["B-X"], ["O", "B-X"], ["B-X"], ["O"]], "prediction": [["B-X"], ["B-X", "O"], ["O"], ["O"]]}),
    ],
)
def test_every_kind_of_answers(settings, write, task: str, table: dict) -> None:
    frame, spec = pd.DataFrame(table).assign(part=["x", "x", "x", "y"]), SPEC.model_copy(update={"task": task})
    whole, alone = evaluate(settings, write(frame), spec), evaluate(settings, write(frame.head(3)), spec)
    narrow = evaluate(settings, write(frame), spec.model_copy(update={"only": {"part": ("x",)}}))
    assert narrow.metrics.keys() == alone.metrics.keys() and narrow.compared == alone.compared == 3 and whole.compared == 4
    values, expected = ({name: figure.value for name, figure in each.metrics.items()} for each in (narrow, alone))
    assert values == pytest.approx(expected, nan_ok=True)
