"""Keys, windows and batches: every row exactly once, in bounded memory."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.inference.keys import content_keys, distinct_keys
from core.inference.plan import cut_batches, read_windows
from core.schema import Role

SLOW_FIXTURE = hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
CELLS = st.one_of(
    st.none(), st.sampled_from(["", " ", "\t\n", "\u00a0", "a", "b", "ab", "A", "a ", "é", "e\u0301", "\x00"]), st.text(max_size=6)
)


@SLOW_FIXTURE
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=60))
def test_keys_are_the_first_row_with_the_same_content(table_file, rows) -> None:
    path = table_file({"one": [row[0] for row in rows], "two": [row[1] for row in rows]}, row_group_size=7)
    path = _typed(path)
    keys = content_keys(path, ["one", "two"])
    for index, row in enumerate(rows):
        if None in row:
            assert keys[index] == -2
        elif not row[0].strip() or not row[1].strip():
            assert keys[index] == -1
        else:
            assert keys[index] == rows.index(row)


def test_only_required_cells_must_be_filled_and_a_missing_pair_equals_an_empty_one(table_file) -> None:
    path = table_file({"one": ["a", "a", "a", "", None, "a"], "two": ["x", "", None, "x", "x", "x"]})
    assert content_keys(path, ["one", "two"], required={"one"}).tolist() == [0, 1, 1, -1, -2, 0]


def _typed(path):
    """A column of nulls only has no type of its own."""
    table = pq.read_table(path).cast(pa.schema([("one", pa.string()), ("two", pa.string())]))
    pq.write_table(table, path, row_group_size=7)
    return path


def test_the_boundary_between_two_cells_counts(table_file) -> None:
    path = table_file({"one": ["ab", "a", "1:a"], "two": ["c", "bc", "x"]})
    assert content_keys(path, ["one", "two"]).tolist() == [0, 1, 2]


def test_numbers_and_dates_are_read_as_text(table_file) -> None:
    path = table_file({"n": [1.5, 2.0, 1.5, None]})
    assert content_keys(path, ["n"]).tolist() == [0, 1, 0, -2]


@SLOW_FIXTURE
@given(st.integers(0, 300), st.integers(1, 40), st.integers(1, 50), st.integers(1, 400), st.integers(0, 20), st.sets(st.integers(0, 299)))
def test_windows_hold_each_wanted_row_once_in_order(table_file, rows, group, window_rows, characters, first, dropped) -> None:
    texts = [f"{index}:" + "x" * (index % 13) for index in range(rows)]
    path = table_file(
        {"text": pa.array(texts, pa.string()), "pair": pa.array([text[::-1] for text in texts], pa.string())}, row_group_size=group
    )
    wanted = np.array(sorted(set(range(rows)) - dropped), np.int64)
    columns = {Role.TEXT: "text", Role.TEXT_PAIR: "pair"}
    windows = list(read_windows(path, columns, wanted, rows=window_rows, characters=characters, first_rows=first))
    keys = np.concatenate([np.empty(0, np.int64), *[window.keys for window in windows]])
    assert keys.tolist() == wanted.tolist()
    for number, window in enumerate(windows):
        assert window.cells[Role.TEXT] == [texts[key] for key in window.keys]
        assert window.cells[Role.TEXT_PAIR] == [texts[key][::-1] for key in window.keys]
        assert len(window.keys) <= (first if number == 0 and first else window_rows)
        assert sum(len(text) * 2 for text in window.cells[Role.TEXT][:-1]) < characters


@given(st.lists(st.integers(0, 600), max_size=200), st.integers(1, 3_000), st.booleans())
def test_batches_hold_each_item_once_within_the_budget(lengths: list[int], budget: int, equal: bool) -> None:
    lengths = np.array(lengths, np.int64)
    batches = cut_batches(lengths, budget, equal_lengths=equal)
    assert sorted(item for batch in batches for item in batch.tolist()) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or lengths[batch].max() * len(batch) <= budget
        assert not equal or len(set(lengths[batch].tolist())) == 1


def test_there_is_next_to_no_padding_in_a_large_plan() -> None:
    lengths = np.clip(np.random.default_rng(0).lognormal(np.log(45), 1.05, 4_000), 3, 512).astype(np.int64)
    padded = sum(lengths[batch].max() * len(batch) for batch in cut_batches(lengths, 2_048))
    assert padded / lengths.sum() < 1.03


def test_distinct_keys_count_their_rows() -> None:
    distinct, counts = distinct_keys(np.array([0, -1, 2, 0, -2, 2, 2]))
    assert distinct.tolist() == [0, 2] and counts.tolist() == [2, 3]
