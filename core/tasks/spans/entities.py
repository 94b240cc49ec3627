"""From scores of tokens to entities, as transformers' ``TokenClassificationPipeline`` does it, for many texts at once.

Tokens and words of all windows lie behind each other in flat arrays: only what becomes an entity is ever a Python object.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

WORD_STRATEGIES = ("first", "average", "max")
"""These give all tokens of a word one label; they need offsets."""


class Entity(NamedTuple):
    """A stretch of a text. ``start`` and ``end`` count characters; where the tokenizer does not know them, ``text`` says what it holds."""

    label: str
    score: float
    start: int | None
    end: int | None
    text: str = ""


@dataclass(frozen=True)
class Units:
    """Tokens, or words made of tokens, of several windows.

    Args:
        window: number of the window of each, ascending.
        label: index of its label.
        score: probability of that label.
        start: of its characters in the text.
        end: after its last character.
        first: number of its first token.
        last: number of its last token.
    """

    window: np.ndarray
    label: np.ndarray
    score: np.ndarray
    start: np.ndarray
    end: np.ndarray
    first: np.ndarray
    last: np.ndarray


@dataclass(frozen=True)
class Tags:
    """What labels mean, one value for each.

    Args:
        kind: number of its type.
        begins: whether it begins an entity.
        names: of an entity that begins with it.
        ignored: whether to leave such an entity out.
    """

    kind: np.ndarray
    begins: np.ndarray
    names: list[str]
    ignored: np.ndarray

    @classmethod
    def of(cls, labels: Sequence[str], ignored: Sequence[str], *, whole: bool) -> Tags:
        """Reads ``B-`` and ``I-`` off the labels; a label without them continues the one before.

        Args:
            whole: entities carry the label as it is, each token for itself (no aggregation).
        """
        kinds = [label[2:] if label.startswith(("B-", "I-")) else label for label in labels]
        numbers = {kind: number for number, kind in enumerate(dict.fromkeys(kinds))}
        names = list(labels) if whole else [label.split("-", 1)[-1] for label in labels]
        return cls(
            kind=np.array([numbers[kind] for kind in kinds], np.int64),
            begins=np.array([whole or label.startswith("B-") for label in labels], bool),
            names=names,
            ignored=np.array([name in ignored for name in names], bool),
        )


def tokens_of(window: np.ndarray, label: np.ndarray, score: np.ndarray, start: np.ndarray, end: np.ndarray) -> Units:
    """Each token as a unit."""
    number = np.arange(len(window))
    return Units(window, label, score, start, end, number, number)


def continues_word(tokens: Units, texts: Sequence[str], lengths: np.ndarray | None, known: np.ndarray) -> np.ndarray:
    """Whether each token continues the word before it, by the pipeline's rule.

    Args:
        texts: the text of each window.
        lengths: characters of each token as the tokenizer writes it (``##ing`` has five), where it marks the inner pieces of
            words: these are longer than their text. ``None`` where it does not: a piece is then inner where no space is before it.
        known: tokens that the tokenizer has a piece for; the others begin a word.
    """
    if lengths is not None:
        return known & (lengths != tokens.end - tokens.start)
    inner = np.zeros(len(tokens.window), bool)
    bounds = np.flatnonzero(np.diff(tokens.window, prepend=-1, append=-2))
    for low, high in pairwise(bounds):
        text = texts[tokens.window[low]]
        spaces = np.append(np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32) == ord(" "), False)
        begin = tokens.start[low:high]
        inner[low:high] = (begin > 0) & ~spaces[begin - 1] & ~spaces[begin]
    return known & inner


def words_of(tokens: Units, inner: np.ndarray, strategy: str, probabilities: np.ndarray | None = None) -> Units:
    """Tokens put together to words, each with one label.

    Args:
        inner: which tokens continue the word before them.
        strategy: ``first`` takes the label of the first token, ``max`` that of the surest, ``average`` the likeliest by mean probability.
        probabilities: float32 ``[tokens, labels]``, for ``average``.
    """
    new_window = np.diff(tokens.window, prepend=-1) != 0
    first = np.flatnonzero(new_window | ~inner)
    if not len(first):
        return tokens
    last = np.append(first[1:], len(inner)) - 1
    if strategy == "average":
        means = np.add.reduceat(probabilities, first, axis=0) / (last - first + 1)[:, None].astype(np.float32)
        label, score = means.argmax(axis=1), means.max(axis=1)
    else:
        chosen = first if strategy == "first" else _surest(tokens.score, first, last)
        label, score = tokens.label[chosen], tokens.score[chosen]
    return Units(tokens.window[first], label, score, tokens.start[first], tokens.end[last], tokens.first[first], tokens.last[last])


def _surest(score: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Number of the token with the highest score of each word; of equal ones the first."""
    word = np.repeat(np.arange(len(first)), last - first + 1)
    best = np.flatnonzero(score == np.maximum.reduceat(score, first)[word])
    return best[np.unique(word[best], return_index=True)[1]]


def grouped(units: Units, tags: Tags) -> tuple[Units, np.ndarray]:
    """Neighbours of one type put together, those to leave out left out.

    Returns:
        The groups (``label`` is the one that the group begins with, ``score`` the mean), and which label's name each bears.
    """
    kind = tags.kind[units.label]
    starts = (np.diff(units.window, prepend=-1) != 0) | (np.diff(kind, prepend=-1) != 0) | tags.begins[units.label]
    first = np.flatnonzero(starts)
    if not len(first):
        return units, units.label
    last = np.append(first[1:], len(starts)) - 1
    score = np.add.reduceat(units.score.astype(np.float64), first) / (last - first + 1)
    kept = ~tags.ignored[units.label[first]]
    first, last, score = first[kept], last[kept], score[kept]
    label = units.label[first]
    return Units(units.window[first], label, score, units.start[first], units.end[last], units.first[first], units.last[last]), label


def merged(entities: list[Entity]) -> list[Entity]:
    """Entities of overlapping windows of one text: of two that overlap the longer one stays, of equally long ones the surer."""
    if not entities:
        return entities
    ordered = sorted(entities, key=lambda entity: entity.start)
    kept, best = [], ordered[0]
    for entity in ordered[1:]:
        if best.start <= entity.start < best.end:
            length, longest = entity.end - entity.start, best.end - best.start
            if length > longest or (length == longest and entity.score > best.score):
                best = entity
        else:
            kept.append(best)
            best = entity
    return [*kept, best]


def piece_lengths(tokenizer: Any, ids: np.ndarray) -> np.ndarray | None:
    """Characters of each token as the tokenizer writes it; ``None`` where it does not mark the inner pieces of words.

    Args:
        tokenizer: a fast one.
    """
    if not getattr(tokenizer.backend_tokenizer.model, "continuing_subword_prefix", None):
        return None
    distinct, place = np.unique(ids, return_inverse=True)
    lengths = [len(piece) for piece in tokenizer.convert_ids_to_tokens(distinct.tolist())]
    return np.array(lengths, np.int64)[place]
