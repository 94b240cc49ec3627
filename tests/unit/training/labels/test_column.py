"""From the cells of a label column to targets."""

import json
import re
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.errors import BadInput, LimitReached
from core.inference.keys import as_text
from core.settings import Settings
from core.training.labels.column import MULTI, REGRESSION, SINGLE, read_labels


def column(path: Path, name: str) -> list[str | None]:
    return as_text(pq.read_table(path, columns=[name]).column(name).combine_chunks()).to_pylist()


def test_one_label_a_row_keeps_the_spelling_and_trims(settings: Settings) -> None:
    labels = read_labels(settings, [" Spam", "ham", None, "  ", "spam ", "ham"])
    assert labels.problem == SINGLE
    assert labels.names == ("ham", "Spam", "spam")  # two spellings stay two labels
    assert labels.targets.tolist() == [1, 0, -1, -1, 2, 0]
    assert labels.targets.dtype == np.int64
    assert labels.labelled.tolist() == [True, True, False, False, True, True]
    assert labels.counts().tolist() == [2, 1, 1]
    assert labels.counts(np.array([0, 1, 2])).tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        (["10", "9", "-1", "2.5"], ("-1", "2.5", "9", "10")),
        (["grade 10", "grade 9", "Grade 1", "3"], ("3", "Grade 1", "grade 9", "grade 10")),
        (["b2", "b", "b02", "a" + "9" * 5_000], ("a" + "9" * 5_000, "b", "b02", "b2")),
    ],
)
def test_labels_are_in_natural_order(settings: Settings, cells: list[str], names: tuple[str, ...]) -> None:
    assert read_labels(settings, cells).names == names


def test_several_labels_with_a_separator(settings: Settings) -> None:
    labels = read_labels(settings, ["joy; love", "joy", None, "love;joy;", ";"], separator="; ")
    assert labels.problem == MULTI
    assert labels.names == ("joy", "love")
    assert labels.targets.tolist() == [[1, 1], [1, 0], [0, 0], [1, 1], [0, 0]]
    assert labels.targets.dtype == np.float32
    assert labels.labelled.tolist() == [True, True, False, True, False]
    assert labels.counts().tolist() == [3, 2]


@pytest.mark.parametrize("written", ['["a", "b"]', "['a', 'b']", "['a' 'b']", "[\"a\" 'b']", '["a","b",null," a "]'])
def test_lists_need_no_separator(settings: Settings, written: str) -> None:
    labels = read_labels(settings, [written, '["c"]', "[]", None])
    assert labels.names == ("a", "b", "c")
    assert labels.targets.tolist() == [[1, 1, 0], [0, 0, 1], [0, 0, 0], [0, 0, 0]]
    assert labels.labelled.tolist() == [True, True, True, False]  # an empty list says: none of them


def test_a_separator_that_nobody_named_is_guessed(settings: Settings) -> None:
    cells = ["joy; love", "joy", None, "love"]
    labels = read_labels(settings, cells, problem=MULTI)
    assert (labels.names, labels.targets.tolist()) == (("joy", "love"), [[1, 1], [1, 0], [0, 0], [0, 1]])
    assert (labels.asked, labels.separator, labels.guessed) == (MULTI, ";", True)
    assert read_labels(settings, cells).names == ("joy", "joy; love", "love")  # only where several labels were chosen
    named = read_labels(settings, ["joy|love", "joy", None, "love"], problem=MULTI, separator=", ")
    assert (named.names, named.separator, named.guessed) == (("joy", "joy|love", "love"), ",", False)


def test_where_no_separator_can_be_guessed_cells_stay_as_they_are(settings: Settings) -> None:
    labels = read_labels(settings, ["a;b", "c;d"], problem=MULTI)
    assert (labels.names, labels.separator, labels.guessed) == (("a;b", "c;d"), "", False)
    lists = read_labels(settings, ['["a, b", "c"]', '["a, b"]'], problem=MULTI)
    assert (lists.names, lists.guessed) == (("a, b", "c"), False)


