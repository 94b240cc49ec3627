"""What mattered: a dial that decides has a large share, one that does nothing has none."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from core.training.search import importance


def test_the_dial_that_decides_comes_first_and_noise_has_no_share() -> None:
    generator = np.random.default_rng(0)
    noise, rates, kinds = generator.integers(3, size=60), generator.uniform(0, 1, 60), generator.integers(2, size=60)
    settings = [{"noise": int(a), "rate": float(b), "kind": str(c)} for a, b, c in zip(noise, rates, kinds, strict=True)]
    scores = [each["rate"] + 0.3 * (each["kind"] == "1") + generator.normal(0, 0.02) for each in settings]
    shares = importance(settings, scores)
    assert list(shares)[:2] == ["rate", "kind"] and shares["rate"] > 0.5 and 0.05 < shares["kind"] < 0.5 and shares["noise"] < 0.05


def test_shares_of_a_whole_grid_are_what_its_sums_of_squares_say() -> None:
    settings = [{"a": a, "b": b} for a, b in itertools.product((0, 1), (0, 1, 2))]
    scores = [10 * each["a"] for each in settings]
    assert importance(settings, scores) == pytest.approx({"a": 1.0, "b": 0.0})


def test_chance_alone_gives_small_shares() -> None:
    generator = np.random.default_rng(1)
    found = [
        importance([{"x": int(generator.integers(4))} for _ in range(12)], list(generator.normal(size=12))).get("x", 0.0)
        for _ in range(300)
    ]
    assert np.mean(found) < 0.12  # without the correction for chance it would be 0.27


@pytest.mark.parametrize(
    ("settings", "scores"),
    [
        ([{"a": 1}, {"a": 2}, {"a": 3}], [1, 2, 3]),
        ([{"a": number % 2} for number in range(8)], [0.5] * 8),
        ([{"a": 1}] * 8, list(range(8))),
        ([{"a": name} for name in "abcd"], [1, 2, 3, 4]),
    ],
    ids=["few", "equal scores", "one value", "no value twice"],
)
def test_where_nothing_can_be_told_nothing_is(settings: list, scores: list) -> None:
    assert importance(settings, scores) == {}


def test_many_numbers_are_grouped_by_their_order_and_equal_ones_stay_together() -> None:
    settings = [{"rate": rate} for rate in (1, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6, 7)]
    assert importance(settings, [0.0] * 6 + [1.0] * 6)["rate"] == pytest.approx(1.0)
