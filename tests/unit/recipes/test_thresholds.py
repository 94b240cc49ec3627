"""F1 as scikit-learn has it; thresholds that are the best ones where there are rows, and steady where there are few."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from recipes.thresholds import GRID, best_thresholds, counts_of, f1_of, figures_of, micro_macro


def made(rows: int, positive: float, cut: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores and truth of one label whose rows have scores above ``cut``, apart from noise."""
    random = np.random.default_rng(seed)
    wanted = random.random(rows) < positive
    scores = np.where(wanted, random.uniform(cut, 1, rows), random.uniform(0, cut, rows))
    return np.clip(scores + random.normal(0, 0.02, rows), 0, 1)[:, None], wanted[:, None]


def test_f1_is_scikit_learn_s() -> None:
    random = np.random.default_rng(0)
    found, wanted = random.random((50, 4)) < 0.4, random.random((50, 4)) < 0.3
    found[:, 3] = wanted[:, 3] = False  # neither predicted nor true
    micro, macro = micro_macro(counts_of(found, wanted))
    assert micro == pytest.approx(f1_score(wanted, found, average="micro"))
    assert macro == pytest.approx(f1_score(wanted, found, average="macro", zero_division=0))
    assert f1_of(counts_of(found, wanted)) == pytest.approx(f1_score(wanted, found, average=None, zero_division=0))


def test_intervals_hold_the_value_and_narrow_with_the_rows() -> None:
    random = np.random.default_rng(1)
    wanted = random.random((400, 3)) < 0.3
    found = wanted ^ (random.random((400, 3)) < 0.1)
    widths = []
    for rows in (100, 400):
        micro, macro = figures_of(found[:rows], wanted[:rows])
        assert micro.low < micro.value < micro.high and macro.low < macro.value < macro.high
        widths.append(micro.high - micro.low)
    assert widths[1] < 0.7 * widths[0]
    assert figures_of(found, wanted) == figures_of(found, wanted)


def test_a_perfect_prediction_has_no_doubt() -> None:
    wanted = np.eye(3, dtype=bool)[np.arange(60) % 3]
    micro, macro = figures_of(wanted, wanted)
    assert (micro.value, micro.low, macro.value, macro.high) == (1, 1, 1, 1)


def test_a_label_with_many_rows_gets_the_threshold_that_parts_it() -> None:
    low, high = made(4_000, 0.3, 0.25), made(4_000, 0.3, 0.7, seed=1)
    scores, wanted = (np.concatenate(pair, axis=1) for pair in zip(low, high, strict=True))
    assert best_thresholds(scores, wanted) == pytest.approx([0.25, 0.7], abs=0.05)


def test_few_rows_move_a_threshold_less_than_the_best_one_moves() -> None:
    """Rows of one kind, drawn anew: the averaged thresholds lie nearer to each other than the single best ones."""

    def noisy(seed: int) -> tuple[np.ndarray, np.ndarray]:
        random = np.random.default_rng(seed)
        wanted = random.random(600) < 0.02
        return np.clip(random.normal(np.where(wanted, 0.5, 0.2), 0.12), 0, 1)[:, None], wanted[:, None]

    drawn = [noisy(seed) for seed in range(20)]
    averaged = [best_thresholds(scores, wanted)[0] for scores, wanted in drawn]
    single = [GRID[np.argmax([f1_of(counts_of(scores >= value, wanted))[0] for value in GRID])] for scores, wanted in drawn]
    assert np.std(averaged) < np.std(single)
    assert 0.3 < np.mean(averaged) < 0.6


def test_the_same_rows_give_the_same_thresholds() -> None:
    scores, wanted = made(500, 0.1, 0.4)
    assert best_thresholds(scores, wanted).tolist() == best_thresholds(scores, wanted).tolist()
