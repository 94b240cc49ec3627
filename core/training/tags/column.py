"""The tag column of a table as spans of characters with types: a tag for each word, or spans already."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from core.errors import BadInput, LimitReached
from core.metrics.entities import kind_of, spans_of_tags
from core.metrics.label_cells import natural_order
from core.schema import Role
from core.settings import MEGABYTE, Settings
from core.tables.problems import number_of
from core.tasks.spans.word_lists import joined, read_words, word_starts
from core.training.labels.column import MULTI, Labels
from core.training.rows import Rows
from core.training.tags.span_cells import Span, holds_spans, read_spans
from core.training.words import quoted_few

OUTSIDE, BEGIN, INSIDE = "O", "B-", "I-"
NO_TAGS = "Choose another tag column, or correct the table and import it again."


@dataclass(frozen=True, eq=False)
class Tagged:
    """What the tags of a table's rows say.

    Attributes:
        kinds: types as the user spells them, in natural order.
        names: outputs of the head, ``O`` first: ``B-`` and ``I-`` of each type; the types alone where the user's tags are such.
        spans: of each row, by their places and without overlaps, in characters of the text; of words that are a list: of the words
            with one space between them.
        usable: rows that can be learned from, bool.
        by_words: whether each word has a tag; otherwise the table has spans of characters.
        odd: rows by what is wrong with them.
    """

    kinds: tuple[str, ...]
    names: tuple[str, ...]
    spans: list[list[Span]]
    usable: np.ndarray
    by_words: bool = True
    odd: dict[str, list[int]] = field(default_factory=dict)

    @property
    def plain(self) -> bool:
        """Whether the labels are the types themselves: neighbours of one type are one entity then."""
        return self.names[-1:] == self.kinds[-1:]

    def counts(self, rows: np.ndarray) -> dict[str, int]:
        """Spans of each type in some rows."""
        found = Counter(span.kind for row in rows for span in self.spans[row])
        return {kind: found[kind] for kind in self.kinds}

    def with_kinds(self, rows: np.ndarray, kinds: set[str]) -> np.ndarray:
        """Those of ``rows`` that name one of these types."""
        return np.array([row for row in rows if any(span.kind in kinds for span in self.spans[row])], np.int64)

    def labels(self, settings: Settings) -> Labels | None:
        """Which types each row names, for a split that keeps their shares; ``None`` where that would not fit ``max_target_mb``."""
        shape = (len(self.spans), len(self.kinds))
        if not self.kinds or shape[0] * shape[1] * np.dtype(np.float32).itemsize > settings.max_target_mb * MEGABYTE:
            return None
        targets, place = np.zeros(shape, np.float32), {kind: number for number, kind in enumerate(self.kinds)}
        for row in np.flatnonzero(self.usable):
            targets[row, [place[span.kind] for span in self.spans[row]]] = 1
        return Labels(MULTI, self.kinds, targets, self.usable)


def read_tags(settings: Settings, rows: Rows) -> Tagged:
    """Reads a tag column: a tag for each word (IOB1, IOB2, IOBES, BILOU or types alone), or spans of characters.

    Raises:
        BadInput: no row has tags, or spans stand beside lists of words.
        LimitReached: more labels than ``max_model_labels``.
    """
    cells = rows.truth[Role.TAGS]
    filled = [cell for cell in cells if cell and cell.strip()]
    if not filled:
        raise BadInput("a column with tags", "no tag in any row", NO_TAGS)
    if any(holds_spans(cell) for cell in filled):
        if Role.TOKENS in rows.cells:
            raise BadInput("a tag for each word", "spans of characters", "Choose the column of words as text, with its own spaces.")
        return _from_spans(settings, rows.cells[Role.TEXT], cells)
    return _from_words(settings, rows)


def words_of(rows: Rows, place: int) -> tuple[list[str], list[int]]:
    """The words of a row, and where each begins in its text, in characters."""
    if Role.TOKENS in rows.cells:
        words = read_words(rows.cells[Role.TOKENS][place])
        return words, joined(words)[1]
    text = rows.cells[Role.TEXT][place]
    return text.split(), word_starts(text)


def word_tags(words: Sequence[str], starts: Sequence[int], spans: Sequence[Span], *, plain: bool) -> list[str]:
    """A tag for each word: that of the first span that it has a part in.

    Args:
        starts: where each word begins; words are in their order and do not overlap.
    """
    tags = [OUTSIDE] * len(words)
    ends = [start + len(word) for word, start in zip(words, starts, strict=True)]
    for span in reversed(spans):
        first, after = bisect_right(ends, span.start), bisect_left(starts, span.end)  # a search: a cell may have thousands of both
        for number in range(first, after):
            tags[number] = span.kind if plain else (BEGIN if number == first else INSIDE) + span.kind
    return tags


def _from_words(settings: Settings, rows: Rows) -> Tagged:
    """One tag for each word."""
    cells = rows.truth[Role.TAGS]
    read = [[tag.strip() for tag in read_words(cell)] if cell and cell.strip() else None for cell in cells]
    known = {tag for tags in read for tag in tags or ()}
    odd: dict[str, list[int]] = {name: [] for name in ("untagged", "uneven", "unmarked")}
    spans: list[list[Span]] = [[] for _ in cells]
    usable = np.zeros(len(cells), bool)
    for place, tags in enumerate(read):
        words, starts = words_of(rows, place)
        if not any(word.strip() for word in words):
            continue
        if tags is None or (OUTSIDE in known and tags and not any(tags)):
            odd["untagged"].append(place)
        elif len(tags) != len(words):
            odd["uneven"].append(place)
        else:
            usable[place] = True
            spans[place] = [Span(kind, starts[a - 1], starts[b - 1] + len(words[b - 1])) for kind, a, b in spans_of_tags(tags)]
            if OUTSIDE in known and not all(tags):
                odd["unmarked"].append(place)
    kinds = {kind for tag in known if (kind := kind_of(tag))}
    plain = all(kind_of(tag) in (tag, "") for tag in known)
    labels = _labels_of(settings, kinds, outside=not plain or bool(known & {OUTSIDE, ""}), plain=plain)
    return Tagged(*labels, spans, usable, True, odd)


def _from_spans(settings: Settings, texts: Sequence[str], cells: Sequence[str | None]) -> Tagged:
    """Spans of characters; of two that overlap the longer one counts."""
    odd: dict[str, list[int]] = {name: [] for name in ("untagged", "unread", "out of range", "overlapping")}
    spans: list[list[Span]] = [[] for _ in cells]
    usable = np.zeros(len(cells), bool)
    for place, (text, cell) in enumerate(zip(texts, cells, strict=True)):
        if not text.strip():
            continue
        if not cell or not cell.strip():
            odd["untagged"].append(place)
            continue
        read = read_spans(cell)
        if read is None:
            odd["unread"].append(place)
        elif any(not 0 <= span.start < span.end <= len(text) for span in read):
            odd["out of range"].append(place)
        else:
            usable[place] = True
            spans[place] = _apart(read, len(text))
            if len(spans[place]) < len(set(read)):
                odd["overlapping"].append(place)
    labels = _labels_of(settings, {span.kind for row in spans for span in row}, outside=True, plain=False)
    return Tagged(*labels, spans, usable, False, odd)


def _apart(spans: Sequence[Span], length: int) -> list[Span]:
    """Spans without overlaps, by their places: the longer one stays, of equally long ones the first.

    Args:
        spans: none empty, all within a text of ``length`` characters.
    """
    kept: list[Span] = []
    taken = bytearray(length)
    for span in sorted(set(spans), key=lambda span: (span.start - span.end, span.start, span.kind)):
        # What is kept is no shorter, so it cannot lie between the two ends without having one of them.
        if not taken[span.start] and not taken[span.end - 1]:
            taken[span.start : span.end] = b"\1" * (span.end - span.start)
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)


def _labels_of(settings: Settings, kinds: set[str], *, outside: bool, plain: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Types and labels of the head in their order, once it is known that a model can hold them."""
    if len(kinds) > settings.max_model_labels:
        raise LimitReached(
            f"at most {settings.max_model_labels:,} labels (max_model_labels)",
            f"{number_of(len(kinds), 'different type')}, such as {quoted_few(sorted(kinds)[:3])}",
            "Choose a column with fewer types, merge rare ones, or ask the administrator to raise the limit.",
        )
    ordered = tuple(sorted(kinds, key=natural_order))
    labels = ordered if plain else tuple(mark + kind for kind in ordered for mark in (BEGIN, INSIDE))
    return ordered, (OUTSIDE, *labels) if outside else labels


def tag_cell(tags: Sequence[str]) -> str:
    """Tags as a cell of a table."""
    return json.dumps(list(tags), ensure_ascii=False)
