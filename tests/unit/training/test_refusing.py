"""What of a check list refuses a training."""

import numpy as np
import pytest

from core.errors import BadInput
from core.training.checks import Finding
from core.training.refusing import refuse_too_few, refuse_what_stops


def test_the_first_finding_that_stops_is_part_of_a_sentence() -> None:
    refuse_what_stops([Finding("2 rows have no text and cannot be learnt from.", (0, 1), 2)])
    with pytest.raises(BadInput) as refused:
        refuse_what_stops(
            [Finding("Odd.", (), 0), Finding("No row has a text: nothing to learn.", (), 0, True), Finding("Else.", (), 0, True)]
        )
    assert refused.value.one_line() == (
        "Expected rows that can be learned from; found no row has a text: nothing to learn. "
        "Correct the table, or choose other rows or columns."
    )


def test_where_too_few_rows_are_left_it_says_what_is_wrong_with_the_others() -> None:
    class Learning:
        rows = range(60)

        def findings(self, train: np.ndarray, validation: np.ndarray) -> list[Finding]:
            assert (train.tolist(), validation.tolist()) == ([3], [])
            return [
                Finding("No row to learn from.", (), 0, True),
                Finding("59 rows have no answer.", (0, 1), 59),
                Finding("A note.", (), 0),
            ]

    refuse_too_few(Learning(), np.array([3, 4]))
    with pytest.raises(BadInput) as refused:
        refuse_too_few(Learning(), np.array([3]))
    assert "found 1 such row of 60. 59 rows have no answer. Correct" in refused.value.one_line()
