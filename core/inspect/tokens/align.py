"""Places of tokens in a text where the tokenizer does not give them: exact by bytes, else by matching from both ends."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

WINDOW = 400  # letters that a token is looked for ahead


class Place(NamedTuple):
    """Characters ``start`` to before ``end``; ``sure`` where no other reading was found."""

    start: int
    end: int
    sure: bool


def by_bytes(text: str, pieces: Sequence[bytes]) -> list[Place] | None:
    """Places of pieces that are the text's bytes in UTF-8, one after the other; ``None`` where they are not.

    A piece that holds a part of a character has the place of the whole one, as fast tokenizers say it too.
    """
    if b"".join(pieces) != text.encode():
        return None
    owner = [number for number, letter in enumerate(text) for _ in range(len(letter.encode()))]
    ends = list(accumulate(map(len, pieces)))
    starts = [end - len(piece) for end, piece in zip(ends, pieces, strict=True)]
    return [_place(text, owner, span, sure=True, accents=False) for span in zip(starts, ends, strict=True)]


def by_matching(text: str, pieces: Sequence[str | None]) -> list[Place]:
    """Places of pieces that may differ from the text by case, accents, width or composition.

    Letters are compared without these. The text is read from its beginning and from its end: a token's place is sure where both agree.

    Args:
        pieces: what each token spells, ``None`` where it may stand for anything.
    """
    letters, owner = _folded(text)
    folded = [None if piece is None else _folded(piece)[0] for piece in pieces]
    ahead = _walk(letters, folded)
    back = _walk(letters[::-1], [piece if piece is None else piece[::-1] for piece in reversed(folded)])
    mirrored = [(len(letters) - end, len(letters) - start) for start, end in reversed(back)]
    spans, others = _shared_out(text, owner, ahead), _shared_out(text, owner, mirrored)
    often = Counter(span for span in spans if span[0] < span[1])
    return [_place(text, owner, span, sure=span == other and often[span] < 2) for span, other in zip(spans, others, strict=True)]


def _folded(text: str) -> tuple[str, list[int]]:
    """Letters without case, accents, compatibility forms and blanks, and the character that each comes from."""
    letters, owner = [], []
    for number, character in enumerate(text):
        for letter in unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold()):
            if not letter.isspace() and not unicodedata.combining(letter):
                letters.append(letter)
                owner.append(number)
    return "".join(letters), owner


def _walk(letters: str, pieces: Sequence[str | None]) -> list[tuple[int, int]]:
    """Each piece at its first occurrence behind the one before; pieces that are not found share what lies between those that are."""
    spans: list[tuple[int, int]] = [(0, 0)] * len(pieces)
    at, waiting = 0, []
    for number, piece in enumerate(pieces):
        if piece == "":
            if waiting:
                waiting.append(number)
            else:
                spans[number] = (at, at)
            continue
        found = -1 if piece is None else letters.find(piece, at + sum(pieces[each] is None for each in waiting), at + WINDOW + len(piece))
        if found < 0:
            waiting.append(number)
            continue
        for each in waiting:
            spans[each] = (at, found)
        waiting = []
        spans[number] = (found, found + len(piece))
        at = found + len(piece)
    for each in waiting:
        spans[each] = (at, len(letters))
    return spans


def _shared_out(text: str, owner: list[int], spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Where as many tokens share a stretch as it has words, each gets one of them."""
    result, number = list(spans), 0
    while number < len(spans):
        last = number
        while last + 1 < len(spans) and spans[last + 1] == spans[number] and spans[number][0] < spans[number][1]:
            last += 1
        if last > number:
            words = _words(text, owner, spans[number])
            if len(words) == last - number + 1:
                result[number : last + 1] = words
        number = last + 1
    return result


def _words(text: str, owner: list[int], span: tuple[int, int]) -> list[tuple[int, int]]:
    words, start = [], span[0]
    for place in range(span[0] + 1, span[1]):
        if any(character.isspace() for character in text[owner[place - 1] + 1 : owner[place]]):
            words.append((start, place))
            start = place
    return [*words, (start, span[1])]


def _place(text: str, owner: list[int], span: tuple[int, int], *, sure: bool, accents: bool = True) -> Place:
    """Characters of a span of letters, or bytes, with the accents behind the last where those were left out."""
    start, end = span
    if start >= end:
        at = owner[start] if start < len(owner) else len(text)
        return Place(at, at, sure)
    stop = owner[end - 1] + 1
    while accents and stop < len(text) and unicodedata.combining(text[stop]):
        stop += 1
    return Place(owner[start], stop, sure)
