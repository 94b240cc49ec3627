"""Gradient x input: how steep the number is at the embedding of each token, times that embedding."""

from __future__ import annotations

from core.inspect.attribution.asking import Asker
from core.inspect.attribution.methods.base import Attributed, Choices, Cost, Limits, Method


class GradientTimesInput(Method):
    """``sum over the width of (df/dx * x)`` for the embedding ``x`` of each token; a word's value is the sum of its tokens'."""

    name = "gradient-x-input"
    title = "Gradient × input"
    paper = "Shrikumar, Greenside, Shcherbina and Kundaje 2016, Not Just a Black Box"
    url = "https://arxiv.org/abs/1605.01713"
    idea = "How steep the number is where the text stands, times how far the text stands from nothing. The cheapest, and the roughest."
    cost_words = "one forward and one backward pass"
    gradients = True

    def cost(self, units: int, choices: Choices, limits: Limits) -> Cost:
        return Cost(3, 1)

    def attribute(self, asker: Asker, choices: Choices, limits: Limits) -> Attributed:
        points = asker.embedded()
        _, slopes = asker.slopes(points[None])
        tokens = (slopes[0] * points).sum(dim=-1).double().cpu().numpy()
        values = asker.per_unit(tokens)
        rest = float(tokens.sum() - values.sum())
        note = f"Special tokens and what is never hidden hold {rest:+.3g} more, which no word gets. The sum promises nothing."
        return Attributed(values, asker.whole(), effort="one backward pass", notes=(note,))
