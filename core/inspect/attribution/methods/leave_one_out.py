"""Leave-one-out: how much the number falls when one unit is hidden."""

from __future__ import annotations

import numpy as np

from core.inspect.attribution.asking import Asker
from core.inspect.attribution.methods.base import Attributed, Choices, Cost, Limits, Method


class LeaveOneOut(Method):
    """``f(text) - f(text without the unit)``, unit by unit. Blind to two units that stand in for each other."""

    name = "leave-one-out"
    title = "Leave one out"
    paper = "Li, Monroe and Jurafsky 2016, Understanding Neural Networks through Representation Erasure"
    url = "https://arxiv.org/abs/1612.08220"
    idea = "Hide one word after the other and see how far the number falls. A word that another one repeats looks unimportant."
    cost_words = "one forward pass for each word or token"

    def cost(self, units: int, choices: Choices, limits: Limits) -> Cost:
        return Cost(units + 1)

    def attribute(self, asker: Asker, choices: Choices, limits: Limits) -> Attributed:
        units = len(asker.units)
        whole = asker.whole()
        return Attributed(whole - asker.values(~np.eye(units, dtype=bool)), whole, effort=f"{units:,} texts with one unit hidden in each")
