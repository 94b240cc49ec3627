"""A column under one tokenizer: how long its rows are, what the model's limit cuts, what is rare and what is unknown.

Rows are read in windows and only counts are kept, so memory depends on the vocabulary and on one window, not on the table. A long
column is counted in parts, so that whoever waits can be told how far it is, and can stop it: plan, parts, end.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from core.errors import NotFound
from core.inference.plan import Window, read_windows
from core.inspect.tokens.reader import SLOW_SHARE, Reader
from core.inspect.tokens.shapes import UNKNOWN, ColumnPart, ColumnPlan, ColumnToken, ColumnTokens, LongRow
from core.inspect.tokens.tally import LISTED, TEXT, Tally
from core.inspect.tokens.text import read_text
from core.settings import MEGABYTE, Settings

WINDOW_ROWS, WINDOW_CHARACTERS = 4_096, 8_000_000
EXAMPLE_CHARACTERS, AROUND = 20_000, 24
TELL_SECONDS = 5.0
Tell = Callable[[int, int, float], None]


def read_column(
    settings: Settings, reader: Reader, path: Path, column: str, *, every: bool = False, tell: Tell | None = None
) -> ColumnTokens:
    """Counts the tokens of a column's rows, or of a sample spread evenly over them where there are too many.

    Args:
        path: Parquet file of the table.
        every: count all rows, however many.
        tell: called every few seconds with the rows done, those in all, and the seconds that it took.

    Raises:
        NotFound: the table has no such column.
    """
    plan, tally, done, began = plan_column(settings, reader, path, column, every=every), Tally(), 0, time.monotonic()
    while done < plan.looked:
        part = read_part(settings, reader, path, column, plan=plan, at=done, seconds=TELL_SECONDS)
        tally.add(Tally.from_json(part.tally))
        done = part.done
        if tell is not None and done < plan.looked:
            tell(done, plan.looked, time.monotonic() - began)
    return end_column(settings, reader, path, column, plan=plan, tally=tally.to_json(), done=done)


def plan_column(settings: Settings, reader: Reader, path: Path, column: str, *, every: bool = False) -> ColumnPlan:
    """Which rows are to be counted.

    Raises:
        NotFound: the table has no such column.
    """
    schema = pq.read_schema(path)
    if column not in schema.names:
        raise NotFound("a column of the table", repr(column[:80]), "Choose one of its columns.")
    rows = pq.read_metadata(path).num_rows
    if every:
        return ColumnPlan(rows=rows, spreads=[], looked=rows, sampled="")
    most, why = settings.token_rows, "token_rows"
    if not reader.facts.fast:
        most, why = max(most // SLOW_SHARE, 1), f"token_rows, a tenth of it since {reader.facts.name} is written in Python"
    spreads = [most] if rows > most else []
    plan = ColumnPlan(rows=rows, spreads=spreads, looked=len(_wanted(rows, spreads)), sampled="")
    size = sum(len(text) for window in _windows(reader, path, column, _wanted(rows, spreads)) for text in window.cells[TEXT])
    budget = settings.token_column_mb * MEGABYTE
    if size > budget:
        spreads, why = [*spreads, max(int(plan.looked * budget / size), 1)], "token_column_mb"
    looked = len(_wanted(rows, spreads))
    sampled = f"{looked:,} of {rows:,} rows, spread evenly over the table ({why})" if spreads else ""
    return ColumnPlan(rows=rows, spreads=spreads, looked=looked, sampled=sampled)


def read_part(
    settings: Settings, reader: Reader, path: Path, column: str, *, plan: ColumnPlan, at: int = 0, seconds: float = 0.0
) -> ColumnPart:
    """Counts rows of a plan, at least a window of them, for about so many seconds.

    Args:
        at: rows of the plan that earlier parts have counted.
    """
    began, tally, done = time.monotonic(), Tally(), at
    for window in _windows(reader, path, column, _wanted(plan.rows, plan.spreads)[at:]):
        tally.count(reader, window, shown=settings.max_shown_characters)
        done += len(window.keys)
        if time.monotonic() - began >= seconds:
            break
    return ColumnPart(tally=tally.to_json(), done=done)


def end_column(settings: Settings, reader: Reader, path: Path, column: str, *, plan: ColumnPlan, tally: dict, done: int) -> ColumnTokens:
    """The figures of what was counted.

    Args:
        tally: the parts' tallies, added up.
        done: rows of the plan that they have counted: fewer than planned where counting was stopped.
    """
    counted = Tally.from_json(tally)
    counted.grow(reader.facts.vocabulary)
    sampled = plan.sampled
    if done < plan.looked:
        sampled = f"the first {done:,} of {plan.looked:,} rows, since counting was stopped"
    return _answer(settings, reader, counted, path, column, plan.rows, done, sampled)


def _wanted(rows: int, spreads: Sequence[int]) -> np.ndarray:
    """The rows of a plan, spread evenly over the table, and again over what that leaves."""
    wanted = np.arange(rows)
    for most in spreads:
        wanted = wanted[_spread(len(wanted), most)]
    return wanted


def _spread(rows: int, most: int) -> np.ndarray:
    if rows <= most:
        return np.arange(rows)
    return np.unique(np.linspace(0, rows - 1, most).astype(np.int64))


def _windows(reader: Reader, path: Path, column: str, wanted: np.ndarray) -> Iterator[Window]:
    rows = WINDOW_ROWS if reader.facts.fast else max(WINDOW_ROWS // SLOW_SHARE, 1)
    return read_windows(path, {TEXT: column}, wanted, rows=rows, characters=WINDOW_CHARACTERS)


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
    texts = {
        int(row): text
        for window in _windows(reader, path, column, places)
        for row, text in zip(window.keys, window.cells[TEXT], strict=True)
    }
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
    for window in _windows(reader, path, column, np.array(tally.unknown_rows, np.int64)):
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
