"""Rows of any Parquet table by their numbers."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import NotFound
from core.runs.table_rows import TableRows
from core.settings import Settings


@pytest.fixture
def rows(tmp_path: Path) -> TableRows:
    path = tmp_path / "it's a table.parquet"
    texts = ["first", "x" * 50, None, "👨‍👩‍👧" * 30]
    table = pa.table({"text": texts, '"; drop table': [1, 2, 3, 4], "Text": ["a", "b", "c", "d"], "vector": [[0.5], [1.0], None, []]})
    pq.write_table(table, path)
    return TableRows(Settings(home=tmp_path, max_shown_characters=20), path)


def test_rows_come_in_the_order_asked_for_and_long_texts_are_cut(rows: TableRows) -> None:
    frame = rows.some([3, 0, 1, 99])
    assert frame.index.tolist() == [3, 0, 1]
    assert frame.columns.tolist() == ["text", '"; drop table', "Text", "vector"]
    assert frame["text"].tolist() == ["👨‍👩‍👧" * 20 + "…", "first", "x" * 20 + "…"]
    assert frame['"; drop table'].tolist() == [4, 1, 2]
    assert rows.some([]).empty


def test_one_row_is_whole(rows: TableRows) -> None:
    row = rows.row(1)
    assert row["text"] == "x" * 50 and row["Text"] == "b" and row["vector"] == [1.0]
    assert rows.row(2)["text"] is None
    with pytest.raises(NotFound):
        rows.row(4)


def test_columns_say_what_they_hold_and_outputs_are_known_by_their_names(tmp_path: Path, rows: TableRows) -> None:
    assert [(column.name, column.kind) for column in rows.columns][:2] == [("text", "text"), ('"; drop table', "number")]
    assert rows.outputs == {} and rows.counted is None and rows.labels_of_items("entities") == []
    path = tmp_path / "result.parquet"
    table = pa.table({"prediction": ["mine"], "prediction_1": ["theirs"]})
    pq.write_table(table.replace_schema_metadata({"sheetformer.outputs": '{"prediction": "prediction_1"}'}), path)
    assert TableRows(Settings(home=tmp_path), path).outputs == {"prediction": "prediction_1"}
