"""Values by patterns of names: as peft finds them, and without the time that a hostile pattern takes."""

from __future__ import annotations

import re
from time import monotonic

import pytest

from core.errors import BadInput
from core.models.patterns import values_by_pattern

NAMES = ["bert.layer.1.query", "bert.layer.1.key", "bert.layer.11.query", "bert.layer.1.query_more", "lm_head"]
PATTERNS = [
    {"query": 4},
    {"layer.1.query": 4, "query": 2},
    {"query": 2, "layer.1.query": 4},
    {"^bert.layer.1.query": 4, r".*\.(query|key)": 2},
    {r"layer\.\d+\.query": 4, "^lm_head$": 3},
    {"lm_head)|(bert": 4},
    {"^layer.1.query": 4, "uery": 2},
    {},
]


@pytest.mark.parametrize("patterns", PATTERNS, ids=range(len(PATTERNS)))
def test_the_first_pattern_that_matches_counts_as_in_peft(patterns: dict[str, int]) -> None:
    def of_peft(name: str) -> int:
        return next((value for key, value in patterns.items() if re.match(rf"(.*\.)?({key})$", name)), 8)

    assert values_by_pattern("rank_pattern", patterns, NAMES, 8) == {name: of_peft(name) for name in NAMES}


def test_no_patterns_are_the_default() -> None:
    assert values_by_pattern("rank_pattern", None, ["a"], 8) == {"a": 8}


@pytest.mark.parametrize("pattern", ["(", "(?=a)a", r"(a)\1", r"\p{L}", "a{1000}", "\ud800"])
def test_a_pattern_that_is_not_safe_is_named(pattern: str) -> None:
    with pytest.raises(BadInput, match=r"rank_pattern.*cannot be matched safely"):
        values_by_pattern("rank_pattern", {pattern: 4}, NAMES, 8)


@pytest.mark.parametrize("patterns", [{"(a+)+!": 4}, {"(a|a)*!" * 100: 4}, {f"{'a?' * 50}{'a' * 50}!": 4}, {"." * 300_000: 4}, [1], "x", 5])
def test_a_hostile_pattern_takes_no_time(patterns: object) -> None:
    start = monotonic()
    try:
        assert values_by_pattern("rank_pattern", patterns, ["a" * 80], 8) == {"a" * 80: 8}
    except BadInput as error:
        assert "rank_pattern" in str(error)
    assert monotonic() - start < 5