def test_lists_of_one_are_several_labels_too_unless_told_otherwise(settings: Settings) -> None:
    assert read_labels(settings, ['["a"]', '["b"]', None]).problem == MULTI
    assert read_labels(settings, ['["a"]', "b"]).problem == SINGLE


def test_numbers_in_lists_keep_their_spelling(settings: Settings) -> None:
    assert read_labels(settings, ["[1, 2.0]", "[10, true]"]).names == ("1", "2.0", "10", "true")


@pytest.mark.parametrize("cell", ["[sic]", "[", "[[1], [2]]", "[{}]", "['a\\'b']", "[" * 100_000 + "]", "a, b"])
def test_what_is_no_list_is_one_label(settings: Settings, cell: str) -> None:
    labels = read_labels(settings, [cell, "other", cell])
    assert (labels.problem, set(labels.names)) == (SINGLE, {cell, "other"})


def test_several_labels_are_no_single_label(settings: Settings) -> None:
    with pytest.raises(BadInput, match=r"rows 1, 3 of the table.*several labels a row"):
        read_labels(settings, ['["a", "b"]', "a", '["b", "a"]'], problem=SINGLE)
    assert read_labels(settings, ['["a"]', '["b"]'], problem=SINGLE).targets.tolist() == [0, 1]
    assert read_labels(settings, ["a, b", "c"], problem=SINGLE, separator=",").names == ("a, b", "c")


DECIMALS = [f"{number / 4}" for number in range(30)]


def test_numbers_with_decimals_are_a_regression(settings: Settings) -> None:
    labels = read_labels(settings, [*DECIMALS, "7", "1e2", "-.5", None, "nan", "NaN"])
    assert (labels.problem, labels.names) == (REGRESSION, ())
    assert labels.targets.dtype == np.float32
    assert labels.targets[:2].tolist() == [0, 0.25]
    assert labels.targets[30:33].tolist() == [7, 100, -0.5]
    assert np.isnan(labels.targets[33:]).all()
    assert labels.labelled.tolist() == [True] * 33 + [False] * 3
    assert labels.counts().tolist() == []


@pytest.mark.parametrize(
    "cells",
    [
        [str(number) for number in range(500)],  # whole numbers
        DECIMALS[:20],  # few
        [*DECIMALS, "unknown"],  # a word among them
        ["1.0", "2.0", "nan"],
    ],
)
def test_other_numbers_are_classes(settings: Settings, cells: list[str]) -> None:
    labels = read_labels(settings, cells)
    assert labels.problem == SINGLE
    assert labels.labelled.sum() == len([cell for cell in cells if cell != "nan"])


def test_the_word_nan_is_a_label_among_words(settings: Settings) -> None:
    assert read_labels(settings, ["nan", "nana"]).names == ("nan", "nana")


def test_whole_numbers_can_be_a_regression_on_request(settings: Settings) -> None:
    assert read_labels(settings, ["5", "3", None], problem=REGRESSION).targets[:2].tolist() == [5, 3]


@pytest.mark.parametrize("bad", ["1,5", "1,234", "five", "inf", "1e400", "1e39", "1_0", "٣", '["1", "2"]'])
def test_what_is_no_number_is_named_with_its_rows(settings: Settings, bad: str) -> None:
    with pytest.raises(BadInput, match=r"rows 2, 4 of the table") as caught:
        read_labels(settings, ["1", bad, "2", bad], problem=REGRESSION)
    assert bad.strip('[]"')[:3] in caught.value.found
    assert "decimal point" in caught.value.expected


@pytest.mark.parametrize(("problem", "separator"), [(SINGLE, ""), (MULTI, ""), (MULTI, ";")])
def test_decimals_as_classes_are_refused_with_a_way_out(settings: Settings, problem: str, separator: str) -> None:
    with pytest.raises(BadInput, match="regression"):
        read_labels(settings, DECIMALS, problem=problem, separator=separator)


