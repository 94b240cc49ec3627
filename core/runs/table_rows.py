"""Rows of any Parquet table by their numbers: those behind a figure, of a run's result or of a table that was uploaded."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import NotFound
from core.runs.columns import ResultColumn, kind_of
from core.runs.duck import ROW, connect, parquet, within_limits
from core.runs.result import output_names
from core.settings import Settings

VIEW = "rows"


class TableRows:
    """A table whose rows are read where they lie. One object serves several threads, one question at a time.

    Attributes:
        columns: all of them, in the order of the table.
        outputs: output name to column name, where the table is a run's result.
        counted: no output is counted here.
    """

    counted: ResultColumn | None = None

    def __init__(self, settings: Settings, path: Path) -> None:
        self._settings, self._lock = settings, threading.RLock()
        schema = pq.read_schema(path)
        self.outputs = output_names(schema)
        owners = {column: output for output, column in self.outputs.items()}
        names = [f"c{place}" for place in range(len(schema.names))]
        with within_limits(settings):
            self._connection = connect(settings, [path])
            self._connection.execute(f"CREATE VIEW {VIEW}({', '.join([*names, ROW])}) AS SELECT * FROM {parquet(path)}")
            types = [row[1] for row in self._connection.execute(f"DESCRIBE {VIEW}").fetchall()]
        self.columns = [
            ResultColumn(name, identifier, kind_of(duck_type), owners.get(name))
            for name, identifier, duck_type in zip(schema.names, names, types, strict=False)
        ]

    def close(self) -> None:
        """Ends the connection; the file may then be deleted on every system."""
        with self._lock:
            self._connection.close()

    def labels_of_items(self, output: str) -> list[str]:
        """No type of item has a colour of its own here."""
        return []

    def some(self, numbers: Sequence[int]) -> pd.DataFrame:
        """The rows of these numbers (from 0), in this order, indexed by them; a number beyond the end is left out.

        Texts are cut at ``max_shown_characters`` with an ellipsis; :meth:`row` has them whole.
        """
        cut = self._settings.max_shown_characters
        shown = [self._cut(column, cut) if column.kind == "text" else column.identifier for column in self.columns]
        found = self._fetch(shown, list(numbers))
        frame = found.to_pandas(types_mapper=None).set_index(ROW)
        frame.columns = [column.name for column in self.columns]
        frame.index.name = "row"
        present = set(frame.index)
        return frame.loc[[number for number in numbers if number in present]]

    def row(self, number: int) -> dict[str, Any]:
        """One row whole, column name to value.

        Raises:
            NotFound: the table has no such row.
        """
        found = self._fetch([column.identifier for column in self.columns], [number])
        if found.num_rows == 0:
            raise NotFound("a row of this table", f"row {number + 1}", "Choose a row of the table.")
        return {column.name: found.column(place)[0].as_py() for place, column in enumerate(self.columns)}

    def _cut(self, column: ResultColumn, limit: int) -> str:
        name = column.identifier
        return f"CASE WHEN length({name}) > {limit} THEN left_grapheme({name}, {limit}) || '…' ELSE {name} END AS {name}"

    def _fetch(self, columns: list[str], numbers: list[int]) -> pa.Table:
        sql = f"SELECT {', '.join([*columns, ROW])} FROM {VIEW} WHERE {ROW} IN (SELECT unnest(CAST(? AS BIGINT[])))"
        with self._lock, within_limits(self._settings):
            return self._connection.sql(sql, params=[[int(number) for number in numbers]]).to_arrow_table()
