"""Spans of characters as labels of tokens, and how many spans two rows of labels have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.tasks import Encoded
from core.tasks.spans.windows import NOWHERE
from core.training.loop.examples import IGNORED
from core.training.tags.column import BEGIN, OUTSIDE, Tagged
from core.training.tags.span_cells import Span


@dataclass(frozen=True)
class Scheme:
    """What the labels of a head mean, one value for each.

    Attributes:
        kind: number of its type; 0 of ``O``.
        begins: whether it begins a span whatever is before it.
        first: label of a type's first token, by its number.
        inside: label of its further ones.
        outside: label of tokens without a type; ``IGNORED`` where all words have one.
    """

    kind: np.ndarray
    begins: np.ndarray
    first: np.ndarray
    inside: np.ndarray
    outside: int

    @classmethod
    def of(cls, tagged: Tagged) -> Scheme:
        names, place = tagged.names, {name: number for number, name in enumerate(tagged.names)}
        offset = int(names[:1] == (OUTSIDE,))
        each = 1 if tagged.plain else 2
        kind = np.array([0] * offset + [number // each + 1 for number in range(len(names) - offset)], np.int64)
        first = np.array([0, *(place[kind if tagged.plain else BEGIN + kind] for kind in tagged.kinds)], np.int64)
        begins = np.array([not tagged.plain and name.startswith(BEGIN) for name in names], bool)
        return cls(kind, begins, first, first + each - 1, 0 if offset else IGNORED)


@dataclass(frozen=True)
class Tokens:
    """The tokens of all items behind each other, by their places in one long text: that of all rows.

    Attributes:
        row: of each token.
        start: in characters; meaningless where it was not read from the text.
        end: after its last character.
        read: whether it stands for something in the text.
        base: where the text of each row begins.
    """

    row: np.ndarray
    start: np.ndarray
    end: np.ndarray
    read: np.ndarray
    base: np.ndarray

    @classmethod
    def of(cls, encoded: Encoded) -> Tokens:
        texts = encoded.extra["texts"]
        base = np.concatenate([[0], np.cumsum([len(text) + 1 for text in texts])]).astype(np.int64)
        row = np.repeat(encoded.row, encoded.lengths)
        start, end = (encoded.extra[side].flat for side in ("start", "end"))
        return cls(row, start + base[row], end + base[row], start != NOWHERE, base)


def labels_of_tokens(tokens: Tokens, spans: Sequence[Sequence[Span]], scheme: Scheme, kinds: Sequence[str]) -> np.ndarray:
    """The label of each token, int32; ``IGNORED`` for what is not read from the text.

    Args:
        tokens: of windows that share none.
        spans: of each row, by their places, without overlaps.
    """
    number_of = {kind: number for number, kind in enumerate(kinds, start=1)}
    flat = [
        (tokens.base[row] + span.start, tokens.base[row] + span.end, number_of[span.kind]) for row, of in enumerate(spans) for span in of
    ]
    labels = np.where(tokens.read, scheme.outside, IGNORED)
    if not flat:
        return labels.astype(np.int32)
    first, last, kind = np.array(flat, np.int64).T
    place = np.minimum(np.searchsorted(last, tokens.start, side="right"), len(last) - 1)  # the span that ends next
    inside = tokens.read & (last[place] > tokens.start) & (first[place] < np.maximum(tokens.end, tokens.start + 1))
    held = np.flatnonzero(inside)
    begins = np.diff(place[held], prepend=-1) != 0
    labels[held] = np.where(begins, scheme.first[kind[place[held]]], scheme.inside[kind[place[held]]])
    return labels.astype(np.int32)


def first_of_words(tokens: Tokens, starts: Sequence[Sequence[int]]) -> np.ndarray:
    """Which tokens are the first of a word, bool.

    Args:
        starts: where the words of each row begin, in characters.
    """
    begin = np.array([tokens.base[row] + start for row, of in enumerate(starts) for start in of], np.int64)
    read = np.flatnonzero(tokens.read)
    # By its last character: some tokenizers count the space before a word to its first token.
    word = np.searchsorted(begin, tokens.end[read] - 1, side="right")
    first = np.zeros(len(tokens.read), bool)
    first[read] = np.diff(word, prepend=0) != 0
    return first


def shared_spans(one: np.ndarray, other: np.ndarray, row: np.ndarray, scheme: Scheme) -> tuple[int, int, int]:
    """Spans that two rows of labels share, and how many each has.

    Args:
        one: labels of words or tokens behind each other, ``IGNORED`` for none.
        row: of each of them.
    """
    first, second = _spans(one, row, scheme), _spans(other, row, scheme)
    _, mine, theirs = np.intersect1d(first[0], second[0], assume_unique=True, return_indices=True)
    return int((first[1:, mine] == second[1:, theirs]).all(axis=0).sum()), first.shape[1], second.shape[1]


def _spans(labels: np.ndarray, row: np.ndarray, scheme: Scheme) -> np.ndarray:
    """int64 ``[3, spans]``: first and last place, and type."""
    known = labels != IGNORED
    place = np.where(known, labels, 0)
    kind = np.where(known, scheme.kind[place], 0)
    new = (np.diff(row, prepend=-1) != 0) | (np.diff(kind, prepend=-1) != 0) | (known & scheme.begins[place])
    last = np.append(new[1:], True)
    start, end = np.flatnonzero(new & (kind > 0)), np.flatnonzero(last & (kind > 0))
    return np.stack([start, end, kind[start]])
