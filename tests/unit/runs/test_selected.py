"""Some rows of a result as a file: the rows that the filters keep, types and order as they were, whatever the size."""

from __future__ import annotations

import datetime
import decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.runs import selected
from core.runs.filters import ResultFilters
from core.runs.query import ResultQuery
from core.runs.selected import write_selected_rows


@pytest.fixture
def source(tmp_path: Path) -> Path:
    stamps = [datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC), None] * 5
    table = pa.table(
        {
            "number": pa.array(range(10), pa.int16()),
            "price": pa.array([decimal.Decimal("1.10")] * 10, pa.decimal128(9, 2)),
            "when": pa.array(stamps, pa.timestamp("ns", "UTC")),
            "tags": pa.array([["a"], [], None, ["b", None], ["c"]] * 2, pa.list_(pa.string())),
        }
    ).replace_schema_metadata({b"kept": b"yes"})
    pq.write_table(table, tmp_path / "source.parquet")
    return tmp_path / "source.parquet"


@pytest.mark.parametrize("numbers", [[], [9], [7, 0, 3, 3], list(range(10)), [2, 99]])
@pytest.mark.parametrize("batch", [1, 4, 50])
def test_the_chosen_rows_come_out_as_they_were(source, tmp_path, monkeypatch, numbers, batch):
    monkeypatch.setattr(selected, "BATCH_ROWS", batch)
    found = pq.read_table(write_selected_rows(source, np.array(numbers, np.int64), tmp_path / "out.parquet"))
    whole = pq.read_table(source)
    assert found.schema.equals(whole.schema)
    assert found.schema.metadata[b"kept"] == b"yes"
    rows = whole.to_pylist()
    assert found.to_pylist() == [rows[number] for number in sorted(set(numbers)) if number < 10]


def test_the_numbers_of_a_query_are_those_of_the_rows_it_counts(settings, tmp_path):
    from core.runs import build_result, write_part
    from tests.unit.runs.sample_runs import KEYS, new_run, outputs

    run = new_run(settings, tmp_path)
    write_part(run, 1, outputs([0, 1, 4, 5, 6, 8, 9], "too hot"))
    build_result(run, KEYS)
    query = ResultQuery(settings, run)
    positive = ResultFilters(labels=("positive",))
    assert query.numbers(positive).tolist() == [0, 3, 5, 6, 9]
    assert query.numbers(positive, "great").tolist() == [0, 3]
    assert len(query.numbers()) == query.count() == 10
    assert query.numbers(positive).dtype == np.int64
    query.close()
