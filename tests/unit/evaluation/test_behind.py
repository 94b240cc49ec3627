"""Every number leads to its rows."""

from __future__ import annotations

import numpy as np
import pytest

from core.evaluation import EvaluationSpec, as_filters, calibration, evaluate, rows_behind, spec_of_run
from core.evaluation.results import RowsBehind
from core.runs.query import ResultQuery
from tests.unit.evaluation.conftest import LABELS, reviews

SPEC = EvaluationSpec(columns={"prediction": "prediction", "label": "label"}, slices=("city", "age"))


def test_cells_slices_and_bins_count_the_rows_behind_them(settings, write) -> None:
    frame = reviews(300)
    frame.loc[:3, ["label", "city", "prediction"]] = [
        ["GOOD", None, "good"],
        [None, "Rome", "good"],
        ["bad", "", "bad"],
        ["bad", "Rome", None],
    ]
    table = write(frame)
    found = evaluate(settings, table, SPEC)
    for i, truth in enumerate(LABELS):
        for j, said in enumerate(LABELS):
            assert len(rows_behind(settings, table, SPEC, RowsBehind(truth=truth, prediction=said))) == found.confusion.counts[i][j]
    for each in found.slices:
        assert len(rows_behind(settings, table, SPEC, each.behind)) == each.rows, each
    bins = calibration(settings, table, SPEC).reliability
    for each in (*bins.width, *bins.mass):
        assert len(rows_behind(settings, table, SPEC, each.behind)) == each.rows, each
    wrong = rows_behind(settings, table, SPEC, RowsBehind(right=False))
    assert len(wrong) == round((1 - found.metrics["accuracy"].value) * found.compared)
    assert rows_behind(settings, table, SPEC, RowsBehind(truth="no such label")).tolist() == []


def test_filters_of_a_run_keep_the_same_rows(settings, scored) -> None:
    frame = reviews(60)
    frame.loc[:2, "label"] = ["GOOD ", "splendid", "bad"]
    frame.loc[40:44, "city"] = [None, "", None, "", "Bonn"]
    outputs = {name: frame.pop(name).tolist() for name in ("prediction", *(f"p_{label}" for label in LABELS))}
    outputs["confidence"] = np.max([outputs[f"p_{label}"] for label in LABELS], axis=0).tolist()
    run = scored(frame, outputs, labels=LABELS)
    spec = spec_of_run(settings, run, slices=("city",))
    found, query = evaluate(settings, run.result_path, spec), ResultQuery(settings, run)
    asked = [RowsBehind(truth=truth, prediction=said) for truth in LABELS for said in LABELS]
    asked += [RowsBehind(truth="good", confidence=(0.4, 0.7))]
    for behind in asked:
        rows = rows_behind(settings, run.result_path, spec, behind)
        assert query.numbers(as_filters(found, behind)).tolist() == rows.tolist()
    assert as_filters(found, RowsBehind(right=False)) is None
    for cells in (("Rome",), ("Ulm", " Oslo "), ("", None)):
        some = spec.model_copy(update={"only": {"city": cells}})
        found, behind = evaluate(settings, run.result_path, some), RowsBehind(truth="good")
        assert query.numbers(as_filters(found, behind)).tolist() == rows_behind(settings, run.result_path, some, behind).tolist()
    missing = found.model_copy(update={"spec": spec.model_copy(update={"only": {"city": (None,)}})})
    assert as_filters(missing, RowsBehind(truth="good")) is None  # filters take empty cells with the missing ones
    query.close()


@pytest.mark.parametrize("behind", [RowsBehind(truth="joy"), RowsBehind(prediction="joy")])
def test_rows_of_one_of_several_labels(settings, write, behind: RowsBehind) -> None:
    table = write({"label": [["joy"], ["fear", "joy"], ["fear"]], "prediction": ["fear; joy", "joy", ""]})
    assert rows_behind(settings, table, EvaluationSpec(columns={"prediction": "prediction", "label": "label"}), behind).tolist() == [0, 1]
