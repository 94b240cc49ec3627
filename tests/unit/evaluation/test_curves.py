"""Curves of a table, their operating points, and sentences where there are none."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as reference

from core.errors import BadInput
from core.evaluation import EvaluationSpec, curves
from tests.unit.evaluation.conftest import LABELS, reviews

SPEC = EvaluationSpec(columns={"prediction": "prediction", "label": "label"})


def test_areas_and_points_of_each_label(settings, write) -> None:
    frame = reviews(500)
    found = curves(settings, write(frame), SPEC)
    assert {each.label for each in found.roc} == set(LABELS) and found.why_not == ""
    for roc, pr in zip(found.roc, found.precision_recall, strict=True):
        positive, score = frame["label"] == roc.label, frame[f"p_{roc.label}"]
        assert roc.area.value == pytest.approx(reference.roc_auc_score(positive, score)) and roc.area.low < roc.area.value < roc.area.high
        assert pr.area.value == pytest.approx(reference.average_precision_score(positive, score)) and pr.base == positive.mean()
        assert (roc.x[0], roc.y[0], roc.thresholds[0], roc.x[-1], roc.y[-1]) == (0, 0, None, 1, 1) and len(
            roc.x
        ) <= settings.curve_points + 2


def test_the_best_threshold_is_the_best(settings, write) -> None:
    frame = reviews(500)
    curve = next(each for each in curves(settings, write(frame), SPEC).thresholds if each.label == "good")
    positive, score = (frame["label"] == "good").to_numpy(), frame["p_good"].to_numpy()
    best = max(reference.f1_score(positive, score >= threshold) for threshold in score)
    point = curve.points[curve.chosen]
    assert point.f1 == pytest.approx(best) and point.predicted == (score >= point.threshold).sum() and "is best" in curve.sentence
    assert [each.threshold for each in curve.points] == sorted(each.threshold for each in curve.points)


@pytest.mark.parametrize("threshold", [0.0, 0.5, 0.999999])
def test_an_operating_point_is_what_was_asked(settings, write, threshold: float) -> None:
    frame = reviews(200)
    curve = curves(settings, write(frame), SPEC, label="good", threshold=threshold).thresholds[0]
    point, score = curve.points[curve.chosen], frame["p_good"]
    assert point.threshold == threshold and point.predicted == (score >= threshold).sum()
    assert point.recall == pytest.approx(reference.recall_score(frame["label"] == "good", score >= threshold))


def test_abstention_halves_the_errors_or_does_as_asked(settings, write) -> None:
    frame = reviews(500)
    sure, right = frame[[f"p_{label}" for label in LABELS]].max(axis=1), frame["label"] == frame["prediction"]
    found = curves(settings, write(frame), SPEC).abstention
    every, point = found.points[0], found.points[found.chosen]
    assert every.coverage == 1 and every.accuracy == pytest.approx(right.mean())
    assert 1 - point.accuracy <= (1 - every.accuracy) / 2 and point.rows == (sure >= point.threshold).sum()
    asked = curves(settings, write(frame), SPEC, answered_from=0.8).abstention
    point = asked.points[asked.chosen]
    assert point.rows == (sure >= 0.8).sum() and point.wrong == (~right[sure >= 0.8]).sum()


@pytest.mark.parametrize("answered_from", [0.9, 0.9000001, 2.0])
def test_above_every_confidence_no_row_is_answered(settings, write, answered_from: float) -> None:
    frame = reviews(60)[["label", "prediction"]].assign(confidence=np.linspace(0, 0.9, 60))
    found = curves(settings, write(frame), SPEC, answered_from=answered_from).abstention
    point = found.points[found.chosen]
    if answered_from == 0.9:
        assert (point.rows, len(found.points)) == (1, 60)
    else:
        assert (point.threshold, point.coverage, point.accuracy, point.rows, point.wrong) == (answered_from, 0, None, 0, 0)
        assert "all 60 would be left to people" in found.sentence and len(found.points) == 61


def test_only_so_many_labels_and_points(settings, write) -> None:
    few = settings.model_copy(update={"curve_labels": 2, "curve_points": 20})
    found = curves(few, write(reviews(500)), SPEC)
    assert len(found.roc) == 2 and len(found.roc[0].x) <= 22 and "2 most frequent of 3 labels" in found.notes[0]


def test_what_has_no_curve_says_so(settings, write) -> None:
    frame = reviews(60)
    bare = curves(settings, write(frame[["label", "prediction"]]), SPEC)
    assert bare.roc == () and "no probabilities" in bare.why_not and bare.abstention is None
    sure = curves(settings, write(frame[["label", "prediction"]].assign(confidence=np.linspace(0, 1, 60))), SPEC)
    assert sure.why_not and sure.abstention.points[0].rows == 60
    one = curves(settings, write(frame[frame["label"] == "good"]), SPEC)
    assert one.roc == () and len(one.notes) == 3
    with pytest.raises(BadInput, match="one of the labels"):
        curves(settings, write(frame), SPEC, label="nothing")


def test_curves_of_several_labels_a_row(settings, write) -> None:
    rng = np.random.default_rng(0)
    marks = rng.random((200, 2)) < 0.4
    scores = np.clip(marks * 0.4 + rng.random((200, 2)) * 0.6, 0, 1)
    cells = ["; ".join(label for label, own in zip(("a", "b"), row, strict=True) if own) for row in marks]
    said = ["; ".join(label for label, own in zip(("a", "b"), row, strict=True) if own) for row in scores > 0.5]
    table = write({"label": [cell or "[]" for cell in cells], "prediction": said, "p_a": scores[:, 0], "p_b": scores[:, 1]})
    found = curves(settings, table, SPEC.model_copy(update={"problem": "multi"}))
    areas = {each.label: each.area.value for each in found.roc}
    assert areas == pytest.approx({name: reference.roc_auc_score(marks[:, at], scores[:, at]) for at, name in enumerate("ab")})
