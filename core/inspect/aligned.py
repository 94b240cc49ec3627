"""One text under two language models, or two texts under one: laid side by side.

Tokens of two models differ, so their text is compared over the same characters. A boundary that both tokenizers have cuts it into
stretches, and the surprisals of a stretch's tokens add up: the probability of a stretch of text is the product of those of its tokens.
Perplexities of different tokenizers say nothing against each other, bits per character do.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from pydantic import BaseModel

from core.errors import BadInput
from core.inspect.causal import Surprisal
from core.inspect.scoring import BITS, Position

Spans = list[tuple[int, list[Position]]]


class Stretch(BaseModel):
    """The smallest stretch of text that is whole tokens for both models; surprisals in bits.

    ``tokens`` are the places of the tokens of each model. ``surprisals`` are ``None`` where a model has no score for the first token.
    """

    start: int
    end: int
    text: str
    tokens: tuple[list[int], list[int]]
    surprisals: tuple[float | None, float | None]


class Aligned(BaseModel):
    """Stretches in the order of the text.

    ``same_tokens`` says that both models read the same tokens, so that every stretch is one token of each. ``totals`` are of the
    stretches that both have scored, ``per_character`` the same by their characters.
    """

    models: tuple[str, str]
    unit: str = BITS
    same_tokens: bool
    stretches: list[Stretch]
    characters: int
    totals: tuple[float, float]
    per_character: tuple[float | None, float | None]


def aligned(one: Surprisal, other: Surprisal) -> Aligned:
    """Two views of one text, side by side.

    Raises:
        BadInput: the texts differ, or a tokenizer does not tell where its tokens stand.
    """
    if not (one.text.startswith(other.text) or other.text.startswith(one.text)):
        raise BadInput("the same text for both models", "two texts", "Ask both models for the same row.")
    ends = [_by_end(view) for view in (one, other)]
    text = min(one.text, other.text, key=len)
    shared = sorted({end for end, _ in ends[0]} & {end for end, _ in ends[1]})
    cut = [_cut(spans, shared) for spans in ends]
    stretches, start = [], 0
    for end, first, second in zip(shared, *cut, strict=True):
        places = [token.place for token in first], [token.place for token in second]
        sums = _sum(first), _sum(second)
        stretches.append(Stretch(start=start, end=end, text=text[start:end], tokens=places, surprisals=sums))
        start = end
    known = [stretch for stretch in stretches if None not in stretch.surprisals]
    totals = tuple(float(sum(stretch.surprisals[side] or 0.0 for stretch in known)) for side in (0, 1))
    characters = sum(stretch.end - stretch.start for stretch in known)
    return Aligned(
        models=(one.model, other.model),
        same_tokens=[(token.id, token.text) for token in one.tokens] == [(token.id, token.text) for token in other.tokens],
        stretches=stretches,
        characters=characters,
        totals=(totals[0], totals[1]),
        per_character=(totals[0] / characters, totals[1] / characters) if characters else (None, None),
    )


def kept_tokens(before: Surprisal, after: Surprisal) -> list[Stretch]:
    """The tokens that stand in a text before and after an edit, in the order of the edited text (Ratcliff and Obershelp's matching).

    Places in characters are those of the edited text; a token without a place, as of a tokenizer that tells none, stands at 0.
    """
    matcher = SequenceMatcher(None, [token.id for token in before.tokens], [token.id for token in after.tokens], autojunk=False)
    pairs = [
        (before.tokens[block.a + step], after.tokens[block.b + step])
        for block in matcher.get_matching_blocks()
        for step in range(block.size)
    ]
    return [
        Stretch(
            start=new.start or 0,
            end=new.end or 0,
            text=new.text,
            tokens=([old.place], [new.place]),
            surprisals=(old.surprisal, new.surprisal),
        )
        for old, new in pairs
        if not new.special
    ]


def _by_end(view: Surprisal) -> Spans:
    """The tokens of a view gathered by the character that they end with: the bytes of one character end together.

    Special tokens stand for no character and are left out.
    """
    spans: Spans = []
    for token in view.tokens:
        if token.special:
            continue
        if token.end is None:
            raise BadInput(
                "tokenizers that tell where their tokens stand", f"none from {view.model}", "Choose a model with a fast tokenizer."
            )
        if spans and token.end <= spans[-1][0]:
            spans[-1][1].append(token)
        else:
            spans.append((token.end, [token]))
    return spans


def _cut(spans: Spans, shared: Sequence[int]) -> list[list[Position]]:
    """The tokens between each shared boundary and the one before."""
    stretches: list[list[Position]] = [[] for _ in shared]
    at = 0
    for end, tokens in spans:
        while at < len(shared) and end > shared[at]:
            at += 1
        if at < len(shared):
            stretches[at] += tokens
    return stretches


def _sum(tokens: Sequence[Position]) -> float | None:
    values = [token.surprisal for token in tokens]
    return None if not values or None in values else float(sum(value for value in values if value is not None))
