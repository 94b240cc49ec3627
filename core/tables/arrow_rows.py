"""Reads Parquet and Arrow. Numbers, times and lists of them keep their types; what a page cannot edit becomes read-only text."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from core.errors import BadInput, LimitReached
from core.schema import ColumnInfo
from core.tables.container import incomplete
from core.tables.names import unique_names
from core.tables.problems import some
from core.tables.reading import Reading
from core.tables.writer import BATCH_BYTES, BATCH_ROWS, TableWriter

AS_BYTES = {"string": pa.binary(), "large_string": pa.large_binary(), "string_view": pa.binary_view()}


def read_arrow(reading: Reading, found: str) -> list[ColumnInfo]:
    """Imports a Parquet file, an Arrow (Feather) file or an Arrow stream.

    Args:
        reading: the import.
        found: ``parquet``, ``arrow`` or ``arrow-stream``.

    Raises:
        BadInput: the file is damaged or has no columns.
    """
    reading.facts["format"] = found
    try:
        if found == "parquet":
            with pq.ParquetFile(reading.path) as file:
                return _read(reading, file.schema_arrow, file.metadata.num_rows, _parquet_batches(file))
        with pa.OSFile(str(reading.path)) as source:
            if found == "arrow":
                file = pa.ipc.open_file(source)
                return _read(reading, file.schema, None, (file.get_batch(number) for number in range(file.num_record_batches)))
            stream = pa.ipc.open_stream(source)
            return _read(reading, stream.schema, None, iter(stream))
    except MemoryError:
        raise
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowKeyError, UnicodeDecodeError, OSError, EOFError) as error:
        raise incomplete(found) from error


def _parquet_batches(file: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    bytes_per_row = max((group.total_byte_size / max(group.num_rows, 1) for group in groups), default=1)
    return file.iter_batches(batch_size=max(1, min(BATCH_ROWS, int(BATCH_BYTES / max(bytes_per_row, 1)))))


def _read(reading: Reading, schema: pa.Schema, total: int | None, batches: Iterator[pa.RecordBatch]) -> list[ColumnInfo]:
    if not len(schema):
        raise BadInput("a table with at least one column", "no columns", "Choose another file.")
    if len(schema) > reading.settings.max_columns:
        raise LimitReached(
            f"at most {reading.settings.max_columns:,} columns (setting max_columns)",
            f"{len(schema):,}",
            "Save the file with fewer columns.",
        )
    originals = [_clean(name) for name in schema.names]
    names = unique_names(originals)
    out = pa.schema([(name, plain_type(field.type)) for name, field in zip(names, schema, strict=True)])
    kinds = _note_types(reading, names, schema)
    with TableWriter(reading.out, out, max_rows=reading.settings.max_rows) as writer:
        for batch in batches:
            for start in range(0, len(batch), BATCH_ROWS):
                part = batch.slice(start, BATCH_ROWS)
                columns = [_plain(column, name, reading) for column, name in zip(part.columns, names, strict=True)]
                writer.write(pa.Table.from_arrays(columns, schema=out))
                reading.progress("reading", writer.rows, writer.rows, total or 0)
    return writer.describe(originals, reading.problems, kinds)


def _clean(name: str) -> str:
    return name.encode("utf-8", "replace").decode("utf-8")


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type a column has in a table: text, number, boolean, date or time, a list of plain values, else text."""
    if pa.types.is_dictionary(kind):
        return plain_type(kind.value_type)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        inner = plain_type(kind.value_type)
        if _is_text(kind.value_type) or (pa.types.is_primitive(kind.value_type) and inner != pa.string()):
            return pa.list_(inner)
        return pa.string()
    if pa.types.is_float16(kind):
        return pa.float32()
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return kind
    number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    return kind if number or pa.types.is_boolean(kind) else pa.string()


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _note_types(reading: Reading, names: list[str], schema: pa.Schema) -> dict[str, str]:
    """Tells which columns became text, and gives the kinds of those that are not text by nature."""
    kinds, shown = {}, []
    for name, field in zip(names, schema, strict=True):
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if plain_type(kind) == pa.string() and not _is_text(kind):
            kinds[name] = "number" if pa.types.is_decimal(kind) else "time" if pa.types.is_temporal(kind) else "other"
            shown.append(f"{name} ({str(kind)[:60]})")
    if shown:
        reading.problems.add(f"Columns of special types are read as text: {some(shown)}.")
    return kinds


def _plain(column: pa.Array, name: str, reading: Reading) -> pa.Array:
    kind = column.type
    if not _is_text(kind):
        column.validate(full=True)
    if pa.types.is_dictionary(kind):
        return _plain(
            column.cast(kind.value_type) if not pa.types.is_nested(kind.value_type) else column.dictionary_decode(), name, reading
        )
    if _is_text(kind):
        return _valid_text(column, name, reading)
    target = plain_type(kind)
    if target == kind:
        return column
    if target != pa.string() or pa.types.is_decimal(kind):
        return column.cast(target)
    return pa.array([_as_text(value) for value in column.to_pylist()], pa.string())


def _valid_text(column: pa.Array, name: str, reading: Reading) -> pa.Array:
    """The same as ``string``; bytes that are not UTF-8 are replaced and counted."""
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        raw = column.view(AS_BYTES[str(column.type)])
        raw.validate(full=True)  # raises where it is the offsets that are broken
        values = raw.to_pylist()
        cells = [None if value is None else value.decode("utf-8", "replace") for value in values]
        bad = sum(value is not None and text.encode() != value for value, text in zip(values, cells, strict=True))
        reading.problems.add(f"{bad:,} cells hold bytes that are not UTF-8; replaced by �.", column=name)
        return pa.array(cells, pa.string())
    return column.cast(pa.string())


def _as_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return value.hex()
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
