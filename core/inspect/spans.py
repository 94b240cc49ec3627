"""Spans of a context that could be an answer, and those that cannot: why each is where it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import BaseModel

from core.tasks.spans.windows import NOWHERE, trimmed

LISTED = 12  # candidates given
CROSSED = 40  # most likely first and last tokens of a window that are crossed with each other
MATRIX = 8  # tokens on each side of the matrix
OUTSIDE, REVERSED, LONG, BLANK, SAME, APART, MISSING = (
    "outside the text",
    "ends before it begins",
    "too long",
    "only spaces",
    "same as above",
    "never in one window",
    "not in the text",
)


class Candidate(BaseModel):
    """A span, answer or not.

    Args:
        text: of the context; the pieces of the question or the special tokens where it lies outside.
        start: its first character in the context, ``None`` outside.
        end: after its last one.
        tokens: how many it has; negative where it ends before it begins.
        start_logit: of its first token.
        end_logit: of its last token.
        reason: why it cannot be an answer, "" where it can.
        behind: by how much its sum of logits is below that of the best answer; negative for one that cannot be an answer and is above.
    """

    text: str
    start: int | None
    end: int | None
    tokens: int
    start_logit: float
    end_logit: float
    reason: str
    behind: float = 0.0

    @property
    def total(self) -> float:
        return self.start_logit + self.end_logit


@dataclass(frozen=True)
class Seen:
    """A window: all its tokens, those outside of the context too. Arrays of one value for each token.

    Args:
        logits: float64 ``[2, tokens]``, start and end.
        begins: where each begins in the context, ``NOWHERE`` outside.
        ends: after its last character.
        inside: whether it is of the context.
        number: among all tokens of the context; ``NOWHERE`` outside.
        pieces: as the tokenizer writes them.
    """

    logits: np.ndarray
    begins: np.ndarray
    ends: np.ndarray
    inside: np.ndarray
    number: np.ndarray
    pieces: list[str]


def seen_window(logits: np.ndarray, begins: np.ndarray, ends: np.ndarray, first: int, pieces: list[str]) -> Seen:
    """A window whose first token of the context has the number ``first``."""
    inside = begins != NOWHERE
    number = np.where(inside, first + np.cumsum(inside) - 1, NOWHERE)
    return Seen(logits, begins, ends, inside, number, pieces)


def candidates(context: str, windows: Sequence[Seen], longest: int) -> list[Candidate]:
    """The spans with the highest sums of start and end logit, whatever stands against them, highest first; the answer is among them."""
    seen: set[tuple[int, ...]] = set()
    taken: set[tuple[int | None, int | None]] = set()
    found: list[Candidate] = []
    for place, first, last in _highest(windows):
        window = windows[place]
        inner = window.inside[first] and window.inside[last]
        key = (int(window.number[first]), int(window.number[last])) if inner else (place, first, last)
        if key in seen:
            continue
        seen.add(key)
        one = _candidate(context, window, first, last, longest)
        if not one.reason and (one.start, one.end) in taken:
            one = one.model_copy(update={"reason": SAME})
        elif not one.reason:
            taken.add((one.start, one.end))
        if len(found) < LISTED:
            found.append(one)
        elif not one.reason:
            found[-1] = one
        if len(found) >= LISTED and taken:
            break
    best = _best(found)
    return [one.model_copy(update={"behind": best.total - one.total if best else 0.0}) for one in found]


def _highest(windows: Sequence[Seen]) -> Iterator[tuple[int, int, int]]:
    """Pairs of likely first and last tokens as (window, first, last), the highest sum first."""
    sums, pairs = [], []
    for place, window in enumerate(windows):
        starts, ends = (np.argsort(-side, kind="stable")[:CROSSED] for side in window.logits)
        first, last = (grid.ravel() for grid in np.meshgrid(starts, ends, indexing="ij"))
        sums.append(window.logits[0][first] + window.logits[1][last])
        pairs.append(np.stack([np.full(len(first), place), first, last], axis=1))
    order = np.argsort(-np.concatenate(sums), kind="stable")
    return ((int(place), int(first), int(last)) for place, first, last in np.concatenate(pairs)[order])


def wanted_span(context: str, windows: Sequence[Seen], longest: int, wanted: str) -> Candidate:
    """The likeliest place of a stretch of the context, and why it is not the answer."""
    folded, low = context.casefold(), wanted.strip().casefold()
    same_length = len(folded) == len(context)  # few characters change their number when folded; then only the exact text is looked for
    text, sought = (folded, low) if same_length else (context, wanted.strip())
    best = _best(candidates(context, windows, longest))
    found, at = [], text.find(sought)
    while at >= 0:
        spans = [_covering(context, window, at, at + len(sought), longest) for window in windows]
        found += [span for span in spans if span is not None]
        at = text.find(sought, at + 1)
    if not found:
        reason = APART if sought in text else MISSING
        return Candidate(text=wanted.strip(), start=None, end=None, tokens=0, start_logit=0.0, end_logit=0.0, reason=reason)
    closest = max(found, key=lambda one: (not one.reason, one.total))
    return closest.model_copy(update={"behind": best.total - closest.total if best else 0.0})


def matrix_of(context: str, windows: Sequence[Seen], logits: np.ndarray, numbers: np.ndarray, longest: int) -> dict[str, Any]:
    """The likeliest first and last tokens of the context against each other, as :class:`core.inspect.answers.SpanMatrix` has it.

    Args:
        logits: ``[2, tokens]`` of the tokens of the context, each once.
        numbers: of these tokens, ascending.
    """
    starts, ends = (np.sort(np.argsort(-side, kind="stable")[:MATRIX]) for side in logits)
    rows = [[_likeliest(context, windows, int(numbers[first]), int(numbers[last]), longest) for last in ends] for first in starts]
    sums = [
        [float(logits[0][first] + logits[1][last]) if one is None else one.total for one, last in zip(line, ends, strict=True)]
        for line, first in zip(rows, starts, strict=True)
    ]
    return {
        "starts": starts.tolist(),
        "ends": ends.tolist(),
        "sums": sums,
        "reasons": [[APART if one is None else one.reason for one in line] for line in rows],
        "texts": [["" if one is None else one.text for one in line] for line in rows],
    }


def _likeliest(context: str, windows: Sequence[Seen], first: int, last: int, longest: int) -> Candidate | None:
    """The span from one token to another in the window where its sum is highest; ``None`` where none holds both."""
    found = []
    for window in windows:
        at, to = np.flatnonzero(window.number == first), np.flatnonzero(window.number == last)
        if len(at) and len(to):
            found.append(_candidate(context, window, int(at[0]), int(to[0]), longest))
    return max(found, key=lambda one: one.total, default=None)


def _covering(context: str, window: Seen, begin: int, end: int, longest: int) -> Candidate | None:
    """The span of tokens that holds these characters, where the window has all of them."""
    touching = np.flatnonzero(window.inside & (window.begins < end) & (window.ends > begin))
    if not len(touching) or window.begins[touching[0]] > begin or window.ends[touching[-1]] < end:
        return None
    return _candidate(context, window, int(touching[0]), int(touching[-1]), longest)


def _candidate(context: str, window: Seen, first: int, last: int, longest: int) -> Candidate:
    """The span from token ``first`` to token ``last`` of a window, both inside of it or not."""
    logits = {"start_logit": float(window.logits[0][first]), "end_logit": float(window.logits[1][last])}
    length = last - first + 1
    if not (window.inside[first] and window.inside[last]):
        text = f"{_said(context, window, first)} … {_said(context, window, last)}" if first != last else window.pieces[first]
        return Candidate(text=text, start=None, end=None, tokens=length, reason=OUTSIDE, **logits)
    if last < first:
        text = f"{_said(context, window, first)} … {_said(context, window, last)}"
        return Candidate(text=text, start=None, end=None, tokens=last - first, reason=REVERSED, **logits)
    begin, end = trimmed(context, int(window.begins[first]), int(window.ends[last]))
    text = context[begin:end]
    reason = BLANK if not text.strip() else LONG if length > longest else ""
    return Candidate(text=text, start=begin, end=end, tokens=length, reason=reason, **logits)


def _said(context: str, window: Seen, token: int) -> str:
    return context[window.begins[token] : window.ends[token]] if window.inside[token] else window.pieces[token]


def _best(found: Sequence[Candidate]) -> Candidate | None:
    return next((one for one in found if not one.reason), None)
