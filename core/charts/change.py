"""Whether two shares differ by more than chance, so that no title tells of a change that is none."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

ENOUGH_ROWS = 30  # a share of fewer rows is not compared with another


def clearly_differ(first: float, first_rows: float, second: float, second_rows: float, comparisons: int = 1) -> bool:
    """Whether the 95 % interval of the difference of two shares leaves out zero.

    The interval is Newcombe's (1998, Statistics in Medicine 17, method 10), made of two Wilson intervals: it holds for
    small numbers and for shares of 0 and 1. A title that picks the widest of many differences has to say of how many.

    Args:
        first: rows with the label on one side, of ``first_rows``.
        first_rows: rows on that side.
        second: the same for the other side.
        second_rows: rows on the other side.
        comparisons: how many differences the caller chooses among (Bonferroni).
    """
    if min(first_rows, second_rows) < ENOUGH_ROWS:
        return False
    if first / first_rows > second / second_rows:
        first, first_rows, second, second_rows = second, second_rows, first, first_rows
    z = NormalDist().inv_cdf(1 - 0.025 / max(comparisons, 1))
    _, high = _wilson(first, first_rows, z)
    low, _ = _wilson(second, second_rows, z)
    one, other = first / first_rows, second / second_rows
    return other - one > sqrt((high - one) ** 2 + (other - low) ** 2)


def _wilson(part: float, whole: float, z: float) -> tuple[float, float]:
    share = part / whole
    centre = (share + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z / (1 + z * z / whole) * sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    return centre - half, centre + half
