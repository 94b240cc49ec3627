"""What changed between two sets of answers on the same rows: by right and wrong, or by a score where that does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.metrics.paired import count_pairs, f1_of_sums, mcnemar, mean_of_sums, paired_difference, paired_figure
from core.tasks.scoring import LOWER_IS_BETTER, Scored

FIXED, BROKEN, UNCHANGED = "fixed", "broken", "unchanged"
BETTER, WORSE = "better", "worse"
BY_RIGHT = ("accuracy", "same_labels")
BY_SCORE = ("entity_f1", "answer_f1", "rouge_l", "absolute_error")
"""What a row is judged by where its answer may be nearly right."""

SAME = 1e-9  # scores that differ by less are the same


@dataclass(frozen=True)
class Changes:
    """Rows before and after.

    Args:
        known: rows that can be compared, bool ``[rows]``.
        change: of each of these, one of the five words above.
        facts: counts and figures, as JSON values.
        off: score of each of these rows before, float64; ``None`` where they are right or wrong.
        on: likewise after.
    """

    known: np.ndarray
    change: np.ndarray
    facts: dict[str, Any]
    off: np.ndarray | None = None
    on: np.ndarray | None = None


def changes(off: Scored, on: Scored, seed: int = 0) -> Changes | None:
    """Counts rows by what became of them; ``None`` where no row has a score in both.

    Args:
        off: the rows before.
        on: the same rows after.
        seed: of the resampling.
    """
    if any(name in on.scores for name in BY_RIGHT) and off.right is not None and on.right is not None:
        return _by_right(off.right, on.right)
    for name in BY_SCORE:
        if name in off.scores and name in on.scores:
            known = _known(off.scores[name]) & _known(on.scores[name])
            if known.any():
                return _by_score(name, off.scores[name][known], on.scores[name][known], known, seed)
    return None


def _by_right(off: np.ndarray, on: np.ndarray) -> Changes | None:
    known = np.isfinite(off) & np.isfinite(on)
    was, now = off[known] > 0.5, on[known] > 0.5
    if not len(was):
        return None
    pairs = count_pairs(was, now)
    facts = {
        "rows": len(was),
        FIXED: pairs.fixed,
        BROKEN: pairs.broken,
        UNCHANGED: pairs.both_right + pairs.both_wrong,
        "right_off": int(was.sum()),
        "right_on": int(now.sum()),
        "mcnemar": mcnemar(pairs.fixed, pairs.broken),
    }
    return Changes(known, np.where(~was & now, FIXED, np.where(was & ~now, BROKEN, UNCHANGED)), facts)


def _by_score(name: str, off: np.ndarray, on: np.ndarray, known: np.ndarray, seed: int) -> Changes:
    """``off`` and ``on`` are what the figure sums up over the known rows."""
    was, now = row_scores(off), row_scores(on)
    gain = (was - now if name in LOWER_IS_BETTER else now - was) * (np.abs(now - was) > SAME)
    change = np.where(gain > 0, BETTER, np.where(gain < 0, WORSE, UNCHANGED))
    facts = {
        "rows": len(was),
        "score": name,
        **{kind: int((change == kind).sum()) for kind in (BETTER, WORSE, UNCHANGED)},
        "off": _figure(off),
        "on": _figure(on),
        "difference": paired_difference(off, on, seed) if off.ndim == 1 else paired_figure(off, on, f1_of_sums, seed),
    }
    return Changes(known, change, facts, was, now)


def row_scores(values: np.ndarray) -> np.ndarray:
    """One number for each row: of hits, found and true the row's own F1, 1 where there is nothing to find and nothing found."""
    if values.ndim == 1:
        return values
    f1 = f1_of_sums(values)
    return np.where(np.isnan(f1), 1.0, f1)


def _figure(values: np.ndarray) -> float | None:
    """The figure over all rows."""
    sums = values.sum(0) if values.ndim == 2 else np.array([values.sum(), len(values)])
    found = float((f1_of_sums if values.ndim == 2 else mean_of_sums)(sums[None])[0])
    return found if np.isfinite(found) else None


def _known(values: np.ndarray) -> np.ndarray:
    return np.isfinite(values).reshape(len(values), -1).all(axis=1)
