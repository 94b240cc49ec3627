"""What a run or the names of columns say about what to evaluate."""

from __future__ import annotations

import pytest

from core.errors import BadInput
from core.evaluation import EvaluationSpec, evaluate, spec_of_run, suggest_spec
from tests.unit.evaluation.conftest import LABELS, reviews


def outputs_of(frame) -> dict[str, list]:
    return {name: frame.pop(name).tolist() for name in ("prediction", *(f"p_{label}" for label in LABELS))}


def test_a_run_knows_its_columns_labels_and_label_map(settings, scored) -> None:
    frame = reviews(40).assign(prediction_of_old="x")
    run = scored(frame.assign(Prediction="mine"), outputs_of(frame), labels=LABELS, label_map={"splendid": "good"})
    spec = spec_of_run(settings, run)
    assert spec.columns["prediction"] == "prediction_2" and spec.columns["label"] == "label" and spec.columns["text"] == "text"
    assert (spec.labels, spec.label_map, spec.problem, spec.out_of_sample) == (LABELS, {"splendid": "good"}, "single", None)
    assert set(spec.probabilities) == set(LABELS) and evaluate(settings, run.result_path, spec).compared == 40


def test_another_label_column_may_be_chosen(settings, scored) -> None:
    frame = reviews(30)
    run = scored(frame.assign(checked=frame["label"].str.upper()), outputs_of(frame), labels=LABELS, roles={"text": "text"})
    with pytest.raises(BadInput, match="your own answers"):
        spec_of_run(settings, run)
    spec = spec_of_run(settings, run, label="checked", slices=("city",))
    assert spec.slices == ("city",) and evaluate(settings, run.result_path, spec).compared == 30


def test_names_of_columns_suggest_a_spec(write) -> None:
    found = suggest_spec(write(reviews(5).rename(columns={"prediction": "Predicted", "label": "Truth"})))
    assert found == EvaluationSpec(columns={"prediction": "Predicted", "label": "Truth", "text": "text"})
    assert suggest_spec(write({"text": ["a"], "number": [1]})) is None
