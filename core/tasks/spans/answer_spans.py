"""The likeliest answers of one row, from the logits of the windows of its context."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.tasks.spans.windows import NOWHERE, trimmed

CANDIDATES = 20  # looked at in each window for every answer wanted: few spans hold the same characters


class Span(NamedTuple):
    """A stretch of the context. ``start`` and ``end`` count its characters and are ``None`` for "no answer"; ``score`` is a probability."""

    text: str
    score: float
    start: int | None
    end: int | None
    start_logit: float
    end_logit: float

    @property
    def logit(self) -> float:
        return self.start_logit + self.end_logit


@dataclass(frozen=True)
class WindowLogits:
    """What a model says of one window: float64 arrays over the tokens of the context, and two numbers of the null position.

    Args:
        start: logit of each token to be the first of the answer.
        end: to be the last.
        begins: where each token begins in the context, in characters.
        ends: after its last character.
        number: of the token among all tokens of the context; tokens that two windows share have one number.
        null: start and end logit of the position that stands for "no answer".
    """

    start: np.ndarray
    end: np.ndarray
    begins: np.ndarray
    ends: np.ndarray
    number: np.ndarray
    null: tuple[float, float]


def read_window(logits: np.ndarray, begins: np.ndarray, ends: np.ndarray, null: int, first_number: int) -> WindowLogits:
    """One window.

    Args:
        logits: ``[2, tokens]``, start and end, over all tokens of the window.
        begins: as in :class:`WindowLogits`, ``NOWHERE`` for tokens that are not of the context.
        null: index of the null position.
        first_number: number of the first token of the context in this window.
    """
    inside = np.flatnonzero(begins != NOWHERE)
    start, end = logits.astype(np.float64)
    numbers = first_number + np.arange(len(inside))
    return WindowLogits(start[inside], end[inside], begins[inside], ends[inside], numbers, (float(start[null]), float(end[null])))


def first_numbers(counts: Sequence[int], stride: int, *, from_the_end: bool = False) -> list[int]:
    """The number of each window's first token of the context, where neighbouring windows share ``stride`` tokens.

    Args:
        counts: tokens of the context in each window; all but the last one have as many.
        from_the_end: the first window is the end of the context, as tokenizers cut that drop tokens at the left; numbers are negative then.
    """
    step = counts[0] - stride
    if from_the_end:
        return [-place * step - count for place, count in enumerate(counts)]
    return [place * step for place in range(len(counts))]


def best_answers(context: str, windows: Sequence[WindowLogits], *, most: int, longest: int) -> tuple[list[Span], Span]:
    """The spans with the highest sum of start and end logit over all windows, and "no answer".

    A span's score is ``exp(s - Zs) * exp(e - Ze)`` with its start logit ``s`` and end logit ``e``. ``Zs`` (``Ze`` likewise) is the
    logarithm of the sum of ``exp(s)`` over the tokens of the context, of which one that several windows share counts once, with
    its largest logit, and over the null position of the window that is least sure that there is no answer. With one window this is
    the score of the question-answering pipeline that transformers had: the product of two softmaxes.

    Spans of white space are no answers; white space at the ends of a span is left out; of two spans with the same characters the likelier
    one counts.

    Args:
        most: spans wanted.
        longest: tokens of a span.

    Returns:
        At most ``most`` spans, likeliest first, and the answer "", whose logits are those of the least sure null position.
    """
    null = min((window.null for window in windows), key=sum)
    starts, ends = _normaliser(windows, 0, null[0]), _normaliser(windows, 1, null[1])

    def scored(text: str, begin: int | None, end: int | None, first: float, last: float) -> Span:
        return Span(text, float(np.exp(first - starts) * np.exp(last - ends)), begin, end, first, last)

    nothing = scored("", None, None, *null)
    for limit in (most * CANDIDATES, None):
        found: dict[tuple[int, int], Span] = {}
        candidates, floor = _candidates(windows, longest, limit)
        for number, first, last in candidates:
            window = windows[number]
            begin, end = trimmed(context, int(window.begins[first]), int(window.ends[last]))
            text = context[begin:end]
            if text.strip() and (begin, end) not in found:
                found[begin, end] = scored(text, begin, end, float(window.start[first]), float(window.end[last]))
                if len(found) == most:
                    break
        spans = list(found.values())
        if floor == -np.inf or (len(spans) == most and spans[-1].logit >= floor):
            break
    return spans, nothing


def _normaliser(windows: Sequence[WindowLogits], side: int, null: float) -> float:
    """Logarithm of the sum of ``exp`` of the logits of one side, each token of the context once, and the null position."""
    numbers = np.concatenate([window.number for window in windows])
    logits = np.concatenate([(window.start, window.end)[side] for window in windows])
    if not len(numbers):
        return null
    largest = np.full(numbers.max() - numbers.min() + 1, -np.inf)
    np.maximum.at(largest, numbers - numbers.min(), logits)
    return float(np.logaddexp.reduce(np.append(largest, null)))


def _candidates(windows: Sequence[WindowLogits], longest: int, limit: int | None) -> tuple[Iterator[tuple[int, int, int]], float]:
    """Spans of all windows as (window, first token, last token), likeliest first.

    Args:
        limit: spans of each window, all where ``None``.

    Returns:
        The spans, and a sum of logits that no span left out exceeds.
    """
    floor, sums, places = -np.inf, [], []
    for number, window in enumerate(windows):
        width = min(longest, len(window.start))
        if not width:
            continue
        ends = np.lib.stride_tricks.sliding_window_view(np.append(window.end, np.full(width - 1, -np.inf)), width)
        total = (window.start[:, None] + ends).ravel()
        chosen = np.arange(len(total))
        if limit is not None and limit < len(total):
            chosen = np.sort(np.argpartition(-total, limit - 1)[:limit])
            floor = max(floor, float(total[chosen].min()))
        chosen = chosen[total[chosen] > -np.inf]
        first, length = np.divmod(chosen, width)
        sums.append(total[chosen])
        places.append(np.stack([np.full(len(chosen), number), first, first + length], axis=1))
    if not sums:
        return iter(()), floor
    order = np.argsort(-np.concatenate(sums), kind="stable")
    return ((int(a), int(b), int(c)) for a, b, c in np.concatenate(places)[order]), floor
