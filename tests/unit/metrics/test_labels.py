"""The user's spelling of labels."""

import math

from core.metrics import match_labels

LABELS = ["negative", "positive"]


def test_case_and_white_space_do_not_count():
    match = match_labels(["Positive ", "NEGATIVE", "\tpositive\n", "positive"], LABELS)
    assert match.truth == ["positive", "negative", "positive", "positive"]
    assert match.unmatched == {}


def test_unmatched_values_are_named_and_counted_and_left_out():
    match = match_labels(["meh", "Meh ", "good", "positive", "meh"], LABELS)
    assert match.truth == [None, None, None, "positive", None]
    assert match.unmatched == {"meh": 3, "good": 1}
    assert match.compared == 1


def test_blank_cells_say_nothing():
    match = match_labels([None, "", "  ", math.nan], LABELS)
    assert match.truth == [None] * 4
    assert match.unmatched == {}


def test_the_map_goes_before_equality_and_ignores_case_too():
    match = match_labels(
        ["5", "1", "3", "POS ", "negative"], LABELS, {"5": "Positive", "1": "negative", "pos": "positive", "negative": "positive"}
    )
    assert match.truth == ["positive", "negative", None, "positive", "positive"]
    assert match.unmatched == {"3": 1}


def test_a_value_mapped_to_nothing_is_left_out_on_purpose():
    match = match_labels(["3", "positive"], LABELS, {"3": ""})
    assert match.truth == [None, "positive"]
    assert match.unmatched == {}


def test_numbers_in_the_column_match_labels_that_are_numbers():
    assert match_labels([1, 0, 2], ["0", "1"]).truth == ["1", "0", None]


def test_labels_that_differ_only_in_case_keep_their_own_rows():
    assert match_labels(["Us", "US", "us"], ["us", "US"]).truth == ["us", "US", "us"]


def test_inner_white_space_and_other_scripts():
    assert match_labels(["very  good", "STRASSE", "ΣΊΣΥΦΟΣ"], ["Very good", "straße", "σίσυφος"]).truth == [
        "Very good",
        "straße",
        "σίσυφος",
    ]
