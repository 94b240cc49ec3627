"""Errors of transformers in our words."""

from __future__ import annotations

import pytest

from core.models.refusals import bad_model, other_shapes

CONVERSION = (
    "We encountered some issues during automatic conversion of the weights. "
    "For details look at the `CONVERSION` entries of the above report!"
)


def test_nobody_is_sent_to_a_report_that_is_not_shown() -> None:
    told = str(bad_model("AutoModel", "local:x", RuntimeError(CONVERSION)))
    assert told.startswith("Expected weights that load as AutoModel; found RuntimeError: We encountered some issues")
    assert "report" not in told and "weights. Choose" in told


def test_a_message_is_one_line() -> None:
    assert "found ValueError: one two. Choose" in str(bad_model("AutoModel", "local:x", ValueError("one\n\n  two.")))


@pytest.mark.parametrize(("count", "ending"), [(1, "a of 2 where config.json says 3. "), (5, "where config.json says 3 and 2 more. ")])
def test_the_first_shapes_are_named_and_the_others_counted(count: int, ending: str) -> None:
    assert ending in str(other_shapes("AutoModel", "local:x", [(name, (2,), (3,)) for name in "abcde"[:count]]))


def test_a_number_alone_has_a_shape() -> None:
    assert "scale of one number where config.json says 2 x 3" in str(other_shapes("AutoModel", "local:x", [("scale", (), (2, 3))]))
