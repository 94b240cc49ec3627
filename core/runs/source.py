"""The rows of a run as one DuckDB view: the finished result, or the input joined with the parts written so far."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.runs.columns import ResultColumn, kind_of
from core.runs.duck import ROW, connect, parquet
from core.runs.keys import read_keys
from core.runs.layout import RunFolder
from core.runs.parts import ERROR, KEY, collect, list_parts, newest
from core.runs.result import NOT_SCORED, SKIP_REASONS, free_names, has_current_result, output_names
from core.schema import PredictSpec
from core.settings import Settings

VIEW = "result"
OUTPUTS = "outputs"
KEYS = "row_keys"


class ResultSource:
    """Owns a connection whose view ``result`` has the run's rows, and keeps up with the run.

    The view has the columns ``c0``, ``c1``..., and ``row_number``: the row of the input, from 0. While the run is not finished,
    rows without outputs have the error "not scored", or say why they are skipped.
    """

    def __init__(self, settings: Settings, run: RunFolder) -> None:
        self._settings, self._run = settings, run
        self.connection: duckdb.DuckDBPyConnection
        self.columns: list[ResultColumn] = []
        self._seen: set[Path] = set()
        self._output_columns: list[str] = []
        self._has_keys = False
        self._result: tuple[int, int, int] | None = None
        self._open()

    def refresh(self) -> bool:
        """Takes in what the run has written since. True where anything changed."""
        if self._current_result() != self._result:
            self.connection.close()
            self._open()
            return True
        if self.finished:
            return False
        if not self._has_keys and self._run.keys_path.exists():
            self._view_parts()
            return True
        new = [path for path in list_parts(self._run) if path not in self._seen]
        if new:
            self._add_parts(new)
        return bool(new)

    def close(self) -> None:
        self.connection.close()

    @property
    def finished(self) -> bool:
        """Whether the rows come from the result: it is there, and no later attempt has added a part."""
        return self._result is not None

    def _open(self) -> None:
        self._result = self._current_result()
        self.connection = connect(self._settings, [self._run.result_path, self._run.input_path])
        if self._result is not None:
            self._view_result()
        else:
            self._view_parts()

    def _current_result(self) -> tuple[int, int, int] | None:
        """Identity of the result file, ``None`` where there is none or a part is newer than it."""
        if not has_current_result(self._run):
            return None
        state = self._run.result_path.stat()
        return state.st_ino, state.st_mtime_ns, state.st_size

    def _view_result(self) -> None:
        schema = pq.read_schema(self._run.result_path)
        outputs = {column: output for output, column in output_names(schema).items()}
        self._create_view(f"SELECT * FROM {parquet(self._run.result_path)}", schema.names, outputs)

    def _add_parts(self, paths: list[Path]) -> None:
        """Puts parts into the table of outputs; a key that is there already is superseded, as attempts order it."""
        self._seen |= set(paths)
        arrived = newest(pa.concat_tables([pq.read_table(path) for path in paths], promote_options="permissive"))
        if arrived.column_names != self._output_columns:
            self._view_parts()
            return
        self.connection.register("arrived", arrived)
        self.connection.execute(f"DELETE FROM {OUTPUTS} WHERE {KEY} IN (SELECT {KEY} FROM arrived)")
        self.connection.execute(f"INSERT INTO {OUTPUTS} SELECT * FROM arrived")
        self.connection.unregister("arrived")

    def _view_parts(self) -> None:
        self._seen = set(list_parts(self._run))
        table = _typed(collect(self._run))
        self.connection.register("arrived", table)
        self.connection.execute(f"CREATE OR REPLACE TABLE {OUTPUTS} AS SELECT * FROM arrived")
        self.connection.unregister("arrived")
        self._output_columns = table.column_names
        self._view_live(table.column_names)

    def _view_live(self, names: list[str]) -> None:
        """The input's rows with what is known of them. Without an input (a rehearsal), the rows are the keys."""
        has_input = self._run.input_path.exists()
        user_names = pq.read_schema(self._run.input_path).names if has_input else ["row"]
        wanted = [name for name in names if name not in (KEY, ERROR)] + [ERROR]
        columns = free_names(wanted, user_names)
        aliases = ", ".join(f"o{place}" for place in range(len(names)))
        key = f"o{names.index(KEY)}"
        chosen = [f"o{names.index(name)}" for name in wanted]
        outputs = f"{OUTPUTS} AS outputs({aliases})"
        if has_input:
            user = [f"i{place}" for place in range(len(user_names))]
            rows = f"{parquet(self._run.input_path)} AS input({', '.join([*user, ROW])})"
            reasons = " ".join(f"WHEN row_key = {skip} THEN '{reason}'" for skip, reason in SKIP_REASONS.items())
            chosen[-1] = f"CASE {reasons} WHEN {key} IS NULL THEN '{NOT_SCORED}' ELSE {chosen[-1]} END"
            sql = (
                f"SELECT {', '.join([*user, *chosen, ROW])} FROM {rows} "
                f"JOIN {self._read_keys()} USING ({ROW}) LEFT JOIN {outputs} ON row_key = {key}"
            )
        else:
            sql = f"SELECT {', '.join([key, *chosen, key])} FROM {outputs}"
        self._create_view(sql, [*user_names, *columns.values()], {column: output for output, column in columns.items()})

    def _read_keys(self) -> str:
        """A table with the key of each row, as the plan stored it; before the plan, or without one, each row is its own."""
        keys = read_keys(self._run)
        self._has_keys = keys is not None
        if keys is None:
            spec = self._run.spec()
            rows = pq.read_metadata(self._run.input_path).num_rows
            keys = np.arange(min(rows, spec.limit or rows) if isinstance(spec, PredictSpec) else rows)
        self.connection.register("arrived", pa.table({ROW: np.arange(len(keys)), KEY: keys}))
        self.connection.execute(f"CREATE OR REPLACE TABLE {KEYS} AS SELECT {ROW}, {KEY} AS row_key FROM arrived")
        self.connection.unregister("arrived")
        return KEYS

    def _create_view(self, sql: str, names: list[str], outputs: dict[str, str]) -> None:
        identifiers = [f"c{place}" for place in range(len(names))]
        self.connection.execute(f"CREATE OR REPLACE VIEW {VIEW}({', '.join([*identifiers, ROW])}) AS {sql}")
        types = [row[1] for row in self.connection.execute(f"DESCRIBE {VIEW}").fetchall()]
        self.columns = [
            ResultColumn(name, identifier, kind_of(duck_type), outputs.get(name))
            for name, identifier, duck_type in zip(names, identifiers, types, strict=False)
        ]


def _typed(table: pa.Table) -> pa.Table:
    """Columns that are null in every part so far become text, which any later part fits."""
    fields = [field.with_type(pa.string()) if pa.types.is_null(field.type) else field for field in table.schema]
    return table.cast(pa.schema(fields))
