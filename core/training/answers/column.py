"""What an answer column says: places in the contexts, or that there is no answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.metrics.answers import read_places
from core.training.answers.search import Place, find_answer


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers of all rows.

    Attributes:
        given: for each row the right answers as texts, none where its context has no answer; ``None`` where the row says nothing.
        places: for each row where its answers stand, in the order of the cell; those that stand nowhere are left out.
    """

    given: list[tuple[str, ...] | None]
    places: list[tuple[Place, ...]]

    def __len__(self) -> int:
        return len(self.given)

    @property
    def silent(self) -> np.ndarray:
        """bool ``[rows]``: the row does not say what is right."""
        return np.array([answers is None for answers in self.given], bool)

    @property
    def empty(self) -> np.ndarray:
        """bool ``[rows]``: the row says that there is no answer."""
        return np.array([answers == () for answers in self.given], bool)

    @property
    def found(self) -> np.ndarray:
        """bool ``[rows]``: an answer stands in the context."""
        return np.array([bool(places) for places in self.places], bool)

    def found_by(self, how: str) -> np.ndarray:
        """Rows with an answer that was found in this way, int64 and ascending; see :class:`core.training.answers.search.Place`."""
        return np.flatnonzero([any(place.how == how for place in places) for places in self.places])


def read_all(cells: Sequence[str | None], contexts: Sequence[str], *, blank_is_none: bool) -> Answers:
    """Reads a column and finds its answers in their contexts.

    Args:
        blank_is_none: a blank cell says that there is no answer.
    """
    given, places = [], []
    for cell, context in zip(cells, contexts, strict=True):
        answers = read_places(cell, blank_is_none=blank_is_none)
        found = [find_answer(context, text, start) for text, start in answers or ()]
        given.append(None if answers is None else tuple(text for text, _ in answers))
        places.append(tuple(place for place in found if place.how != "nowhere"))
    return Answers(given, places)
