"""Rows to look at: the worst, and those whose labels look wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.errors import BadInput
from core.evaluation import EvaluationSpec, label_errors, worst_rows
from tests.unit.evaluation.conftest import LABELS, reviews

SPEC = EvaluationSpec(columns={"prediction": "prediction", "label": "label"})


def test_the_worst_rows_have_the_least_probable_truth(settings, write) -> None:
    frame = reviews(200)
    found = worst_rows(settings, write(frame), SPEC, limit=5)
    own = np.array([frame.loc[row, f"p_{frame.loc[row, 'label']}"] for row in range(200)])
    assert [each.row for each in found.rows] == np.argsort(own)[:5].tolist() and "Log loss" in found.measure
    assert found.rows[0].probability == pytest.approx(own.min()) and found.rows[0].truth == frame.loc[found.rows[0].row, "label"]
    assert found.wrong == (frame["label"] != frame["prediction"]).sum()


@pytest.mark.parametrize(
    ("task", "table", "worst"),
    [
        ("text-classification", {"label": ["a", "b", "a"], "prediction": ["a", "a", "b"], "confidence": [1, 0.6, 0.9]}, [2, 1]),
        ("text-classification", {"label": [1.5, 2.5, 3.5], "prediction": [1.5, 9.0, 3.0]}, [1, 2]),
        ("question-answering", {"label": ["so be", "c", ""], "prediction": ["so", "x", "y"]}, [1, 0]),
        ("summarization", {"label": ["a b", "c", "d"], "prediction": ["a b", "x", "d e"]}, [1, 2]),
        ("token-classification", {"label": [["B-X"], ["O", "B-X"]], "prediction": [["B-X"], ["B-X", "O"]]}, [1]),
    ],
)
def test_every_kind_of_answers_has_worst_rows(settings, write, task: str, table: dict, worst: list[int]) -> None:
    assert [each.row for each in worst_rows(settings, write(table), SPEC.model_copy(update={"task": task})).rows] == worst


def test_without_rows_there_is_no_worst(settings, write) -> None:
    assert worst_rows(settings, write(reviews(20).assign(label=None)), SPEC).why_not


def turned(rows: int = 400) -> tuple[pd.DataFrame, list[int]]:
    """Reviews of a good model, ten of them with a wrong label."""
    frame = reviews(rows, heat=1.0)
    sharp = np.full((rows, 3), 0.02)
    sharp[np.arange(rows), [LABELS.index(label) for label in frame["label"]]] = 0.96
    frame[[f"p_{label}" for label in LABELS]] = sharp
    wrong = np.random.default_rng(1).choice(rows, 10, replace=False)
    frame.loc[wrong, "label"] = [LABELS[(LABELS.index(frame.loc[row, "label"]) + 1) % 3] for row in wrong]
    return frame, sorted(wrong.tolist())


def test_label_errors_by_scores_out_of_sample(settings, write) -> None:
    frame, wrong = turned()
    found = label_errors(settings, write(frame), SPEC.model_copy(update={"out_of_sample": True}))
    assert sorted(each.row for each in found.rows) == wrong and found.found == 10 and found.notes == ()
    first = found.rows[0]
    assert (
        first.label == frame.loc[first.row, "label"] and first.suggested_probability == 0.96 and first.loss == pytest.approx(-np.log(0.02))
    )
    assert label_errors(settings, write(frame), SPEC).notes  # nobody knows
    assert len(label_errors(settings, write(frame), SPEC, limit=3).rows) == 3


def test_a_model_that_learned_from_the_rows_cannot_judge_them_but_vectors_can(settings, write) -> None:
    frame, wrong = turned()
    spec = SPEC.model_copy(update={"out_of_sample": False})
    assert "learned from these very rows" in label_errors(settings, write(frame), spec).why_not
    right = frame["label"].map(LABELS.index).to_numpy().copy()
    right[wrong] = (right[wrong] - 1) % 3
    vectors = np.random.default_rng(2).normal(size=(400, 6)) * 0.4 + 3 * np.eye(3, 6)[right]
    features = write({"prediction": list(vectors)})
    found = label_errors(settings, write(frame), spec, features=(features, "prediction"))
    assert len(set(wrong) & {each.row for each in found.rows[:12]}) >= 9
    assert "other four fifths" in found.method and found.checked == 400
    drawn = label_errors(settings.model_copy(update={"label_error_rows": 100}), write(frame), spec, features=(features, "prediction"))
    assert drawn.checked == 100 and "100 of the 400 rows" in drawn.notes[0]
    with pytest.raises(BadInput, match="a vector for each of the 400 rows"):
        label_errors(settings, write(frame), spec, features=(write({"prediction": list(vectors[:9])}), "prediction"))
    with pytest.raises(BadInput, match="a column of vectors"):
        label_errors(settings, write(frame), spec, features=(write(frame), "text"))


def test_labels_with_few_rows_are_left_out_of_the_cross_validation(settings, write) -> None:
    frame = reviews(100)
    frame.loc[0, "label"] = "rare"
    features = write({"vector": list(np.random.default_rng(0).normal(size=(100, 4)))})
    found = label_errors(settings, write(frame), SPEC, features=(features, "vector"))
    assert found.checked == 99 and "rare" in found.notes[0]


def test_what_has_no_label_errors_says_why(settings, write) -> None:
    assert "no probabilities" in label_errors(settings, write(reviews(30)[["label", "prediction"]]), SPEC).why_not
    texts = write({"label": ["a"], "prediction": ["b"]})
    assert "one label" in label_errors(settings, texts, SPEC.model_copy(update={"task": "summarization"})).why_not
