"""How a label column was read, in a sentence."""

from __future__ import annotations

from core.settings import Settings
from core.training.labels.column import MULTI, REGRESSION, SINGLE, read_labels
from core.training.labels.reading import read_as


def test_one_label(settings: Settings) -> None:
    assert read_as(read_labels(settings, ["a", "b", "c", None])) == "Each row was read as one of 3 labels."


def test_whole_numbers_name_the_other_way_unless_somebody_chose(settings: Settings) -> None:
    stars = ["1", "2", "3", "4.5", None]
    assert read_as(read_labels(settings, stars)) == (
        'Each row was read as one of 4 labels. They are numbers: choose "A number" (regression) to learn them as such.'
    )
    assert read_as(read_labels(settings, stars, problem=SINGLE)) == "Each row was read as one of 4 labels."
    assert read_as(read_labels(settings, [*stars, "none"])) == "Each row was read as one of 5 labels."


def test_a_number(settings: Settings) -> None:
    assert read_as(read_labels(settings, ["1", "2"], problem=REGRESSION)) == "Each row was read as a number."


def test_several_labels(settings: Settings) -> None:
    assert read_as(read_labels(settings, ['["a", "b"]', "[]"])) == "Each row was read as any of 2 labels, several in one cell."
    between = 'Each row was read as any of 2 labels, several in one cell, with ";" between them.'
    assert read_as(read_labels(settings, ["a; b", "a"], separator="; ")) == between
    assert read_as(read_labels(settings, ["a; b", "a", "b"], problem=MULTI)) == between
