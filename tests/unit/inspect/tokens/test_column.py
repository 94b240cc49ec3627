"""A column in tokens: the figures are those of its rows one by one, windows or not, and limits say that they were met."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import NotFound
from core.inspect.tokens import column as columns
from core.inspect.tokens import tally
from core.inspect.tokens.column import compared, quantile, read_column
from core.inspect.tokens.text import read_text
from core.settings import Settings

WORDS = ["the battery broke", "after two days", "🙂 naïve", "", "   ", "very good, not bad!", "Ünknown " * 9, None]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.parquet"
    texts = [None if WORDS[row % 8] is None else f"{WORDS[row % 8]}{'' if row % 8 in (3, 4) else row % 3}" for row in range(40)]
    pq.write_table(pa.table({"text": texts, "number": range(40)}), path, row_group_size=16)
    return path


@pytest.mark.parametrize("window", [3, 4_096])
def test_figures_are_those_of_the_rows_one_by_one(small, table, monkeypatch, window: int) -> None:
    monkeypatch.setattr(columns, "WINDOW_ROWS", window)
    monkeypatch.setattr(columns, "TELL_SECONDS", 0.0)  # each window is a part of its own
    reader, settings, told = small["marks"], Settings(), []
    found = read_column(settings, reader, table, "text", tell=lambda done, rows, seconds: told.append((done, rows)))
    assert told == [(done, 40) for done in range(window, 40, window)]
    rows = {row: text for row, text in enumerate(pq.read_table(table)["text"].to_pylist()) if text and text.strip()}
    read = {row: read_text(settings, reader, text) for row, text in rows.items()}
    assert (found.rows, found.looked, found.blank, found.sampled) == (40, 25, 15, "")
    assert dict(found.lengths) == Counter(len(each.tokens) for each in read.values())
    assert found.total == sum(len(each.tokens) for each in read.values())
    assert found.unknown == sum(token.kind == "unknown" for each in read.values() for token in each.tokens) > 0
    assert found.unknown_rows == sum(any(token.kind == "unknown" for token in each.tokens) for each in read.values())
    assert set(dict(found.unknown_texts)) == {"0", "1", "2"} and sum(dict(found.unknown_texts).values()) == found.unknown
    assert [row.tokens for row in found.longest] == sorted((len(each.tokens) for each in read.values()), reverse=True)
    assert found.words == sum(each.words for each in read.values()) and found.characters == sum(map(len, rows.values()))
    counts = Counter(token.id for each in read.values() for token in each.tokens)
    for token in found.rarest:
        assert token.count == counts[token.id]
        assert token.row == min(row for row, each in read.items() if any(other.id == token.id for other in each.tokens))
        assert token.example.strip("…") in rows[token.row]
    assert [token.count for token in found.rarest] == sorted(token.count for token in found.rarest)
    assert found.used == len([number for number in counts if number not in reader.special])


def test_rows_cut_and_tokens_lost(small, table) -> None:
    found = read_column(Settings(), small["python"], table, "text")
    limit = found.tokenizer.limit
    assert limit == 64
    assert (found.cut, found.lost) == (
        sum(rows for length, rows in found.lengths if length > limit),
        sum((length - limit) * rows for length, rows in found.lengths if length > limit),
    )
    assert found.cut == 5 and found.longest[0].lost == found.longest[0].tokens - limit > 0


def test_token_rows(small, table) -> None:
    found = read_column(Settings(token_rows=10), small["bytes"], table, "number")
    assert found.looked == 10 and "10 of 40 rows" in found.sampled and "token_rows" in found.sampled
    slow = read_column(Settings(token_rows=100), small["python"], table, "number")
    assert slow.looked == 10 and "written in Python" in slow.sampled


def test_every_row_is_counted_where_that_is_wanted(small, table) -> None:
    few = Settings(token_rows=10)
    assert read_column(few, small["bytes"], table, "number", every=True) == read_column(Settings(), small["bytes"], table, "number")


def test_a_count_that_was_stopped_says_how_far_it_came(small, table, monkeypatch) -> None:
    monkeypatch.setattr(columns, "WINDOW_ROWS", 8)
    settings, reader = Settings(), small["bytes"]
    plan = columns.plan_column(settings, reader, table, "number")
    part = columns.read_part(settings, reader, table, "number", plan=plan)
    assert part.done == 8
    found = columns.end_column(settings, reader, table, "number", plan=plan, tally=part.tally, done=part.done)
    assert (found.looked, found.rows) == (8, 40) and found.sampled == "the first 8 of 40 rows, since counting was stopped"
    assert found.total == sum(len(str(number)) for number in range(8)) + 8 * found.tokenizer.added


def test_token_column_mb(small, tmp_path) -> None:
    path = tmp_path / "long.parquet"
    pq.write_table(pa.table({"text": ["word " * 20_000] * 40}), path)
    found = read_column(Settings(token_column_mb=1), small["bytes"], path, "text")
    assert found.looked == 10 and "token_column_mb" in found.sampled


def test_a_cell_longer_than_one_call_counts_the_same(small, tmp_path, monkeypatch) -> None:
    path = tmp_path / "cell.parquet"
    pq.write_table(pa.table({"text": ["the battery broke after two days " * 50]}), path)
    whole = read_column(Settings(), small["marks"], path, "text")
    monkeypatch.setattr(tally, "CHUNK", 100)
    assert read_column(Settings(), small["marks"], path, "text").total == whole.total


def test_a_column_that_is_not_there(small, table) -> None:
    with pytest.raises(NotFound, match="a column of the table"):
        read_column(Settings(), small["bytes"], table, "nothing")


def test_tokenizers_are_compared_by_the_first(small, table) -> None:
    read = [read_column(Settings(), small[kind], table, "text") for kind in ("marks", "python")]
    first, second = compared(read)
    assert first["cost_ratio"] == 1.0 and second["cost_ratio"] == pytest.approx(second["tokens_per_row"] / first["tokens_per_row"])
    assert second["cost_ratio"] > 1 and second["characters_per_token"] < first["characters_per_token"]
    assert first["unknown_share"] > 0 and second["unknown_share"] == 0
    assert quantile([(1, 5), (2, 5), (9, 1)], 0.5) == 2 and quantile([], 0.5) is None
