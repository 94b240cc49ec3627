"""A column under one tokenizer: how long its rows are, what the model's limit cuts, what is rare and what is unknown.

Rows are read in windows and only counts are kept, so memory depends on the vocabulary and on one window, not on the table.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from core.errors import NotFound
from core.inference.plan import Window, read_windows
from core.inspect.tokens.reader import SLOW_SHARE, Reader
from core.inspect.tokens.shapes import UNKNOWN, ColumnToken, ColumnTokens, LongRow
from core.inspect.tokens.text import RUN, read_text, readable
from core.settings import MEGABYTE, Settings

TEXT = "text"
WINDOW_ROWS, WINDOW_CHARACTERS = 4_096, 8_000_000
CHUNK = 200_000  # characters of one call: a longer cell is tokenised in pieces, parted at blanks
LISTED = 50
MOST_UNKNOWN_ROWS = 200
EXAMPLE_CHARACTERS, AROUND = 20_000, 24


@dataclass
class Tally:
    """What is counted so far."""

    lengths: Counter[int] = field(default_factory=Counter)
    counts: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    first: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    longest: list[tuple[int, int, str]] = field(default_factory=list)  # tokens, minus row, beginning of the text
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
            self.first = np.concatenate([self.first, np.full(more, -1, np.int64)])


def read_column(settings: Settings, reader: Reader, path: Path, column: str) -> ColumnTokens:
    """Counts the tokens of a column's rows, or of a sample spread evenly over them where there are too many.

    Args:
        path: Parquet file of the table.

    Raises:
        NotFound: the table has no such column.
    """
    schema = pq.read_schema(path)
    if column not in schema.names:
        raise NotFound("a column of the table", repr(column[:80]), "Choose one of its columns.")
    rows = pq.read_metadata(path).num_rows
    wanted, sampled = _wanted(settings, reader, path, column, rows)
    tally = Tally()
    tally.grow(reader.facts.vocabulary)
    for window in _windows(path, column, wanted):
        _count(settings, reader, tally, window)
    return _answer(settings, reader, tally, path, column, rows, len(wanted), sampled)


def _wanted(settings: Settings, reader: Reader, path: Path, column: str, rows: int) -> tuple[np.ndarray, str]:
    """The rows to look at, and why not all in words."""
    most, why = settings.token_rows, "token_rows"
    if not reader.facts.fast:
        most, why = max(most // SLOW_SHARE, 1), f"token_rows, a tenth of it since {reader.facts.name} is written in Python"
    wanted = _spread(rows, most)
    size = sum(len(text) for window in _windows(path, column, wanted) for text in window.cells[TEXT])
    budget = settings.token_column_mb * MEGABYTE
    if size > budget:
        wanted, why = wanted[_spread(len(wanted), max(int(len(wanted) * budget / size), 1))], "token_column_mb"
    return wanted, "" if len(wanted) == rows else f"{len(wanted):,} of {rows:,} rows, spread evenly over the table ({why})"


def _spread(rows: int, most: int) -> np.ndarray:
    if rows <= most:
        return np.arange(rows)
    return np.unique(np.linspace(0, rows - 1, most).astype(np.int64))


def _windows(path: Path, column: str, wanted: np.ndarray) -> Iterator[Window]:
    return read_windows(path, {TEXT: column}, wanted, rows=WINDOW_ROWS, characters=WINDOW_CHARACTERS)


def _count(settings: Settings, reader: Reader, tally: Tally, window: Window) -> None:
    kept = [(int(row), readable(text)[0]) for row, text in zip(window.keys, window.cells[TEXT], strict=True) if text.strip()]
    tally.blank += len(window.keys) - len(kept)
    found = _ids(reader, [text for _, text in kept])
    _add_ids(tally, [row for row, _ in kept], found)
    for (row, text), ids in zip(kept, found, strict=True):
        tally.lengths[len(ids)] += 1
        tally.words += sum(1 for _ in RUN.finditer(text))
        tally.characters += len(text)
        if reader.unknown is not None and reader.unknown in ids:
            tally.with_unknown += 1
            if len(tally.unknown_rows) < MOST_UNKNOWN_ROWS:
                tally.unknown_rows.append(row)
        entry = (len(ids), -row, text[: settings.max_shown_characters])
        (heapq.heappush if len(tally.longest) < LISTED else heapq.heappushpop)(tally.longest, entry)


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


def _add_ids(tally: Tally, rows: Sequence[int], ids: Sequence[Sequence[int]]) -> None:
    """How often each id comes, and the row that has it first."""
    flat = np.fromiter(chain.from_iterable(ids), np.int64)
    if not len(flat):
        return
    tally.grow(int(flat.max()) + 1)
    tally.counts += np.bincount(flat, minlength=len(tally.counts))
    owner = np.repeat(np.asarray(rows, np.int64), [len(each) for each in ids])
    distinct, at = np.unique(flat, return_index=True)
    new = tally.first[distinct] < 0
    tally.first[distinct[new]] = owner[at[new]]


def _answer(
    settings: Settings, reader: Reader, tally: Tally, path: Path, column: str, rows: int, looked: int, sampled: str
) -> ColumnTokens:
    limit, lengths = reader.facts.limit, sorted(tally.lengths.items())
    seen = np.flatnonzero(tally.counts)
    own = seen[[int(each) not in reader.special for each in seen]] if len(seen) else seen
    rarest = own[np.lexsort((-own, tally.counts[own]))][:LISTED]
    return ColumnTokens(
        tokenizer=reader.facts,
        rows=rows,
        looked=looked - tally.blank,
        blank=tally.blank,
        sampled=sampled,
        lengths=lengths,
        total=sum(length * number for length, number in lengths),
        words=tally.words,
        characters=tally.characters,
        cut=sum(number for length, number in lengths if length > limit),
        lost=sum((length - limit) * number for length, number in lengths if length > limit),
        unknown=int(tally.counts[reader.unknown]) if reader.unknown is not None else 0,
        unknown_rows=tally.with_unknown,
        unknown_texts=_unknown_texts(settings, reader, tally, path, column),
        used=len(own),
        longest=[
            LongRow(row=-row, tokens=tokens, lost=max(tokens - limit, 0), text=text)
            for tokens, row, text in sorted(tally.longest, reverse=True)
        ],
        rarest=_rarest(settings, reader, tally, path, column, rarest),
    )


def _rarest(settings: Settings, reader: Reader, tally: Tally, path: Path, column: str, ids: np.ndarray) -> list[ColumnToken]:
    """The entries with an example of each, from the row that has it first."""
    places = np.unique(tally.first[ids])
    texts = {int(row): text for window in _windows(path, column, places) for row, text in zip(window.keys, window.cells[TEXT], strict=True)}
    entries = [str(entry) for entry in reader.tokenizer.convert_ids_to_tokens(ids.tolist())]
    return [
        ColumnToken(
            id=int(number),
            token=entry,
            reads=reader.style.reads(entry),
            count=int(tally.counts[number]),
            row=int(tally.first[number]),
            example=_example(settings, reader, texts[int(tally.first[number])], int(number)),
        )
        for number, entry in zip(ids, entries, strict=True)
    ]


def _example(settings: Settings, reader: Reader, text: str, number: int) -> str:
    """The text about the first token with this id; empty where it stands far behind the beginning."""
    found = read_text(settings, reader, text[: min(EXAMPLE_CHARACTERS, settings.token_characters)])
    place = next((token for token in found.tokens if token.id == number and token.start is not None), None)
    if place is None:
        return ""
    low, high = max(0, place.start - AROUND), min(len(text), place.end + AROUND)
    return f"{'…' if low else ''}{text[low:high]}{'…' if high < len(text) else ''}"


def _unknown_texts(settings: Settings, reader: Reader, tally: Tally, path: Path, column: str) -> list[tuple[str, int]]:
    """What stands in the texts where the vocabulary has nothing, the most frequent first."""
    found: Counter[str] = Counter()
    most = min(EXAMPLE_CHARACTERS, settings.token_characters)
    for window in _windows(path, column, np.array(tally.unknown_rows, np.int64)):
        for text in window.cells[TEXT]:
            tokens = read_text(settings, reader, text[:most]).tokens
            found.update(token.text[: settings.max_shown_characters] for token in tokens if token.kind == UNKNOWN and token.text)
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))[:LISTED]


def compared(found: Sequence[ColumnTokens]) -> list[dict[str, float | None]]:
    """Figures of several tokenizers on one column; ``cost_ratio`` is tokens per row against the first's.

    Words are runs between blanks, the same for all; see :func:`core.inspect.tokens.text.fragmentation`.
    """
    rows = []
    for each in found:
        own = each.total - each.tokenizer.added * each.looked
        mean = each.total / each.looked if each.looked else None
        rows.append(
            {
                "tokens_per_row": mean,
                "median": quantile(each.lengths, 0.5),
                "p95": quantile(each.lengths, 0.95),
                "pieces_per_word": own / each.words if each.words else None,
                "characters_per_token": each.characters / own if own else None,
                "unknown_share": each.unknown / own if own else None,
                "cut": each.cut,
                "lost": each.lost,
            }
        )
    first = rows[0]["tokens_per_row"] if rows else None
    return [{**row, "cost_ratio": row["tokens_per_row"] / first if first and row["tokens_per_row"] is not None else None} for row in rows]


def quantile(lengths: Sequence[tuple[int, int]], share: float) -> int | None:
    """The smallest length that this share of the rows does not exceed."""
    total, reached = sum(number for _, number in lengths), 0
    for length, number in lengths:
        reached += number
        if reached >= share * total:
            return length
    return None
