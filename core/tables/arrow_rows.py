"""Reads Parquet and Arrow. Numbers, times and lists of them keep their types; what a page cannot edit becomes read-only text."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.ipc
import pyarrow.parquet as pq

from core.archives import incomplete
from core.errors import BadInput, LimitReached
from core.schema import ColumnInfo
from core.tables.names import unique_names
from core.tables.problems import number_of, some
from core.tables.reading import Reading
from core.tables.writer import BATCH_BYTES, BATCH_ROWS, TableWriter

AS_BYTES = {"string": pa.binary(), "large_string": pa.large_binary(), "string_view": pa.binary_view()}


Batches = Callable[[list[str] | None], Iterator[pa.RecordBatch]]  # starts reading; of the named columns, where given
SECONDS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
YEARS = (datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31, 23, 59, 59))
FIRST, LAST = (int((year - datetime.datetime(1970, 1, 1)).total_seconds()) for year in YEARS)  # what Python and pages can show
DAY = 86_400


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
                return read_batches(reading, file.schema_arrow, file.metadata.num_rows, lambda names: _parquet_batches(file, names))
        with pa.OSFile(str(reading.path)) as source:
            if found == "arrow":
                file = pa.ipc.open_file(source)
                return read_batches(
                    reading, file.schema, None, lambda _: (file.get_batch(number) for number in range(file.num_record_batches))
                )
            return read_batches(reading, pa.ipc.open_stream(source).schema, None, lambda _: _stream_batches(source))
    except MemoryError:
        raise
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowKeyError, UnicodeDecodeError, OSError, EOFError) as error:
        raise incomplete(found) from error


def _stream_batches(source: pa.OSFile) -> Iterator[pa.RecordBatch]:
    source.seek(0)
    yield from pa.ipc.open_stream(source)


def _parquet_batches(file: pq.ParquetFile, names: list[str] | None) -> Iterator[pa.RecordBatch]:
    groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    bytes_per_row = max((group.total_byte_size / max(group.num_rows, 1) for group in groups), default=1)
    return file.iter_batches(batch_size=max(1, min(BATCH_ROWS, int(BATCH_BYTES / max(bytes_per_row, 1)))), columns=names)


def read_batches(reading: Reading, schema: pa.Schema, total: int | None, batches: Batches) -> list[ColumnInfo]:
    """Writes the table from batches of one schema.

    Args:
        total: rows, where they are known.
        batches: starts reading; called once or twice.

    Raises:
        BadInput: there are no columns.
        LimitReached: more than ``max_columns``, or ``max_rows``.
    """
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
    odd = _odd_times(schema, batches)
    types = [pa.string() if place in odd else plain_type(field.type) for place, field in enumerate(schema)]
    out = pa.schema(list(zip(names, types, strict=True)))
    kinds = _note_types(reading, names, schema)
    for place, why in odd.items():
        kinds[names[place]] = "time"
        reading.problems.add(f"{why}; the column is read as text.", column=names[place])
    with TableWriter(reading.out, out, max_rows=reading.settings.max_rows) as writer:
        for batch in batches(None):
            for start in range(0, len(batch), BATCH_ROWS):
                part = batch.slice(start, BATCH_ROWS)
                columns = [
                    pa.array(map(_time_text, _as_seconds(column)), pa.string()) if place in odd else _plain(column, names[place], reading)
                    for place, column in enumerate(part.columns)
                ]
                writer.write(pa.Table.from_arrays(columns, schema=out))
                reading.progress("reading", writer.rows, writer.rows, total or 0)
    return writer.describe(originals, reading.problems, kinds)


def _odd_times(schema: pa.Schema, batches: Batches) -> dict[int, str]:
    """Columns of times that nothing after the import could show, by place, and why."""
    odd, looked_at = {}, []
    for place, field in enumerate(schema):
        if pa.types.is_timestamp(field.type) and field.type.tz and not _known_zone(field.type):
            odd[place] = f"The time zone {field.type.tz[:60]!r} is not known, so times are given in UTC"
        elif pa.types.is_timestamp(field.type) or pa.types.is_date(field.type):
            looked_at.append(place)
    if not looked_at:
        return odd
    # Parquet takes a dot in a name for nesting and knows repeated names only together: such files are read whole.
    simple = len(set(schema.names)) == len(schema.names) and not any("." in schema.names[place] for place in looked_at)
    chosen = [schema.names[place] for place in looked_at] if simple else None
    for batch in batches(chosen):
        places = (
            dict(zip(looked_at, batch.columns, strict=True)) if len(batch.columns) == len(looked_at) else dict(enumerate(batch.columns))
        )
        for place in looked_at:
            if place not in odd and _is_far(places[place]):
                odd[place] = "Some times lie before the year 1 or after the year 9999"
    return odd


def _known_zone(kind: pa.TimestampType) -> bool:
    try:
        pa.array([0], kind).cast(pa.string())
        pa.array([0], kind).to_pylist()
    except (pa.ArrowInvalid, KeyError, ValueError):
        return False
    return True


def _per_second(kind: pa.DataType) -> float:
    return SECONDS[kind.unit] if pa.types.is_timestamp(kind) else 1 / DAY if pa.types.is_date32(kind) else 1_000


def _is_far(column: pa.Array) -> bool:
    whole = column.cast(pa.int32() if pa.types.is_date32(column.type) else pa.int64())
    bounds = pc.min_max(whole).as_py()
    per = _per_second(column.type)
    return bounds["min"] is not None and (bounds["min"] / per < FIRST or bounds["max"] / per > LAST)


def _as_seconds(column: pa.Array) -> Iterator[tuple[int, float] | None]:
    """Whole seconds since 1970 and the fraction of one; ``None`` for missing cells."""
    whole = column.cast(pa.int32() if pa.types.is_date32(column.type) else pa.int64()).to_pylist()
    if pa.types.is_date32(column.type):
        return (None if value is None else (value * DAY, -1.0) for value in whole)
    per = int(_per_second(column.type))
    return (None if value is None else (value // per, value % per / per) for value in whole)


def _time_text(moment: tuple[int, float] | None) -> str | None:
    """ISO 8601 text of any year; the fraction is left out where it is zero, the time of the day where it is negative."""
    if moment is None:
        return None
    seconds, fraction = moment
    days, clock = divmod(seconds, DAY)
    # The calendar repeats every 400 years, which are 146,097 days: the date is found in those from 2000 on.
    cycles, day = divmod(days - 10_957, 146_097)
    date = datetime.date(2000, 1, 1) + datetime.timedelta(days=day)
    year = date.year + 400 * cycles
    text = f"{'-' if year < 0 else ''}{abs(year):04}-{date:%m-%d}"
    if fraction < 0:
        return text
    text += f" {clock // 3600:02}:{clock // 60 % 60:02}:{clock % 60:02}"
    return text + f"{fraction:.9f}"[1:].rstrip("0") if fraction else text


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
    return text_array(column)


def text_array(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Any cells as text: numbers and times as people write them, what is nested as JSON."""
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
        reading.problems.add(f"{number_of(bad, 'cell holds', 'cells hold')} bytes that are not UTF-8; replaced by �.", column=name)
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
