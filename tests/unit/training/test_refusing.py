"""What of a check list refuses a training."""

import pytest

from core.errors import BadInput
from core.training.checks import Finding
from core.training.refusing import refuse_what_stops


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
