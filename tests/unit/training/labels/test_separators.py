"""What stands between several labels in one cell, told from the cells alone."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.inference.keys import as_text
from core.training.labels.separators import guess_separator, separator_within

FEELINGS = ["joy{0}love", "joy", "love{0}anger", "anger", "love", "joy{0}anger", "joy"]


def within(cells: list[str]) -> str:
    counts = Counter(cells)
    return separator_within(list(counts), np.array(list(counts.values())))


@pytest.mark.parametrize(("written", "separator"), [(";", ";"), ("; ", ";"), ("|", "|"), (" | ", "|"), (",", ","), (", ", ",")])
def test_parts_that_repeat_are_several_labels(written: str, separator: str) -> None:
    cells = [cell.format(written) for cell in FEELINGS]
    assert within(cells) == guess_separator(cells) == separator


@pytest.mark.parametrize(
    "cells",
    [
        ["Paris, France", "Lyon, France", "Bonn, Germany", "Berlin, Germany", "France"],
        ["Toys | Dolls", "Toys | Cars", "Garden | Tools", "Garden | Seeds", "Toys", "Garden"],
        ["yes", "no", "yes, but later", "no, later", "no, never", "yes, now"],
        ["health, education and welfare", "education", "health", "war, navy and air"],
        ["1,5", "2,5", "5,1", "1,2", "2,1"],
        ["1,234", "234,1,234", "1", "234,234"],
        ['["a", "b"]', '["b", "c"]', '["c", "a"]', "a"],
        ["a;", "b;", ";a", ";"],
        ["joy; love", "joy", "love"],  # one cell alone
        [*["joy"] * 50, *["love"] * 50, "joy; love", "love; anger", "anger; joy"],  # three rows of a hundred
        ["joy", "love"],
    ],
)
def test_a_label_that_only_holds_a_mark_is_one_label(cells: list[str]) -> None:
    assert within(cells) == ""


def test_who_says_that_there_are_several_is_believed_sooner() -> None:
    assert guess_separator(["joy; love", "joy", "love", None]) == ";"
    assert guess_separator(["toys | dolls", "toys | cars", "garden | cars", "garden | seeds"]) == "|"
    assert guess_separator(["a, b; c", "c; a, b", None]) == ";"


@pytest.mark.parametrize("cells", [[], [None, ""], ["joy", "love"], ["a;b", "c;d"], ["1,5", "1,2", "2,5"], ['["a", "b"]', '["b"]']])
def test_where_nothing_repeats_nothing_is_guessed(cells: list[str | None]) -> None:
    assert guess_separator(cells) == ""


def test_public_tables(shared_data: Path) -> None:
    """goemotions holds several labels a row, and the others one: some of 77 with marks within them."""

    def column(name: str, of: str) -> list[str]:
        return as_text(pq.read_table(shared_data / name / "train.parquet", columns=[of]).column(of).combine_chunks()).to_pylist()

    several = ["; ".join(json.loads(cell)) for cell in column("goemotions", "labels")]
    assert within(several) == within(several[:240]) == ";"
    assert within(column("banking77", "label")) == within(column("sms_spam", "label")) == ""
