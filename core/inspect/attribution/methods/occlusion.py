"""Span occlusion: a window slides over the text, and what stands in it is hidden."""

from __future__ import annotations

import numpy as np

from core.inspect.attribution.asking import Asker
from core.inspect.attribution.methods.base import Attributed, Choices, Cost, Limits, Method


class SpanOcclusion(Method):
    """Every span of ``width`` neighbouring units is hidden once. Its fall is shared equally by its units; a unit's value is the mean of its
    shares over the spans that it is in."""

    name = "span-occlusion"
    title = "Span occlusion"
    paper = "Zeiler and Fergus 2014, Visualizing and Understanding Convolutional Networks"
    url = "https://arxiv.org/abs/1311.2901"
    idea = "Hide several neighbouring words at once and move on by one: finds phrases, and is steadier than single words."
    cost_words = "one forward pass for each place of the window"

    def cost(self, units: int, choices: Choices, limits: Limits) -> Cost:
        return Cost(max(1, units - choices.width + 1) + 1)

    def attribute(self, asker: Asker, choices: Choices, limits: Limits) -> Attributed:
        units = len(asker.units)
        width = min(choices.width, units)
        spans = np.arange(units) - np.arange(units - width + 1)[:, None]
        inside = (spans >= 0) & (spans < width)
        whole = asker.whole()
        falls = whole - asker.values(~inside)
        values = (inside * falls[:, None] / width).sum(axis=0) / inside.sum(axis=0)
        best = int(np.abs(falls).argmax())
        first, last = asker.units[best], asker.units[best + width - 1]
        note = f"The span from {first.text!r} to {last.text!r} moves the number most: by {falls[best]:+.3g}."
        return Attributed(values, whole, effort=f"{len(falls):,} texts with {width} units hidden in each", notes=(note,))
