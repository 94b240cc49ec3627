"""The rows of a run as one DuckDB view: the finished result, or the input joined with the parts written so far."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.runs.duck import ROW, connect, parquet
from core.runs.layout import RunFolder
from core.runs.parts import ERROR, KEY, collect, list_parts
from core.runs.result import NOT_SCORED, free_names, output_names
from core.schema import PredictSpec, Role
from core.settings import Settings

VIEW = "result"
OUTPUTS = "outputs"
Kind = Literal["text", "number", "boolean", "time", "other"]
NOT_CONTENT = (Role.LABEL, Role.GROUP, Role.TIME, Role.ID)  # what a model never reads
NUMBERS = ("INT", "FLOAT", "DOUBLE", "DECIMAL", "HUGEINT")


@dataclass(frozen=True)
class ResultColumn:
    """A column of a result.

    Attributes:
        name: as the user knows it.
        identifier: its name in SQL, ours.
        kind: what it holds; text unless the file was typed.
        output: which of the task's outputs it is (``prediction``...), ``None`` for the user's own columns.
    """

    name: str
    identifier: str
    kind: Kind
    output: str | None = None


class ResultSource:
    """Owns a connection whose view ``result`` has the run's rows, and keeps up with the run.

    The view has the columns ``c0``, ``c1``..., and ``row_number``: the row of the input, from 0. While the run is not finished,
    rows without outputs have the error "not scored".
    """

    def __init__(self, settings: Settings, run: RunFolder) -> None:
        self._settings, self._run = settings, run
        self.connection: duckdb.DuckDBPyConnection
        self.columns: list[ResultColumn] = []
        self._seen: set[Path] = set()
        self._output_columns: list[str] = []
        self._result: tuple[int, int, int] | None = None
        self._open()

    def refresh(self) -> bool:
        """Takes in what the run has written since. True where anything changed."""
        if self._current_result() != self._result:
            self.connection.close()
            self._open()
            return True
        new = [path for path in list_parts(self._run) if path not in self._seen] if not self.finished else []
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
        try:
            state = self._run.result_path.stat()
        except FileNotFoundError:
            return None
        changed = self._run.parts.stat().st_mtime_ns > state.st_mtime_ns
        if changed and any(part.stat().st_mtime_ns > state.st_mtime_ns for part in list_parts(self._run)):
            return None
        return state.st_ino, state.st_mtime_ns, state.st_size

    def _view_result(self) -> None:
        schema = pq.read_schema(self._run.result_path)
        outputs = {column: output for output, column in output_names(schema).items()}
        self._create_view(f"SELECT * FROM {parquet(self._run.result_path)}", schema.names, outputs)

    def _add_parts(self, paths: list[Path]) -> None:
        """Puts parts into the table of outputs; a key that is there already is superseded, as attempts order it."""
        self._seen |= set(paths)
        arrived = _newest(pa.concat_tables([pq.read_table(path) for path in paths], promote_options="permissive"))
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
        chosen[-1] = f"CASE WHEN {key} IS NULL THEN '{NOT_SCORED}' ELSE {chosen[-1]} END"
        outputs = f"{OUTPUTS} AS outputs({aliases})"
        if has_input:
            user = [f"i{place}" for place in range(len(user_names))]
            rows = f"{parquet(self._run.input_path)} AS input({', '.join([*user, ROW])})"
            sql = (
                f"SELECT {', '.join([*user, *chosen, ROW])} FROM {rows} "
                f"JOIN {self._first_rows(user_names)} USING ({ROW}) LEFT JOIN {outputs} ON first_row = {key}"
            )
        else:
            sql = f"SELECT {', '.join([key, *chosen, key])} FROM {outputs}"
        self._create_view(sql, [*user_names, *columns.values()], {column: output for output, column in columns.items()})

    def _first_rows(self, names: list[str]) -> str:
        """A table with, for each row, the first row of the same content: what the keys of parts count by."""
        spec = self._run.spec()
        roles = spec.roles if isinstance(spec, PredictSpec) else {}
        places = sorted({names.index(column) for role, column in roles.items() if role not in NOT_CONTENT and column in names})
        content = ", ".join(f"i{place}" for place in places) or ROW
        user = ", ".join(f"i{place}" for place in range(len(names)))
        limit = f"WHERE {ROW} < {int(spec.limit)}" if isinstance(spec, PredictSpec) and spec.limit else ""
        self.connection.execute(
            f"CREATE OR REPLACE TABLE first_rows AS SELECT {ROW}, min({ROW}) OVER (PARTITION BY {content}) AS first_row "
            f"FROM {parquet(self._run.input_path)} AS input({user}, {ROW}) {limit}"
        )
        return "first_rows"

    def _create_view(self, sql: str, names: list[str], outputs: dict[str, str]) -> None:
        identifiers = [f"c{place}" for place in range(len(names))]
        self.connection.execute(f"CREATE OR REPLACE VIEW {VIEW}({', '.join([*identifiers, ROW])}) AS {sql}")
        types = [row[1] for row in self.connection.execute(f"DESCRIBE {VIEW}").fetchall()]
        self.columns = [
            ResultColumn(name, identifier, _kind(duck_type), outputs.get(name))
            for name, identifier, duck_type in zip(names, identifiers, types, strict=False)
        ]


def _newest(table: pa.Table) -> pa.Table:
    """Of each key the row that comes last."""
    backwards = table[KEY].to_numpy()[::-1]
    _, last = np.unique(backwards, return_index=True)
    return table.take(pa.array(len(backwards) - 1 - last))


def _typed(table: pa.Table) -> pa.Table:
    """Columns that are null in every part so far become text, which any later part fits."""
    fields = [field.with_type(pa.string()) if pa.types.is_null(field.type) else field for field in table.schema]
    return table.cast(pa.schema(fields))


def _kind(duck_type: str) -> Kind:
    if duck_type == "VARCHAR" or duck_type.startswith("ENUM"):
        return "text"
    if duck_type == "BOOLEAN":
        return "boolean"
    if duck_type == "DATE" or duck_type.startswith("TIMESTAMP"):
        return "time"
    numeric = any(word in duck_type for word in NUMBERS) and not duck_type.endswith("]") and "(" not in duck_type.removeprefix("DECIMAL(")
    return "number" if numeric else "other"
