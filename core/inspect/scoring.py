"""How a model scored each token of a text: the numbers that all views of written texts share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import BaseModel

from core.errors import RunFailed
from core.inspect.pieces import Pieces
from core.settings import Settings

BITS = "bits"
SLICE = 64  # positions whose logits are turned into probabilities at once: of a large vocabulary each takes some 200 kB


class Alternative(BaseModel):
    """A token that could stand at a place, with the model's probability and its logit, ``None`` where that is infinite."""

    id: int
    text: str
    logit: float | None
    probability: float


class Position(BaseModel):
    """A token and how the model expected it.

    ``start`` and ``end`` are characters of the text, ``None`` for special tokens and where the tokenizer cannot tell. ``surprisal``
    (minus the binary logarithm of the token's probability) and ``entropy`` (of the whole distribution) are in bits; ``rank`` 1 is the
    likeliest token, equal ones share the better rank. All three are ``None`` where nothing stands before the token.
    """

    place: int
    id: int
    text: str
    special: bool
    start: int | None = None
    end: int | None = None
    surprisal: float | None = None
    rank: int | None = None
    entropy: float | None = None
    alternatives: list[Alternative] = []


@dataclass(frozen=True)
class Scores:
    """For each of ``n`` tokens, from the logits at its place.

    Args:
        surprisal: bits, float64 ``[n]``.
        rank: from 1, int64 ``[n]``.
        entropy: bits, float64 ``[n]``.
        best: the likeliest tokens, int64 ``[n, top]``.
        logits: of these, float64 ``[n, top]``.
        probabilities: of these, float64 ``[n, top]``.
    """

    surprisal: np.ndarray
    rank: np.ndarray
    entropy: np.ndarray
    best: np.ndarray
    logits: np.ndarray
    probabilities: np.ndarray


def scores_of(logits: Any, ids: Sequence[int], top: int) -> Scores:
    """Scores of tokens.

    Args:
        logits: tensor ``[n, vocabulary]``; row ``i`` was computed from all that stands before token ``i``.
        ids: the tokens that do stand there, ``[n]``.
        top: number of alternatives.

    Raises:
        RunFailed: a logit is no number.
    """
    import torch

    found: list[tuple[np.ndarray, ...]] = []
    top = min(top, logits.shape[1])
    with torch.inference_mode():
        chosen = torch.as_tensor(ids, device=logits.device, dtype=torch.int64)
        for begin in range(0, len(logits), SLICE):
            part, real = logits[begin : begin + SLICE].double(), chosen[begin : begin + SLICE, None]
            if bool(part.isnan().any()):
                raise RunFailed("logits that are numbers", "NaN", "Check the model's weights, or choose another model.")
            likely = part.log_softmax(dim=-1)
            shares = likely.exp()
            best = shares.topk(top, dim=-1)
            own = part.gather(1, real)
            # A logit of minus infinity has probability 0 and adds 0 to the entropy, where 0 times infinity would be no number.
            entropy = -(shares * likely.clamp_min(-1e30)).sum(dim=-1)
            columns = (
                -likely.gather(1, real)[:, 0],
                (part > own).sum(dim=-1) + 1,
                entropy,
                best.indices,
                part.gather(1, best.indices),
                best.values,
            )
            found.append(tuple(column.cpu().numpy() for column in columns))
    if not found:
        none = np.empty(0)
        return Scores(none, none.astype(np.int64), none, np.empty((0, top), np.int64), np.empty((0, top)), np.empty((0, top)))
    surprisal, rank, entropy, best, raw, values = (np.concatenate(column) for column in zip(*found, strict=True))
    return Scores(surprisal / math.log(2), rank, entropy / math.log(2), best, raw, values)


def alternatives(pieces: Pieces, scores: Scores, at: int) -> list[Alternative]:
    """The likeliest tokens at a place with their scores, as a view gives them."""
    columns = zip(scores.best[at].tolist(), scores.logits[at].tolist(), scores.probabilities[at].tolist(), strict=True)
    return [
        Alternative(id=token, text=pieces[token], logit=logit if math.isfinite(logit) else None, probability=value)
        for token, logit, value in columns
    ]


def positions(
    pieces: Pieces, ids: Sequence[int], scores: Scores, *, first: int = 0, places: Sequence[tuple[int, int] | None] | None = None
) -> list[Position]:
    """Tokens with their scores.

    Args:
        ids: tokens from place ``first`` on.
        scores: of the last ``len(scores.rank)`` of them; those before have none.
        places: characters of each token, where they are known.
    """
    found, without = [], len(ids) - len(scores.rank)
    for number, token in enumerate(ids):
        start, end = (places[number] or (None, None)) if places is not None else (None, None)
        at = number - without
        known: dict[str, Any] = {}
        if at >= 0:
            surprisal = float(scores.surprisal[at])
            known = {
                "surprisal": surprisal if math.isfinite(surprisal) else None,
                "rank": int(scores.rank[at]),
                "entropy": float(scores.entropy[at]),
                "alternatives": alternatives(pieces, scores, at),
            }
        found.append(
            Position(place=first + number, id=token, text=pieces[token], special=pieces.special(token), start=start, end=end, **known)
        )
    return found


def at_most(settings: Settings, top: int) -> int:
    """The number of alternatives to give: at least one, at most ``settings.max_alternatives``."""
    return max(1, min(int(top), settings.max_alternatives))
