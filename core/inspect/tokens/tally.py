"""What is counted of a column's rows: figures that add up, so that a column can be counted in parts."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np

from core.inference.plan import Window
from core.inspect.tokens.reader import Reader
from core.inspect.tokens.text import RUN, readable

TEXT = "text"
CHUNK = 200_000  # characters of one call: a longer cell is tokenised in pieces, parted at blanks
LISTED = 50
MOST_UNKNOWN_ROWS = 200
NOWHERE = -1


@dataclass
class Tally:
    """What is counted so far.

    Args:
        lengths: tokens to rows.
        counts: of each id, int64.
        first: the row that has it first, ``NOWHERE`` for ids that no row has, int64.
        longest: tokens, minus the row, and the beginning of the text, of the longest rows.
        unknown_rows: the first rows with an unknown token.
        with_unknown: how many have one.
    """

    lengths: Counter[int] = field(default_factory=Counter)
    counts: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    first: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    longest: list[tuple[int, int, str]] = field(default_factory=list)
    unknown_rows: list[int] = field(default_factory=list)
    with_unknown: int = 0
    blank: int = 0
    words: int = 0
    characters: int = 0

    def grow(self, size: int) -> None:
        """Makes room for ids below ``size``."""
        more = size - len(self.counts)
        if more > 0:
            self.counts = np.concatenate([self.counts, np.zeros(more, np.int64)])
            self.first = np.concatenate([self.first, np.full(more, NOWHERE, np.int64)])

    def count(self, reader: Reader, window: Window, *, shown: int) -> None:
        """Adds the rows of a window.

        Args:
            shown: characters kept of a long row.
        """
        kept = [(int(row), readable(text)[0]) for row, text in zip(window.keys, window.cells[TEXT], strict=True) if text.strip()]
        self.blank += len(window.keys) - len(kept)
        found = _ids(reader, [text for _, text in kept])
        self._add_ids([row for row, _ in kept], found)
        for (row, text), ids in zip(kept, found, strict=True):
            self.lengths[len(ids)] += 1
            self.words += sum(1 for _ in RUN.finditer(text))
            self.characters += len(text)
            if reader.unknown is not None and reader.unknown in ids:
                self.with_unknown += 1
                if len(self.unknown_rows) < MOST_UNKNOWN_ROWS:
                    self.unknown_rows.append(row)
            self._keep_long((len(ids), -row, text[:shown]))

    def add(self, other: Tally) -> None:
        """Adds what was counted of later rows."""
        self.grow(len(other.counts))
        self.counts[: len(other.counts)] += other.counts
        new = (self.first[: len(other.first)] == NOWHERE) & (other.first != NOWHERE)
        self.first[: len(other.first)][new] = other.first[new]
        self.lengths.update(other.lengths)
        for entry in other.longest:
            self._keep_long(entry)
        self.unknown_rows = [*self.unknown_rows, *other.unknown_rows][:MOST_UNKNOWN_ROWS]
        for name in ("with_unknown", "blank", "words", "characters"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def to_json(self) -> dict[str, Any]:
        """JSON values; of the ids only those that were seen."""
        seen = np.flatnonzero(self.counts)
        return {
            "lengths": sorted(self.lengths.items()),
            "ids": seen.tolist(),
            "counts": self.counts[seen].tolist(),
            "first": self.first[seen].tolist(),
            **{name: getattr(self, name) for name in ("longest", "unknown_rows", "with_unknown", "blank", "words", "characters")},
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Tally:
        """The tally that :meth:`to_json` gave these values of."""
        tally = cls(lengths=Counter(dict(values["lengths"])), longest=[tuple(entry) for entry in values["longest"]])
        heapq.heapify(tally.longest)
        ids = np.array(values["ids"], np.int64)
        tally.grow(int(ids.max(initial=-1)) + 1)
        tally.counts[ids], tally.first[ids] = values["counts"], values["first"]
        for name in ("unknown_rows", "with_unknown", "blank", "words", "characters"):
            setattr(tally, name, values[name])
        return tally

    def _keep_long(self, entry: tuple[int, int, str]) -> None:
        (heapq.heappush if len(self.longest) < LISTED else heapq.heappushpop)(self.longest, entry)

    def _add_ids(self, rows: Sequence[int], ids: Sequence[Sequence[int]]) -> None:
        """How often each id comes, and the row that has it first."""
        flat = np.fromiter(chain.from_iterable(ids), np.int64)
        if not len(flat):
            return
        self.grow(int(flat.max()) + 1)
        self.counts += np.bincount(flat, minlength=len(self.counts))
        owner = np.repeat(np.asarray(rows, np.int64), [len(each) for each in ids])
        distinct, at = np.unique(flat, return_index=True)
        new = self.first[distinct] == NOWHERE
        self.first[distinct[new]] = owner[at[new]]


def _ids(reader: Reader, texts: Sequence[str]) -> list[list[int]]:
    """Ids of each text, whole; those of a very long one are those of its pieces."""
    short = [number for number, text in enumerate(texts) if len(text) <= CHUNK]
    how = {"add_special_tokens": True, "padding": False, "truncation": False, "verbose": False, "return_attention_mask": False}
    found = dict(zip(short, reader.tokenizer([texts[number] for number in short], **how)["input_ids"], strict=True)) if short else {}
    return [found[number] if number in found else _long_ids(reader, text) for number, text in enumerate(texts)]


def _long_ids(reader: Reader, text: str) -> list[int]:
    """The special tokens of an empty text, then the pieces', so that the sum is right and each id is counted."""
    ids = list(reader.tokenizer("")["input_ids"])
    at = 0
    while at < len(text):
        end = at + CHUNK
        if end < len(text):
            blank = max(text.rfind(" ", at + 1, end), text.rfind("\n", at + 1, end))
            end = blank if blank > at else end
        ids += reader.tokenizer(text[at:end], add_special_tokens=False, verbose=False)["input_ids"]
        at = end
    return ids
