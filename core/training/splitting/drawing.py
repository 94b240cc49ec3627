"""Drawing units of rows that must stay together until they hold about as many rows as wanted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import BadInput
from core.tables.problems import number_of


@dataclass(frozen=True, eq=False)
class Units:
    """Rows that stay together.

    Attributes:
        rows: int64 ``[rows]``, rows of the table, ascending.
        unit: int64 ``[rows]``: the unit of each of them, from 0.
        sizes: int64 ``[units]``: how many rows each has.
    """

    rows: np.ndarray
    unit: np.ndarray
    sizes: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray, ids: np.ndarray | None) -> Units:
        """Units of the rows with equal ``ids`` (one for each row of the table); each row alone where ``None``."""
        if ids is None:
            return cls(rows, np.arange(len(rows)), np.ones(len(rows), np.int64))
        _, unit, sizes = np.unique(ids[rows], return_inverse=True, return_counts=True)
        return cls(rows, unit, sizes)

    def wanted(self, share: float) -> int:
        """Rows nearest to the share, with at least one row on either side."""
        return min(max(1, round(share * len(self.rows))), len(self.rows) - 1)

    def divided(self, drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The rows of all other units, and those of the units ``drawn``; both ascending."""
        chosen = np.isin(self.unit, drawn)
        return self.rows[~chosen], self.rows[chosen]


def draw(units: Units, share: float, rng: np.random.Generator) -> np.ndarray:
    """Units in random order while they fit, then the one that brings the rows nearest to the share, if any does.

    Raises:
        BadInput: there is one unit only.
    """
    if len(units.sizes) < 2:
        raise BadInput(
            "rows that can be divided", "that all of them belong together", "Choose another way to split, or bring a validation table."
        )
    wanted = units.wanted(share)
    drawn = _fitting(rng.permutation(len(units.sizes)), units.sizes, wanted)
    held = int(units.sizes[drawn].sum())
    rest = np.setdiff1d(np.arange(len(units.sizes)), drawn)
    after = np.abs(held + units.sizes[rest] - wanted)
    if len(rest) > 1 and (not held or after.min() < wanted - held):
        drawn = np.append(drawn, rest[after.argmin()])
    return drawn


def draw_stratified(units: Units, strata: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """The same share of every stratum, as near as whole rows allow; a stratum of one unit is never drawn from.

    Args:
        units: what stays together.
        strata: int64 ``[rows]``: the stratum of each row of ``units``. A unit counts for the rarest of its rows.
        share: of the rows to draw.
        rng: decides which.

    Raises:
        BadInput: no stratum has two units.
    """
    stratum = _stratum_of_units(units, strata)
    members = np.bincount(stratum)
    if members.max() < 2:
        raise BadInput(
            "a label that at least two different texts have: one to learn from, one to measure with",
            f"{number_of(len(members), 'label')} in {number_of(len(units.rows), 'row')}, none with two different texts",
            "Choose a label column whose values repeat from row to row. If this is the one, label more rows, or bring a validation table.",
        )
    quota = _quotas(np.bincount(stratum, weights=units.sizes), members > 1, units.wanted(share), share, rng)
    order = rng.permutation(len(stratum))
    order = order[np.argsort(stratum[order], kind="stable")]
    parts = [_fitting(part, units.sizes, quota[stratum[part[0]]]) for part in np.split(order, np.cumsum(members)[:-1]) if len(part)]
    drawn = np.concatenate(parts)
    return _filled_up(units, stratum, drawn, int(quota.sum()), rng)


def _fitting(order: np.ndarray, sizes: np.ndarray, room: int) -> np.ndarray:
    """Of the units in this order, each that still fits into ``room`` rows."""
    taken = []
    for unit in order.tolist():
        if sizes[unit] <= room:
            taken.append(unit)
            room -= sizes[unit]
            if not room:
                break
    return np.array(taken, np.int64)


def _stratum_of_units(units: Units, strata: np.ndarray) -> np.ndarray:
    """int64 ``[units]``: the rarest stratum among each unit's rows, numbered without gaps, the rarest first."""
    _, place, counts = np.unique(strata, return_inverse=True, return_counts=True)
    rank = np.empty(len(counts), np.int64)
    rank[np.argsort(counts, kind="stable")] = np.arange(len(counts))
    rarest = np.full(len(units.sizes), len(counts), np.int64)
    np.minimum.at(rarest, units.unit, rank[place])
    return np.unique(rarest, return_inverse=True)[1]


def _quotas(rows: np.ndarray, drawable: np.ndarray, wanted: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """int64 ``[strata]``: rows to draw from each, by largest remainders. Those left with none by rounding down come first."""
    exact = np.where(drawable, share * rows, 0)
    quota = np.floor(exact).astype(np.int64)
    order = np.lexsort((rng.random(len(rows)), quota - exact, quota > 0))
    order = order[drawable[order] & (quota[order] < rows[order] - 1)]
    quota[order[: max(0, wanted - quota.sum())]] += 1
    return quota


def _filled_up(units: Units, stratum: np.ndarray, drawn: np.ndarray, wanted: int, rng: np.random.Generator) -> np.ndarray:
    """More units where large ones left room, and one at least; the last unit of a stratum stays where it is."""
    left = np.bincount(stratum) - np.bincount(stratum[drawn], minlength=stratum.max() + 1)
    room = wanted - int(units.sizes[drawn].sum())
    more: list[int] = []
    rest = rng.permutation(np.setdiff1d(np.arange(len(stratum)), drawn)) if room else np.zeros(0, np.int64)
    for unit in rest.tolist():
        if units.sizes[unit] <= room and left[stratum[unit]] > 1:
            more.append(unit)
            left[stratum[unit]] -= 1
            room -= units.sizes[unit]
    if not len(drawn) and not more:
        several = rest[left[stratum[rest]] > 1]
        more = [int(several[units.sizes[several].argmin()])]
    return np.append(drawn, np.array(more, np.int64))
