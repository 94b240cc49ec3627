"""Which answers are right, for every kind of truth."""

from __future__ import annotations

import numpy as np

from core.tasks.scoring import labels_right, score_labels


def test_several_labels_are_right_when_all_are() -> None:
    right = labels_right(["a;b", "a", None, "[]", "a"], ["b; a", "a; b", "a", "", ""], "multi", ";")
    assert right[[0, 1, 3, 4]].tolist() == [1, 0, 1, 0] and np.isnan(right[2])
    assert labels_right(["a", "b"], ["a", "a"], "single").tolist() == [1, 0]


def test_a_number_that_cannot_be_read_is_left_out() -> None:
    found = score_labels([1.5, 2.0, 3.0], [" 1 ", "n/a", None], "regression")
    errors = found.scores["absolute_error"]
    assert errors[0] == 0.5 and np.isnan(errors[1:]).all() and found.right is None
    assert found.take(np.array([0])).scores["absolute_error"].tolist() == [0.5]
