"""Questions about a run's rows, answered where they lie: pages and filters of a table of any size."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from core.errors import NotFound
from core.metrics import match_labels
from core.runs import tallies
from core.runs.columns import ResultColumn, named, output_of
from core.runs.conditions import Condition, Rows, condition
from core.runs.dates import DateReading, find_reading
from core.runs.duck import ROW, within_limits
from core.runs.failed import write_failed_rows
from core.runs.filters import ColumnFilter, ResultFilters, Sort
from core.runs.layout import RunFolder
from core.runs.result import SKIPPED_PREFIX
from core.runs.source import VIEW, ResultSource
from core.schema import PredictSpec
from core.settings import Settings

__all__ = ["ColumnFilter", "ResultFilters", "ResultQuery", "Sort", "write_failed_rows"]

EVERYTHING = ResultFilters()
REMEMBERED = 4
SAMPLED = 1_000
LOOKS_LIKE = 0.8
RANKED = 10_000
GROUPS = 20  # distinct values that a breakdown shows side by side
ONE_LABEL = ("single", "raw")  # kinds of heads whose prediction is one of the labels
EVERY_ROW = "'every row'"  # the only label where answers are free


class ResultQuery:
    """The rows of one run, finished or not. One object serves several threads, one question at a time.

    A page keeps one for each run it shows and calls :meth:`refresh` while the run is going on.

    Args:
        settings: memory and threads of the queries, characters of a cell to show.
        run: a run of any state; without parts, no row is scored.
    """

    def __init__(self, settings: Settings, run: RunFolder) -> None:
        self._settings, self._run = settings, run
        self._lock = threading.RLock()
        spec = run.spec()
        self._first_label_map = spec.label_map if isinstance(spec, PredictSpec) else {}
        self._matches: OrderedDict[str, str] = OrderedDict()
        self._matches_made = 0
        self._readings: dict[str, DateReading] = {}
        self._numeric: dict[str, bool] = {}
        self._ranks: dict[str, int] = {}  # of the user's own columns, which a run never changes
        with within_limits(settings):
            self._source = ResultSource(settings, run)

    # What there is

    def refresh(self) -> bool:
        """Takes in what the run has written since. True where anything changed."""
        with self._lock, within_limits(self._settings):
            changed = self._source.refresh()
            if changed:
                self._forget()
            return changed

    def close(self) -> None:
        """Ends the connection; files may then be deleted on every system."""
        with self._lock:
            self._source.close()

    @property
    def finished(self) -> bool:
        """False while the rows come from parts."""
        return self._source.finished

    @property
    def columns(self) -> list[ResultColumn]:
        """All columns, the user's first."""
        return list(self._source.columns)

    @property
    def outputs(self) -> dict[str, str]:
        """Output name to column name: they differ where the user has a column of that name."""
        return {column.output: column.name for column in self._source.columns if column.output}

    @property
    def labels(self) -> list[str]:
        """What a prediction can be: the model's labels in its order, as the run has noted them, then whatever else was predicted.

        A model of several labels at once predicts sets of them: there, and in runs without a note, it is what was predicted.
        """
        noted = self._run.choices()
        known = noted.get("labels", []) if noted.get("problem") in ONE_LABEL else []
        predicted = self.label_counts()["label"].tolist() if self.counted else []
        return known + [label for label in predicted if label not in known]

    @property
    def counted(self) -> ResultColumn | None:
        """The output that charts count: mostly the prediction, a cluster where predictions are vectors, none where answers are free."""
        name = self._run.choices().get("counted", "prediction")
        return self.output(name) if name else None

    def column(self, name: str) -> ResultColumn:
        """The column of this exact name.

        Raises:
            BadInput: there is none.
        """
        return named(self._source.columns, name)

    def output(self, name: str) -> ResultColumn | None:
        """The column with this output of the task, ``None`` where the run has no such output."""
        return output_of(self._source.columns, name)

    def time_columns(self) -> list[str]:
        """The user's columns that hold dates: by type, or because at least four of five values read as one."""
        return [column.name for column in self._source.columns if column.output is None and self._holds_dates(column)]

    def breakdown_columns(self) -> list[str]:
        """The user's columns, those first that a breakdown is made for.

        First columns of 2 to 20 distinct values, then those of more whose values come back, then those of one value, then
        dates, last columns where nearly each row has a value of its own. The order of the file decides within each.
        """
        own = [column for column in self._source.columns if column.output is None]
        return [column.name for column in sorted(own, key=self._breakdown_rank)]

    # Rows

    def count(self, filters: ResultFilters = EVERYTHING, search: str = "") -> int:
        """Rows that the filters keep and, with a search, that have the text in some text column, in any case."""
        with self._lock:
            return self._fetch(f"SELECT count(*) AS n FROM {self._matching(filters, search)}")["n"][0].as_py()

    def numbers(self, filters: ResultFilters = EVERYTHING, search: str = "") -> np.ndarray:
        """Numbers of the rows that :meth:`count` counts, from 0, ascending, int64."""
        with self._lock:
            found = self._fetch(f"SELECT {ROW} FROM {self._matching(filters, search)} ORDER BY {ROW}")
        return found[ROW].to_numpy().astype(np.int64, copy=False)

    def page(
        self, filters: ResultFilters = EVERYTHING, search: str = "", sort: Sort | None = None, offset: int = 0, limit: int | None = None
    ) -> pd.DataFrame:
        """Rows ``offset`` to ``offset + limit`` in the chosen order (the file's without ``sort``).

        Returns:
            A frame indexed by row of the input, from 0. Long cells are cut at ``max_shown_characters`` with an ellipsis;
            :meth:`row` has them whole.
        """
        limit = self._settings.page_rows if limit is None else limit
        with self._lock:
            numbers = self._row_numbers(filters, search, sort, max(0, offset), max(0, limit))
            frame = self._rows(numbers, shown=self._settings.max_shown_characters)
        return frame.reindex(pd.Index(numbers, name="row", dtype="int64"))

    def row(self, number: int) -> dict[str, Any]:
        """One row whole, column name to value.

        Raises:
            NotFound: the run has no such row.
        """
        with self._lock:
            found = self._fetch(f"SELECT {self._select()} FROM {VIEW} WHERE {ROW} = ?", [number])
        if found.num_rows == 0:
            raise NotFound("a row of this run", f"row {number + 1}", "Choose a row of the table.")
        values = [column[0].as_py() for column in found.columns[:-1]]
        return {column.name: value for column, value in zip(self._source.columns, values, strict=True)}

    def failures(self) -> pd.DataFrame:
        """Rows without a prediction, grouped by cause: columns error, kind (failed, skipped, waiting), rows, first_row."""
        error = self.output("error")
        if error is None:
            return pd.DataFrame({"error": [], "kind": [], "rows": [], "first_row": []})
        return self._frame(tallies.failures(error.identifier, SKIPPED_PREFIX))

    # Numbers for charts

    def label_counts(self, filters: ResultFilters = EVERYTHING) -> pd.DataFrame:
        """Columns label, rows; the most frequent first. Rows without a prediction do not count."""
        return self._frame(tallies.label_counts(self._counted(), self._condition(filters)))

    def confidence_histogram(self, filters: ResultFilters = EVERYTHING, bins: int = 20) -> pd.DataFrame:
        """Columns low, high, label, rows: bins of equal width between 0 and 1; empty ones are left out."""
        label = self._counted() if self.counted else EVERY_ROW
        sql = tallies.confidence_histogram(self._output("confidence"), label, self._condition(filters), bins)
        return self._frame(sql)

    def breakdown(self, name: str, filters: ResultFilters = EVERYTHING, top: int = 20) -> tallies.Breakdown:
        """Predictions by the values of a column: its ``top`` most frequent ones, ranges where it holds many numbers."""
        column = self.column(name)
        with self._lock:
            return tallies.breakdown(self._frame, column, self._counted(), self._condition(filters), top, self._is_numeric(column))

    def over_time(self, name: str, filters: ResultFilters = EVERYTHING, granularity: str | None = None) -> tallies.TimeCounts:
        """Predictions by period, of a minute to a year, of a column of dates, in whatever way they are written."""
        column = self.column(name)
        with self._lock:
            reading = self._reading(column)
            return tallies.over_time(self._frame, column, reading, self._counted(), self._condition(filters), granularity)

    def places(self, text: str, limit: int, filters: ResultFilters = EVERYTHING) -> pd.DataFrame:
        """Columns x, y, label, text, row (from 1): at most ``limit`` points of the map, the same ones each time.

        Args:
            text: the column to show at each point.
        """
        shown = f"left_grapheme({self.column(text).text}, {self._settings.max_shown_characters})"
        x, y = self._output("map_x"), self._output("map_y")
        return self._frame(tallies.places(x, y, self._counted(), shown, self._condition(filters), limit))

    def items(self, output: str, fields: tuple[str, ...], limit: int, filters: ResultFilters = EVERYTHING) -> pd.DataFrame:
        """Columns ``fields``, items, rows: how often the items of a list output have the same values; the most frequent first."""
        column = self.output(output)
        if column is None:
            return pd.DataFrame({name: [] for name in (*fields, "items", "rows")})
        return self._frame(tallies.items(column.identifier, fields, self._condition(filters), limit))

    def labels_of_items(self, output: str) -> list[str]:
        """The labels of a list output's items, such as types of entities; the most frequent first."""
        return [str(label) for label in self.items(output, ("label",), RANKED)["label"]]

    def lengths(self, name: str, filters: ResultFilters = EVERYTHING) -> pd.DataFrame:
        """Columns words, rows: how long the texts of a column are; blank cells are left out."""
        return self._frame(tallies.lengths(self.column(name).text, self._condition(filters)))

    def values(self, name: str, contains: str = "", limit: int = 100) -> pd.DataFrame:
        """Values of a column for a choice of filters: columns value (``None`` for blank cells), rows; most frequent first."""
        text = self.column(name).text
        return self._frame(tallies.values(text, contains, limit))

    # Inside

    def _fetch(self, sql: str, parameters: list[object] | None = None) -> pa.Table:
        with self._lock, within_limits(self._settings):
            return self._source.connection.sql(sql, params=parameters or []).to_arrow_table()

    def _do(self, sql: str, parameters: list[object] | None = None) -> None:
        with self._lock, within_limits(self._settings):
            self._source.connection.execute(sql, parameters or [])

    def _frame(self, question: Condition) -> pd.DataFrame:
        return self._fetch(question.sql, question.parameters).to_pandas()

    def _forget(self) -> None:
        """What is known of the user's own columns stays true: a run never changes them."""
        for name in self._matches.values():
            self._do(f"DROP TABLE IF EXISTS {name}")
        self._matches.clear()
        for name in self.outputs.values():
            self._readings.pop(name, None)
            self._numeric.pop(name, None)

    def _output(self, name: str) -> str:
        column = self.output(name)
        return column.identifier if column else "NULL::DOUBLE"

    def _counted(self) -> str:
        column = self.counted
        return column.identifier if column else "NULL::VARCHAR"

    def _condition(self, filters: ResultFilters, search: str = "") -> Condition:
        return condition(Rows(self._source.columns, self.truths, self.counted), filters, search)

    def truths(self, name: str) -> dict[str, str]:
        """Values of a label column to the labels they mean; blank and unmatched values are left out."""
        values = [value for value in self.values(name, limit=10_000)["value"] if isinstance(value, str)]
        matched = match_labels(values, self.labels, self._label_map()).truth
        return {value: label for value, label in zip(values, matched, strict=True) if label is not None}

    def _label_map(self) -> dict[str, str]:
        """What the user's labels mean: as said last, else as the run began."""
        said = self._run.metrics().get("label_map")
        return self._first_label_map if said is None else said

    def _matching(self, filters: ResultFilters, search: str) -> str:
        """A relation with the row numbers that match; remembered, so that turning pages does not search again."""
        if not filters and not search:
            return VIEW
        key = filters.model_dump_json() + search
        if filters.disagrees_with is not None:
            key += json.dumps(self._label_map(), sort_keys=True)
        if key in self._matches:
            self._matches.move_to_end(key)
            return self._matches[key]
        asked = self._condition(filters, search)
        self._matches_made += 1
        name = f"match_{self._matches_made}"
        self._do(f"CREATE TEMP TABLE {name} AS SELECT {ROW} FROM {VIEW} WHERE {asked.sql}", asked.parameters)
        self._matches[key] = name
        if len(self._matches) > REMEMBERED:
            self._do(f"DROP TABLE {self._matches.popitem(last=False)[1]}")
        return name

    def _row_numbers(self, filters: ResultFilters, search: str, sort: Sort | None, offset: int, limit: int) -> list[int]:
        relation = self._matching(filters, search)
        if sort is None:
            sql = f"SELECT {ROW} FROM {relation} ORDER BY {ROW} LIMIT ? OFFSET ?"
        else:
            rows = VIEW if relation == VIEW else f"{VIEW} SEMI JOIN {relation} USING ({ROW})"
            sql = f"SELECT {ROW} FROM {rows} ORDER BY {self._order(sort)}, {ROW} LIMIT ? OFFSET ?"
        return self._fetch(sql, [limit, offset])[ROW].to_pylist()

    def _order(self, sort: Sort) -> str:
        column = self.column(sort.column)
        name, direction = column.identifier, "DESC" if sort.descending else "ASC"
        if column.kind != "text":
            return f"{name} {direction} NULLS LAST"
        blanks_last = f"nullif({name}, '') {direction} NULLS LAST"
        return f"TRY_CAST({name} AS DOUBLE) {direction} NULLS LAST, {blanks_last}" if self._is_numeric(column) else blanks_last

    def _rows(self, numbers: list[int], shown: int) -> pd.DataFrame:
        low, high = (min(numbers), max(numbers)) if numbers else (0, -1)
        sql = f"SELECT {self._select(shown)} FROM {VIEW} WHERE {ROW} BETWEEN ? AND ? AND {ROW} IN (SELECT unnest(CAST(? AS BIGINT[])))"
        frame = self._fetch(sql, [low, high, numbers]).to_pandas().set_index(ROW)
        frame.columns = [column.name for column in self._source.columns]
        return frame

    def _select(self, shown: int | None = None) -> str:
        parts = []
        for column in self._source.columns:
            name = column.identifier
            if shown and column.kind == "text":
                name = f"CASE WHEN length({name}) > {int(shown)} THEN left_grapheme({name}, {int(shown)}) || '…' ELSE {name} END AS {name}"
            parts.append(name)
        return ", ".join([*parts, ROW])

    def _reading(self, column: ResultColumn) -> DateReading:
        if column.name not in self._readings:
            typed = column.kind == "time"
            with self._lock, within_limits(self._settings):
                reading = DateReading() if typed else find_reading(self._source.connection, VIEW, column.text)
            self._readings[column.name] = reading
        return self._readings[column.name]

    def _holds_dates(self, column: ResultColumn) -> bool:
        if column.kind != "text":
            return column.kind == "time"
        with self._lock:
            if self._is_numeric(column) and not any(word in column.name.casefold() for word in ("year", "date")):
                return False
            return self._reading(column).share >= LOOKS_LIKE

    def _breakdown_rank(self, column: ResultColumn) -> int:
        """0 for the best; judged by the first ten thousand rows, blank cells left out."""
        if column.name not in self._ranks:
            text = f"nullif(trim({column.text}), '')"
            sql = f"SELECT count(v) AS filled, count(DISTINCT v) AS found FROM (SELECT {text} AS v FROM {VIEW} LIMIT {RANKED})"
            counted = self._fetch(sql)
            filled, found = counted["filled"][0].as_py(), counted["found"][0].as_py()
            if found < 2:
                rank = 2
            elif found > max(2, filled // 2):
                rank = 4
            elif self._holds_dates(column):
                rank = 3
            else:
                rank = 0 if found <= GROUPS else 1
            self._ranks[column.name] = rank
        return self._ranks[column.name]

    def _is_numeric(self, column: ResultColumn) -> bool:
        """Whether every filled cell among the first thousand is a number."""
        if column.kind != "text":
            return column.kind == "number"
        if column.name not in self._numeric:
            name = column.identifier
            sql = (
                f"SELECT count(*) AS filled, count(TRY_CAST(v AS DOUBLE)) AS numbers "
                f"FROM (SELECT trim({name}) AS v FROM {VIEW} WHERE trim({name}) <> '' LIMIT {SAMPLED})"
            )
            found = self._fetch(sql)
            filled, numbers = found["filled"][0].as_py(), found["numbers"][0].as_py()
            self._numeric[column.name] = bool(filled) and filled == numbers
        return self._numeric[column.name]
