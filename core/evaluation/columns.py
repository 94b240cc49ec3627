"""The columns of a table that an evaluation reads: texts as numbers of their distinct values, numbers as floats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import BadInput, NotFound
from core.inference.keys import as_text
from core.runs.result import output_names
from core.tasks.labels import label_columns

NEAR_ONE = 0.02
"""By how much probabilities of a row may miss one: CSV files round them."""


@dataclass(frozen=True)
class Coded:
    """A column of texts: ``values[codes[row]]`` is the cell of a row, -1 stands for a missing one."""

    codes: np.ndarray
    values: list[str]

    def mapped(self, found: Sequence[int]) -> np.ndarray:
        """For each row what ``found`` has at its value; -1 for missing cells. int64 ``[rows]``."""
        return np.append(np.asarray(found, np.int64), -1)[self.codes]

    def cells(self, rows: np.ndarray | None = None) -> list[str | None]:
        """The texts of some rows, or of all."""
        texts = [*self.values, None]
        return [texts[code] for code in (self.codes if rows is None else self.codes[rows])]


@dataclass(frozen=True)
class Sheet:
    """A table that is being evaluated. ``outputs``: name of an output of a run's task to its column; each column by its name elsewhere."""

    path: Path
    schema: pa.Schema
    rows: int
    outputs: Mapping[str, str]

    @staticmethod
    def open(path: Path) -> Sheet:
        """Reads the head of a Parquet file.

        Raises:
            NotFound: there is no such file, or it is no Parquet file.
        """
        try:
            with pq.ParquetFile(path) as file:
                schema, rows = file.schema_arrow, file.metadata.num_rows
        except (OSError, pa.ArrowInvalid) as error:
            raise NotFound("a table", f"{path.name}, which cannot be read", "Import it again, or wait until the run is done.") from error
        return Sheet(path, schema, rows, output_names(schema) or {name: name for name in schema.names})

    def read(self, names: Iterable[str]) -> dict[str, pa.ChunkedArray]:
        """Columns by name.

        Raises:
            BadInput: the table has no such column.
        """
        wanted = list(dict.fromkeys(names))
        for name in wanted:
            if name not in self.schema.names:
                raise BadInput(f"a column named {name!r}", f"the columns {', '.join(self.schema.names)[:300]}", "Choose one of these.")
        with pq.ParquetFile(self.path) as file:  # readers take a dot in a name for nesting
            table = file.read(columns=None if any("." in name for name in wanted) else wanted)
        return {name: table[name] for name in wanted}

    def coded(self, name: str) -> Coded:
        """A column of texts; numbers and lists as text."""
        return code(self.read([name])[name])

    def texts(self, name: str) -> list[str | None]:
        """A column as Python texts: for tables that are small enough."""
        return as_text(self.read([name])[name].combine_chunks()).to_pylist()

    def numbers(self, names: Sequence[str]) -> np.ndarray:
        """Columns of numbers, or of texts that are numbers, float64 ``[rows, columns]``; NaN for anything else."""
        columns = self.read(names)
        return np.column_stack([as_numbers(columns[name]) for name in names]) if names else np.empty((self.rows, 0))


def code(column: pa.ChunkedArray) -> Coded:
    """A column of any type as numbers of its distinct texts."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_nested(column.type):
        column = pa.chunked_array([as_text(column.combine_chunks())])
    if pa.types.is_null(column.type):
        return Coded(np.full(len(column), -1, np.int64), [])
    encoded = column.combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return Coded(codes, as_text(encoded.dictionary).to_pylist())


def as_numbers(column: pa.ChunkedArray) -> np.ndarray:
    """float64 ``[rows]``, NaN where a cell is no number."""
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_boolean(column.type):
        return column.cast(pa.float64()).to_numpy().astype(np.float64, copy=False)
    import pandas as pd

    coded = code(column)
    values = pd.to_numeric(pd.Series(coded.values, dtype=object), errors="coerce").to_numpy(np.float64)
    return np.append(values, np.nan)[coded.codes]


def is_blank(coded: Coded) -> np.ndarray:
    """Cells that say nothing: missing, empty, or white space. bool ``[rows]``."""
    return coded.mapped([-1 if not value.strip() else 1 for value in coded.values]) < 0


def score_columns(sheet: Sheet, prefix: str, labels: Sequence[str]) -> dict[str, str]:
    """The columns ``p_<label>`` or ``logit_<label>`` of a table, label to column, of the labels that have one."""
    if "label_1" in sheet.outputs:  # the most probable labels of each row: p_1 is of no label
        return {}
    wanted = dict(zip(labels, label_columns(prefix, labels), strict=True))
    known = {output.casefold(): column for output, column in sheet.outputs.items()}
    return {label: known[name.casefold()] for label, name in wanted.items() if name.casefold() in known}


def more_labels(sheet: Sheet, labels: Sequence[str]) -> list[str]:
    """Labels that only columns ``p_<label>`` name: nobody predicted them and no row has them, but their probabilities are part of one."""
    taken = {name.casefold() for name in label_columns("p_", labels)}
    others = [name for name in sheet.outputs if name.casefold().startswith("p_") and name.casefold() not in taken]
    own = score_columns(sheet, "p_", labels)
    if not others or not own:
        return []
    head = min(sheet.rows, 1_000)
    sums = sheet.numbers(list(own.values()))[:head].sum(1)
    more = sheet.numbers([sheet.outputs[name] for name in others])[:head].sum(1)
    short = (np.abs(sums - 1) > NEAR_ONE).any() and np.isfinite(more).any()
    return [name[2:] for name in others] if short and (np.abs(sums + more - 1)[np.isfinite(sums + more)] <= NEAR_ONE).all() else []


def confidence_in(sheet: Sheet, named: str | None = None) -> np.ndarray | None:
    """The column of confidences, float64 ``[rows]``; ``None`` where there is none whose numbers lie between 0 and 1."""
    column = named or sheet.outputs.get("confidence")
    if column is None or column not in sheet.schema.names:
        return None
    found = sheet.numbers([column])[:, 0]
    known = found[np.isfinite(found)]
    return found if len(known) and known.min() >= 0 and known.max() <= 1 else None
