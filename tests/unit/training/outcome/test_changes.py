"""Rows before and after: fixed and broken where answers are right or wrong, better and worse where they may be nearly right."""

from __future__ import annotations

import numpy as np
import pytest

from core.tasks.scoring import Scored
from core.training.outcome.changes import changes, row_scores

NAN = np.nan


def right(*values: float) -> Scored:
    return Scored(np.array(values), {"accuracy": np.array(values)})


def test_labels_are_fixed_or_broken() -> None:
    found = changes(right(0, 1, 1, 0, NAN), right(1, 0, 1, 0, 1))
    assert found.change.tolist() == ["fixed", "broken", "unchanged", "unchanged"] and found.known.tolist() == [True] * 4 + [False]
    assert found.facts == {"rows": 4, "fixed": 1, "broken": 1, "unchanged": 2, "right_off": 2, "right_on": 2, "mcnemar": 1.0}
    assert found.off is None


def test_nearer_answers_are_better_though_none_is_right() -> None:
    off = Scored(np.zeros(3), {"exact_match": np.zeros(3), "answer_f1": np.array([0.2, 0.5, 0.5])})
    on = Scored(np.zeros(3), {"exact_match": np.zeros(3), "answer_f1": np.array([0.4, 0.1, 0.5 + 1e-12])})
    found = changes(off, on)
    assert found.change.tolist() == ["better", "worse", "unchanged"] and found.facts["score"] == "answer_f1"
    assert (found.facts["better"], found.facts["worse"], found.facts["unchanged"]) == (1, 1, 1)
    assert found.facts["off"] == pytest.approx(0.4) and found.facts["difference"]["value"] == pytest.approx(-0.2 / 3)


def test_of_errors_the_smaller_is_the_better() -> None:
    off, on = (Scored(None, {"absolute_error": np.array(values)}) for values in ([2.0, 1.0, NAN], [1.0, 3.0, 0.0]))
    found = changes(off, on)
    assert found.change.tolist() == ["better", "worse"] and found.facts["rows"] == 2
    assert (found.facts["off"], found.facts["on"]) == (1.5, 2.0)


def test_entities_are_counted_over_all_rows_and_rows_by_their_own_f1() -> None:
    off = Scored(np.zeros(3), {"entity_f1": np.array([[1.0, 2, 2], [0, 0, 1], [0, 0, 0]])})
    on = Scored(np.ones(3), {"entity_f1": np.array([[2.0, 2, 2], [0, 1, 1], [0, 1, 0]])})
    found = changes(off, on)
    assert found.change.tolist() == ["better", "unchanged", "worse"], "a row without entities, and none found, is as good as can be"
    assert found.off.tolist() == [0.5, 0, 1] and found.facts["off"] == pytest.approx(2 / 5) and found.facts["on"] == pytest.approx(4 / 7)


def test_scores_that_nobody_knows_are_no_change() -> None:
    blank = Scored(None, {"rouge_l": np.array([NAN, NAN])})
    assert changes(blank, blank) is None and changes(Scored(), right(1.0)) is None and changes(right(NAN), right(1.0)) is None
    assert row_scores(np.array([0.25])).tolist() == [0.25]
