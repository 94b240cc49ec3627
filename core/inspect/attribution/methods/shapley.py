"""Sampled Shapley values: what a unit adds to the number, on average over the orders in which units could be added to the text."""

from __future__ import annotations

from math import factorial

import numpy as np

from core.errors import LimitReached
from core.inspect.attribution.asking import SHORTER, Asker
from core.inspect.attribution.methods.base import Attributed, Choices, Cost, Limits, Method


class SampledShapley(Method):
    """Random orders and their mirrors (antithetic sampling, Mitchell et al. 2022, https://jmlr.org/papers/v23/21-0439.html).

    In every order the values add up to ``f(text) - f(nothing)``, so their mean does. The standard error of a value is that of the mean
    over the pairs of an order and its mirror. Where all subsets cost no more than the orders, they are all asked: nothing is sampled then.
    """

    name = "shapley"
    title = "Sampled Shapley values"
    paper = "Štrumbelj and Kononenko 2010, An Efficient Explanation of Individual Classifications using Game Theory"
    url = "https://jmlr.org/papers/v11/strumbelj10a.html"
    idea = "Add the words in random orders and see what each brings: fair also to words that stand in for each other. The dearest."
    cost_words = "a forward pass for each word in each order"

    def cost(self, units: int, choices: Choices, limits: Limits) -> Cost:
        orders = self.orders(units, choices, limits)
        return Cost(2**units if _small(units, orders) else orders * (units - 1) + 2)

    def orders(self, units: int, choices: Choices, limits: Limits) -> int:
        """Orders that are drawn: as many as were chosen, fewer where the passes do not suffice; an even number, two at least."""
        room = (limits.passes - 2) // max(units - 1, 1)
        return max(2, min(choices.orders, room) // 2 * 2)

    def attribute(self, asker: Asker, choices: Choices, limits: Limits) -> Attributed:
        units = len(asker.units)
        orders = self.orders(units, choices, limits)
        if _small(units, orders):
            return _exact(asker)
        ends = asker.values(np.repeat(np.array([[False], [True]]), units, axis=1))
        random = np.random.default_rng(choices.seed)
        samples: list[np.ndarray] = []
        while len(samples) < orders // 2 and not (samples and asker.late):
            order = random.permutation(units)
            try:
                samples.append(_marginals(asker, np.stack([order, order[::-1]]), ends).mean(axis=0))
            except LimitReached:
                if not samples:
                    raise
                break
        return _summed(samples, orders, choices.orders, ends)


def _small(units: int, orders: int) -> bool:
    return units < 2 or (units < 20 and 2**units <= orders * (units - 1) + 2)


def _exact(asker: Asker) -> Attributed:
    """Every subset once; the weight of one of ``s`` out of ``n`` units is ``s! (n - s - 1)! / n!``."""
    units = len(asker.units)
    subsets = np.arange(2**units)
    present = (subsets[:, None] >> np.arange(units) & 1).astype(bool)
    found = asker.values(present)
    sizes = present.sum(axis=1)
    weights = np.array([factorial(size) * factorial(units - size - 1) / factorial(units) for size in range(units)])
    values = np.empty(units)
    for unit in range(units):
        without = subsets[~present[:, unit]]
        values[unit] = (weights[sizes[without]] * (found[without | 1 << unit] - found[without])).sum()
    return Attributed(values, float(found[-1]), float(found[0]), np.zeros(units), effort=f"all {len(subsets):,} subsets: exact")


def _marginals(asker: Asker, orders: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """What each unit adds where it comes in each order, float64 ``[orders, units]``."""
    count, units = orders.shape
    rank = np.argsort(orders, axis=1)
    present = rank[:, None, :] < np.arange(1, units)[None, :, None]
    inner = asker.values(present.reshape(-1, units)).reshape(count, units - 1)
    steps = np.concatenate([np.full((count, 1), ends[0]), inner, np.full((count, 1), ends[1])], axis=1)
    return np.take_along_axis(np.diff(steps, axis=1), rank, axis=1)


def _summed(samples: list[np.ndarray], planned: int, asked: int, ends: np.ndarray) -> Attributed:
    pairs = np.stack(samples)
    done = 2 * len(pairs)
    errors = pairs.std(axis=0, ddof=1) / np.sqrt(len(pairs)) if len(pairs) > 1 else None
    notes = []
    if done < planned:
        notes.append(f"The time was up after {done} of {planned} orders (attribution_seconds): another try may come further.")
    elif planned < asked // 2 * 2:
        notes.append(f"{planned} orders instead of {asked}: more would take more passes than attribution_passes allows. {SHORTER}")
    return Attributed(
        pairs.mean(axis=0), float(ends[1]), float(ends[0]), errors, effort=f"{done} orders, half of them mirrored", notes=tuple(notes)
    )
