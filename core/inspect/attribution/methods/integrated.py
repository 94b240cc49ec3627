"""Integrated gradients: the gradients on the straight way from a text without information to the text, added up."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.inspect.attribution.asking import Asker, baselines
from core.inspect.attribution.methods.base import Attributed, Choices, Cost, Limits, Method

FIRST_STEPS = 16
GOOD = 0.01
SMALLEST = 1e-6  # a difference below it is rounding, and no error is a part of it


class IntegratedGradients(Method):
    """``(x - b) * integral from 0 to 1 of df/dx(b + a (x - b)) da`` by Gauss-Legendre quadrature on the embeddings.

    The values add up to ``f(x) - f(b)`` (completeness). How far they miss it is the error of the integral; the points are doubled until
    it is under 1 %, or until ``limits.steps`` points or the time are reached.
    """

    name = "integrated-gradients"
    title = "Integrated gradients"
    paper = "Sundararajan, Taly and Yan 2017, Axiomatic Attribution for Deep Networks"
    url = "https://arxiv.org/abs/1703.01365"
    idea = (
        "Follow the gradients from an empty text to this one. The values add up to the difference between the two, and the error is known."
    )
    cost_words = "a forward and a backward pass for each point, doubled until the error is under 1 %"
    gradients = True

    def cost(self, units: int, choices: Choices, limits: Limits) -> Cost:
        first = min(FIRST_STEPS, limits.steps)
        most, steps = 0, first
        while steps <= limits.steps and most + steps + 3 <= limits.passes:
            most, steps = most + steps, 2 * steps
        return Cost(first + 3, first, most + 3)

    def attribute(self, asker: Asker, choices: Choices, limits: Limits) -> Attributed:
        kind = choices.baseline or baselines(asker.model.tokenizer)[0]
        points = asker.embedded()
        base = asker.baseline(points, kind)
        whole, without = (float(asker.along(one[None])[0]) for one in (points, base))
        best: Attributed | None = None
        steps = min(FIRST_STEPS, limits.steps)
        while best is None or (
            best.completeness > GOOD and steps <= limits.steps and asker.forward_passes + steps <= limits.passes and not asker.late
        ):
            values = asker.per_unit(_integral(asker, points, base, steps))
            error = abs(values.sum() - (whole - without)) / max(abs(whole - without), SMALLEST)
            if best is None or error < best.completeness:
                effort = f"{steps:,} points on the way from {_words(kind)}"
                best = Attributed(values, whole, without, completeness=float(error), effort=effort)
            steps *= 2
        return best


def _integral(asker: Asker, points: Any, base: Any, steps: int) -> np.ndarray:
    """The value of each token, float64 ``[tokens]``; the sums over the points are kept in double precision."""
    import torch

    nodes, weights = np.polynomial.legendre.leggauss(steps)
    way = (points - base).double()
    total = torch.zeros_like(way)
    for begin in range(0, steps, asker.together):
        part = slice(begin, begin + asker.together)
        share = torch.from_numpy((nodes[part] + 1) / 2).to(points.device)[:, None, None]
        _, slopes = asker.slopes((base + share * way).to(points.dtype))
        total += (torch.from_numpy(weights[part] / 2).to(points.device)[:, None, None] * slopes.double()).sum(dim=0)
    return (total * way).sum(dim=-1).cpu().numpy()


def _words(kind: str) -> str:
    return {"zero": "embeddings of zeros", "mask": "a text of mask tokens", "unknown": "a text of unknown tokens"}.get(
        kind, "a text of padding tokens"
    )
