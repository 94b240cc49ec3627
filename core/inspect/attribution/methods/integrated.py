"""Integrated gradients: the gradients on the straight way from a text without information to the text, added up."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from core.inspect.attribution.asking import Asker, baselines
from core.inspect.attribution.methods.base import Attributed, Choices, Cost, Limits, Method

POINTS = 8  # of the quadrature of one piece of the way
FIRST_PIECES = 2
GOOD = 0.01
SMALLEST = 1e-6  # a difference below it is rounding, and no error is a part of it


class Piece(NamedTuple):
    """A piece of the way from the base (0) to the text (1).

    Args:
        tokens: what each token adds on it, float64 ``[tokens]``.
        error: how far their sum misses what the number gains on it.
    """

    begin: float
    end: float
    tokens: np.ndarray
    error: float


class IntegratedGradients(Method):
    """``(x - b) * integral from 0 to 1 of df/dx(b + a (x - b)) da`` by Gauss-Legendre quadrature on the embeddings.

    The values add up to ``f(x) - f(b)`` (completeness). How far they miss it is the error of the integral, known on each piece of the way
    by itself: pieces that miss by too much are halved, so that the points double where the gradient turns, until all misses together are
    under 1 % of the difference, or until ``limits.steps`` points or the time are reached.
    """

    name = "integrated-gradients"
    title = "Integrated gradients"
    paper = "Sundararajan, Taly and Yan 2017, Axiomatic Attribution for Deep Networks"
    url = "https://arxiv.org/abs/1703.01365"
    idea = "Follow the gradients from an empty text to this one. The values add up to the difference of the two; the error is known."
    cost_words = "a forward and a backward pass for each point, doubled where needed until the error is under 1 %"
    gradients = True

    def cost(self, units: int, choices: Choices, limits: Limits) -> Cost:
        first = FIRST_PIECES * POINTS
        return Cost(first + FIRST_PIECES + 3, first, min(limits.passes, max(limits.steps, first) * 9 // 8 + FIRST_PIECES + 3))

    def attribute(self, asker: Asker, choices: Choices, limits: Limits) -> Attributed:
        kind = choices.baseline or baselines(asker.model.tokenizer)[0]
        points = asker.embedded()
        way = _Way(asker, points, asker.baseline(points, kind))
        bounds = np.linspace(0, 1, FIRST_PIECES + 1)
        pieces = way.pieces(bounds)
        difference = way.number(1.0) - way.number(0.0)
        most = max(abs(difference), SMALLEST) * GOOD
        while sum(abs(piece.error) for piece in pieces) > most and not asker.late:
            room = min(limits.steps - way.looked, limits.passes - asker.forward_passes) // (2 * POINTS + 1)
            rough = sorted((piece for piece in pieces if abs(piece.error) > most / (2 * len(pieces))), key=lambda piece: -abs(piece.error))
            if room < 1:
                break
            halved = {id(piece) for piece in rough[:room]}
            pieces = [piece for piece in pieces if id(piece) not in halved] + [half for piece in rough[:room] for half in way.halves(piece)]
        values = asker.per_unit(np.sum([piece.tokens for piece in pieces], axis=0))
        error = abs(values.sum() - difference) / max(abs(difference), SMALLEST)
        effort = f"{POINTS * len(pieces):,} points on the way from {_words(kind)}"
        return Attributed(values, way.number(1.0), way.number(0.0), completeness=float(error), effort=effort)


class _Way:
    """The straight way from the base to the text."""

    def __init__(self, asker: Asker, points: Any, base: Any) -> None:
        self._asker, self._base, self._way = asker, base, points - base
        self._numbers: dict[float, float] = {}
        self.looked = 0

    def number(self, place: float) -> float:
        """The number at a place of the way, asked once."""
        if place not in self._numbers:
            self._numbers[place] = float(self._asker.along((self._base + place * self._way)[None])[0])
        return self._numbers[place]

    def pieces(self, bounds: np.ndarray) -> list[Piece]:
        """The pieces between these places."""
        nodes, weights = np.polynomial.legendre.leggauss(POINTS)
        lengths = np.diff(bounds)
        places = (bounds[:-1, None] + lengths[:, None] * (nodes + 1) / 2).ravel()
        tokens = (self._slopes(places) * (lengths[:, None] * weights / 2).ravel()[:, None]).reshape(len(lengths), POINTS, -1).sum(axis=1)
        return [
            Piece(begin, end, own, float(own.sum() - (self.number(end) - self.number(begin))))
            for begin, end, own in zip(bounds[:-1].tolist(), bounds[1:].tolist(), tokens, strict=True)
        ]

    def halves(self, piece: Piece) -> list[Piece]:
        """Both halves of a piece."""
        return self.pieces(np.array([piece.begin, (piece.begin + piece.end) / 2, piece.end]))

    def _slopes(self, places: np.ndarray) -> np.ndarray:
        """The slope along the way that each token has at each place, float64 ``[places, tokens]``."""
        import torch

        found = []
        for begin in range(0, len(places), self._asker.together):
            share = torch.from_numpy(places[begin : begin + self._asker.together]).to(self._base.device, self._base.dtype)
            _, slopes = self._asker.slopes(self._base + share[:, None, None] * self._way)
            found.append((slopes.double() * self._way.double()).sum(dim=-1).cpu().numpy())
        self.looked += len(places)
        return np.concatenate(found)


def _words(kind: str) -> str:
    return {"zero": "embeddings of zeros", "mask": "a text of mask tokens", "unknown": "a text of unknown tokens"}.get(
        kind, "a text of padding tokens"
    )
