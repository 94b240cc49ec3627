"""What mattered in a search: how much of the differences between its trials each dial explains."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

MOST_GROUPS = 4
FEWEST_TRIALS = 4


def importance(settings: Sequence[dict[str, Any]], scores: Sequence[float]) -> dict[str, float]:
    """The share of the variance of the scores that each dial explains by itself, the largest first.

    Trials are put into groups by a dial's value (by quarters of their order where it has many), and the share is Kelley's epsilon squared
    (https://doi.org/10.1073/pnas.21.9.554): what groups explain, less what as many groups by chance would. Few trials so give
    small shares, not large ones. The shares need not add up to one: the rest are dials that work together, and chance.

    Args:
        settings: of each trial, dial to value.
        scores: of each trial, larger is better.

    Returns:
        Shares from 0 to 1; no dial where fewer than four trials, or scores that are all equal, can tell nothing; a dial is left
        out where it has one value only, or hardly any value twice.
    """
    given = np.asarray(scores, dtype=np.float64)
    if len(given) < FEWEST_TRIALS or np.ptp(given) == 0:
        return {}
    shares = {}
    for dial in settings[0]:
        groups = _groups([each[dial] for each in settings])
        share = _epsilon_squared(groups, given)
        if share is not None:
            shares[dial] = share
    return dict(sorted(shares.items(), key=lambda pair: -pair[1]))


def _groups(values: list[Any]) -> np.ndarray:
    """The group of each trial: equal values, or of many numbers those that follow each other."""
    known = {json.dumps(value) for value in values}
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    if numbers and len(known) > MOST_GROUPS:
        # Equal numbers share a place, so that none of them lands in two groups
        places = np.searchsorted(np.sort(values), values)
        return places * max(2, min(MOST_GROUPS, len(values) // 3)) // len(values)
    return np.unique([json.dumps(value) for value in values], return_inverse=True)[1]


def _epsilon_squared(groups: np.ndarray, scores: np.ndarray) -> float | None:
    """0 to 1; ``None`` where the groups leave nothing to compare."""
    count, rows = len(np.unique(groups)), len(scores)
    if count < 2 or rows - count < 2:
        return None
    total = float(((scores - scores.mean()) ** 2).sum())
    within = sum(float(((scores[groups == group] - scores[groups == group].mean()) ** 2).sum()) for group in np.unique(groups))
    by_chance = within / (rows - count)
    return float(np.clip((total - within - (count - 1) * by_chance) / total, 0.0, 1.0))
