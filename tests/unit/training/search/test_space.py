"""Values and ranges from what a user wrote, and settings drawn from them."""

from __future__ import annotations

import itertools

import pytest

from core.errors import BadInput
from core.schema import Dials, Range, Search
from core.training.search import SEARCHED, read_dimension, write_dimension
from core.training.search.space import combinations, drawn

DIALS = Dials()


@pytest.mark.parametrize(
    ("dial", "text", "found"),
    [
        ("rank", "8, 16,32", (8, 16, 32)),
        ("rank", "8, 8.0", (8,)),
        ("learning_rate", "0.0001..0.001", Range(low=1e-4, high=1e-3, log=True)),
        ("learning_rate", "1e-4 .. 5e-4", Range(low=1e-4, high=5e-4)),
        ("learning_rate", "1e-4..5e-4 log", Range(low=1e-4, high=5e-4, log=True)),
        ("dropout", "0..0.2", Range(low=0, high=0.2)),
        ("rank", "4..64 linear", Range(low=4, high=64)),
        ("patience", "none, 3", (None, 3)),
        ("quantization", "none, 8bit", ("none", "8bit")),
        ("use_dora", "true, false", (True, False)),
        ("schedule", "cosine,linear", ("cosine", "linear")),
        ("target_modules", "query, value", (["query"], ["value"])),
        ("target_modules", "query, value; key", (["query", "value"], ["key"])),
    ],
)
def test_it_is_read_and_written_alike(dial: str, text: str, found: object) -> None:
    read = read_dimension(DIALS, dial, text)
    assert read == found
    if dial != "target_modules" or ";" in text:
        assert read_dimension(DIALS, dial, write_dimension(read)) == found


@pytest.mark.parametrize(
    ("dial", "text", "said"),
    [
        ("rang", "8", "'rang'"),
        ("metric", "loss, quality", "'metric'"),
        ("method", "full", "'method'"),
        ("rank", "8, many", "rank"),
        ("rank", " , ", "values for rank"),
        ("rank", "0..8", "rank"),
        ("rank", "4.5..8", "rank"),
        ("learning_rate", "0.001..0.0001", "must be larger"),
        ("dropout", "0..0.5 log", "above 0"),
        ("dropout", "0..1", "dropout"),
        ("schedule", "1..2", "schedule"),
    ],
)
def test_what_cannot_be_searched_is_named(dial: str, text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read_dimension(DIALS, dial, text)


def test_what_is_made_and_how_it_is_judged_are_not_searched() -> None:
    assert set(Dials.model_fields) - set(SEARCHED) == {"method", "metric"}


def test_combinations_leave_out_what_does_not_fit_together() -> None:
    search = Search(space={"init": ("default", "pissa"), "use_dora": (False, True)})
    assert combinations(DIALS, search) == [
        {"init": "default", "use_dora": False},
        {"init": "default", "use_dora": True},
        {"init": "pissa", "use_dora": False},
    ]


def test_draws_are_the_seeds_and_none_comes_twice() -> None:
    search = Search(space={"rank": Range(low=4, high=8), "learning_rate": Range(low=1e-5, high=1e-2, log=True)})
    one, same, other = (list(itertools.islice(drawn(DIALS, search, seed), 300)) for seed in (0, 0, 1))
    assert one == same != other and {settings["rank"] for settings in one} == {4, 5, 6, 7, 8}
    rates = [settings["learning_rate"] for settings in one]
    assert min(rates) >= 1e-5 and max(rates) <= 1e-2 and all(type(settings["rank"]) is int for settings in one)
    assert 0.2 < sum(rate < 1e-4 for rate in rates) / 300 < 0.46  # a third of the range by factors
    few = Search(space={"rank": (2, 4), "use_dora": (False, True)})
    assert sorted(map(str, drawn(DIALS, few, 0))) == sorted(map(str, combinations(DIALS, few)))