@pytest.mark.parametrize("cells", [[], [None, ""], ["a", "a ", None], ["[]", "[]"], ['["a"]', "[]"]])
@pytest.mark.parametrize("problem", ["auto", SINGLE, MULTI])
def test_one_label_or_none_is_no_problem_to_learn(settings: Settings, cells: list, problem: str) -> None:
    with pytest.raises(BadInput, match="at least two labels"):
        read_labels(settings, cells, problem=problem)


def test_one_number_is_nothing_to_learn(settings: Settings) -> None:
    with pytest.raises(BadInput, match="numbers that differ"):
        read_labels(settings, ["1.5", "1.50"], problem=REGRESSION)


def test_max_model_labels(settings: Settings) -> None:
    few = settings.model_copy(update={"max_model_labels": 3})
    assert len(read_labels(few, ["a", "b", "c"]).names) == 3
    for separator in ("", ";"):
        with pytest.raises(LimitReached, match=r"at most 3 labels \(max_model_labels\); found 4 different labels"):
            read_labels(few, ["a", "b", "c", "d"], separator=separator)


def test_two_hundred_thousand_classes_are_refused(settings: Settings) -> None:
    with pytest.raises(LimitReached, match="200,000 different labels"):
        read_labels(settings, [f"label {number}" for number in range(200_000)])


def test_max_target_mb(settings: Settings) -> None:
    small = settings.model_copy(update={"max_target_mb": 1})
    cells = [json.dumps([f"a{row}", "b"]) for row in range(600)]
    with pytest.raises(LimitReached, match=re.escape("1 MB (max_target_mb)")):
        read_labels(small, cells)
    assert read_labels(small, cells[:300]).targets.shape == (300, 301)


def test_a_row_says_what_it_says(settings: Settings) -> None:
    single = read_labels(settings, ["a\u202eb", "c", None])
    assert [single.said_of(row) for row in range(3)] == ['"a⟨U+202E⟩b"', '"c"', "nothing"]
    several = read_labels(settings, ['["a", "b"]', "[]"])
    assert [several.said_of(row) for row in range(2)] == ['"a", "b"', "no label"]
    assert read_labels(settings, ["1.5", "2"], problem=REGRESSION).said_of(0) == "1.5"


@pytest.mark.parametrize(
    ("name", "column_name", "problem", "labels", "most", "rows"),
    [
        ("banking77", "label", SINGLE, 77, None, 9_003),
        ("sms_spam", "label", SINGLE, 2, "ham", 4_574),
        ("goemotions", "labels", MULTI, 28, "neutral", 43_410),
    ],
)
def test_public_label_columns(
    settings: Settings, shared_data: Path, name: str, column_name: str, problem: str, labels: int, most: str | None, rows: int
) -> None:
    found = read_labels(settings, column(shared_data / name / "train.parquet", column_name))
    assert (found.problem, len(found.names), len(found.targets), found.labelled.all()) == (problem, labels, rows, True)
    assert most is None or found.names[found.counts().argmax()] == most
    assert found.counts().min() > 0


@pytest.mark.parametrize("bad", ["inf", "-inf", "Infinity"])
def test_an_infinite_measurement_makes_no_classes_of_the_others(settings: Settings, bad: str) -> None:
    cells = [f"{n / 10}" for n in range(40)]
    with pytest.raises(BadInput, match=f"{bad}.*row 41"):
        read_labels(settings, [*cells, bad])
    assert read_labels(settings, ["up", "down", bad]).problem == SINGLE


def test_several_labels_are_told_apart_in_an_answer(settings: Settings) -> None:
    with pytest.raises(BadInput, match='"a; b"'):
        read_labels(settings, ['["a; b", "c"]', '["c"]'])
    assert read_labels(settings, ["a; b", "c"], problem=SINGLE).names == ("a; b", "c")
