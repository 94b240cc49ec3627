"""Masked language models: what a model expects in each gap of a text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel

from core.inference.loading import Loaded
from core.inspect import row
from core.inspect.pieces import Pieces
from core.inspect.scoring import BITS, Alternative, alternatives, at_most, scores_of
from core.schema import LookSpec, Role
from core.settings import Settings
from core.tasks.fill_mask import GAP, target_id
from core.tasks.network import call


class Target(BaseModel):
    """A word of the user's own in a gap, by its probability among all tokens.

    ``scored`` is the token that was scored; ``whole`` says that it is the word itself, not only its beginning.
    """

    word: str
    id: int
    scored: str
    whole: bool
    probability: float
    surprisal: float | None
    rank: int


class Gap(BaseModel):
    """What the model expects in one gap. ``place`` is its token's number in the text; ``entropy`` in bits."""

    gap: int
    place: int
    entropy: float
    candidates: list[Alternative]
    targets: list[Target]


class Gaps(BaseModel):
    """All gaps of a text, each filled independently of the others; ``missing`` are targets without any token."""

    model: str
    unit: str = BITS
    text: str
    filled: str
    gaps: list[Gap]
    missing: list[str]
    lost: int
    vocabulary: int


def masks(settings: Settings, loaded: Loaded, look: LookSpec, *, top: int = 10, targets: Sequence[str] = ()) -> Gaps:
    """The likeliest tokens for each gap, and the probability of words of the user's own.

    Args:
        top: tokens for each gap, at most ``settings.max_alternatives``.
        targets: words; those of the look's options where there are none. A word that is no token is scored by its first one.

    Raises:
        BadInput: the text has no gap.
    """
    tokenizer, pieces = loaded.model.tokenizer, Pieces(loaded.model.tokenizer)
    encoded, inputs = row.encode_one(settings, loaded, look)
    at = np.flatnonzero(inputs["input_ids"][0] == tokenizer.mask_token_id)
    logits = call(loaded.model.network, inputs).logits[0, at.tolist()].float()
    wanted = list(targets or loaded.model.options.targets)[: settings.max_alternatives]
    known = {word: number for word in dict.fromkeys(wanted) if (number := target_id(tokenizer, word)) is not None}
    scores = scores_of(logits, [0] * len(at), at_most(settings, top))
    own = {word: scores_of(logits, [number] * len(at), 1) for word, number in known.items()}
    gaps = [
        Gap(
            gap=number + 1,
            place=int(place),
            entropy=float(scores.entropy[number]),
            candidates=[_as_filled(tokenizer, one) for one in alternatives(pieces, scores, number)],
            targets=[_target(pieces, word, known[word], own[word], number) for word in known],
        )
        for number, place in enumerate(at)
    ]
    text = look.cells[Role.TEXT]
    best = iter([gap.candidates[0].text for gap in gaps])
    return Gaps(
        model=look.model,
        text=text,
        filled=GAP.sub(lambda found: next(best, found[0]), text),
        gaps=gaps,
        missing=[word for word in dict.fromkeys(wanted) if word not in known],
        lost=int(encoded.lost[0]),
        vocabulary=int(logits.shape[1]),
    )


def _as_filled(tokenizer: Any, one: Alternative) -> Alternative:
    """The candidate as a run writes it into the gap: pieces that go on within a word keep the mark of their tokenizer."""
    return one.model_copy(update={"text": tokenizer.decode([one.id]).strip() or one.text})


def _target(pieces: Pieces, word: str, number: int, scores: Any, gap: int) -> Target:
    surprisal, scored = float(scores.surprisal[gap]), pieces[number]
    return Target(
        word=word,
        id=number,
        scored=scored,
        whole=scored.strip().casefold() == word.strip().casefold(),
        probability=2.0**-surprisal,
        surprisal=surprisal if math.isfinite(surprisal) else None,
        rank=int(scores.rank[gap]),
    )
