"""Reliability of a table, and a temperature that is fitted on one half and helps on the other."""

from __future__ import annotations

import numpy as np
import pytest

from core.evaluation import EvaluationSpec, calibration
from core.evaluation.calibration import halves
from tests.unit.evaluation.conftest import LABELS, reviews

SPEC = EvaluationSpec(columns={"prediction": "prediction", "label": "label"})


def test_a_model_that_is_too_sure_is_cooled_and_the_other_half_gains(settings, write) -> None:
    found = calibration(settings, write(reviews(4_000, heat=4.0)), SPEC)
    warm = found.temperature
    assert found.reliability.gap > 0.05 and "too sure" in found.sentence and "Naeini" in found.formula
    assert warm.value == pytest.approx(4 / 1.5, rel=0.15) and not warm.from_logits
    assert warm.log_loss_after.high < warm.log_loss_before.low and warm.after.ece.value < warm.before.ece.value / 2
    assert warm.fitted_rows + warm.shown_rows == 4_000 and 0.4 < warm.fitted_rows / 4_000 < 0.6
    assert sum(each.rows for each in warm.after.width) == warm.shown_rows


def test_logits_are_taken_where_they_are_there(settings, write) -> None:
    frame = reviews(400, heat=3.0)
    more = frame.assign(**{f"logit_{label}": np.log(frame[f"p_{label}"]) + 7 for label in LABELS})
    one, other = (calibration(settings, write(each), SPEC).temperature for each in (frame, more))
    assert other.from_logits and other.value == pytest.approx(one.value, rel=1e-3)


def test_halves_come_again_and_equal_texts_lie_in_one(settings, write) -> None:
    frame = reviews(200).assign(text=[f"text {row % 50}" for row in range(200)])
    spec = SPEC.model_copy(update={"columns": {**SPEC.columns, "text": "text"}})
    table = write(frame)
    kept = halves(table, spec, 200)
    assert (kept == halves(table, spec, 200)).all() and (kept.reshape(4, 50) == kept[:50]).all() and 10 < kept[:50].sum() < 40
    assert 60 < halves(table, SPEC, 200).sum() < 140


def test_bins_are_as_many_as_the_setting_says(settings, write) -> None:
    found = calibration(settings.model_copy(update={"calibration_bins": 5}), write(reviews(300)), SPEC).reliability
    assert len(found.width) == 5 and len(found.mass) <= 5


def test_what_cannot_be_calibrated_says_why(settings, write) -> None:
    frame = reviews(60)
    bare = calibration(settings, write(frame[["label", "prediction"]]), SPEC)
    assert bare.reliability is None and "no confidence" in bare.why_not
    sure = calibration(settings, write(frame[["label", "prediction"]].assign(confidence=0.8)), SPEC)
    assert sure.reliability.rows == 60 and sure.temperature is None and "every label" in sure.notes[0]
    few = calibration(settings, write(frame.head(40)), SPEC)
    assert few.temperature is None and "at least 30 rows" in few.notes[0]
    amounts = write({"label": [1.5, 2.5], "prediction": [1.0, 2.0]})
    assert "right or wrong" in calibration(settings, amounts, SPEC.model_copy(update={"problem": "regression"})).why_not
