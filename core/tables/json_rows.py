"""Reads JSON arrays and JSON Lines: nested objects become dotted columns, numbers stay numbers, a missing key stays missing."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TextIO

import pyarrow as pa

from core.archives import incomplete
from core.errors import BadInput, LimitReached
from core.schema import ColumnInfo
from core.tables.encoding import choose_encoding, open_text
from core.tables.json_keys import Pairs
from core.tables.names import unique_names
from core.tables.problems import number_of
from core.tables.reading import Reading
from core.tables.writer import BATCH_BYTES, BATCH_ROWS, TableWriter

BLOCK = 1_000_000
VALUE = "value"
SURROGATE = re.compile("[\ud800-\udfff]")
INT64 = range(-(2**63), 2**63)
Record = tuple[int, object]


def looks_like_json(path_text: TextIO) -> str | None:
    """``json`` for an array or one object, ``jsonl`` for objects line by line, ``None`` for anything else."""
    head = path_text.read(BLOCK).lstrip("\ufeff \t\r\n")
    if head.startswith("{"):
        return _object_or_lines(head)
    if not head.startswith("["):
        return None
    inner = head[1:].lstrip()
    if inner.startswith(("{", "]")):
        return "json"
    first = re.split(r"[\r\n]", head, maxsplit=1)[0].strip()
    try:
        json.loads(first)
    except RecursionError:
        return "json"
    except ValueError:
        return "json" if inner.startswith(("[", '"')) and first in ("[", "[[") else _starts_well(inner)
    return "jsonl" if head[len(first) :].lstrip().startswith("[") else "json"


def _starts_well(inner: str) -> str | None:
    """An array of plain values over several lines."""
    try:
        _, end = json.JSONDecoder().raw_decode(inner)
    except (ValueError, RecursionError):
        return None
    return "json" if inner[end:].lstrip()[:1] in (",", "]") and "\n" in inner[: end + 2] else None


def _object_or_lines(head: str) -> str | None:
    lines = [line.strip() for line in re.split(r"[\r\n]+", head, maxsplit=6) if line.strip()][:5]
    good = sum(_is_object(line) for line in lines)
    if good and len(lines) > 1:
        return "jsonl"
    return "json" if re.match(r'\{\s*(?:"|\})', head) else None


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def read_json(reading: Reading, found: str, encoding: str | None = None) -> list[ColumnInfo]:
    """Imports a JSON array, one JSON object, or JSON Lines.

    Args:
        reading: the import.
        found: ``json`` or ``jsonl``.
        encoding: where the caller has chosen it already.

    Raises:
        BadInput: an array that is cut off or broken; a bad line where the user refuses those; nothing in it.
    """
    reading.facts["format"] = found
    encoding = encoding or choose_encoding(reading)
    columns: dict[str, _Column] = {}
    total = reading.path.stat().st_size
    rows = 0
    for rows, (_, record) in enumerate(_records(reading, found, encoding), start=1):
        for name, value in flatten(record).items():
            columns.setdefault(name, _Column()).see(value)
        if rows % 64 == 0:
            if len(columns) > reading.settings.max_columns:
                break
            reading.progress("looking", rows, 0, total)
    _check(columns, rows, reading)
    return _write(reading, found, encoding, columns)


def _check(columns: dict[str, _Column], rows: int, reading: Reading) -> None:
    if not columns:
        raise BadInput("at least one record", "an empty list" if not rows else "only empty records", "Choose another file.")
    limit = reading.settings.max_columns
    if len(columns) > limit:
        raise LimitReached(
            f"at most {limit:,} columns (setting max_columns)", "more different keys", "Leave out nested parts of the records."
        )


def _write(reading: Reading, found: str, encoding: str, columns: dict[str, _Column]) -> list[ColumnInfo]:
    """The second pass, with the columns known."""
    cleaned = [clean(name)[0] for name in columns]
    names = unique_names(cleaned)
    types = [column.type() for column in columns.values()]
    schema = pa.schema(list(zip(names, types, strict=True)))
    reading.problems.begin_pass()
    odd = _Odd()
    total = reading.path.stat().st_size
    with TableWriter(reading.out, schema, max_rows=reading.settings.max_rows) as writer:
        batch: list[dict[str, object]] = []
        size = 0
        for _, record in _records(reading, found, encoding):
            flat = flatten(record)
            batch.append(flat)
            size += sum(len(value) for value in flat.values() if isinstance(value, str | list))
            if len(batch) >= BATCH_ROWS or size > BATCH_BYTES:
                writer.write(_table(batch, columns, schema, odd))
                batch, size = [], 0
            if len(batch) % 64 == 0:
                reading.progress("reading", writer.rows + len(batch), reading.facts.get("position", 0), total)
        writer.write(_table(batch, columns, schema, odd))
    reading.facts.pop("position", None)
    _note(reading, names, columns, odd)
    kinds = {name: "other" for name, column in zip(names, columns.values(), strict=True) if column.nested}
    return writer.describe(cleaned, reading.problems, kinds)


@dataclass
class _Odd:
    surrogates: int = 0
    not_finite: int = 0


@dataclass
class _Column:
    """The kinds of values seen under one key."""

    seen: set[str] = field(default_factory=set)
    inner: set[str] = field(default_factory=set)

    @property
    def nested(self) -> bool:
        """Whether the column holds what no plain type can hold: lists of lists or of objects, or lists beside other values."""
        return "list" in self.seen and (self.seen != {"list"} or bool(self.inner & {"list", "object"}))

    @property
    def mixed(self) -> bool:
        return len(self.seen) > 1 and not self.seen <= {"integer", "float"}

    def see(self, value: object) -> None:
        if value is None:
            return
        self.seen.add(_kind(value))
        if isinstance(value, list):
            self.inner.update(_kind(item) for item in value if item is not None)

    def type(self) -> pa.DataType:
        if self.seen == {"list"} and not self.nested:
            return pa.list_(_plain(self.inner))
        return _plain(self.seen)


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer" if value in INT64 else "large integer"
    return {float: "float", str: "text", list: "list", dict: "object"}[type(value)]


def _plain(kinds: set[str]) -> pa.DataType:
    if kinds == {"boolean"}:
        return pa.bool_()
    if kinds == {"integer"}:
        return pa.int64()
    return pa.float64() if kinds and kinds <= {"integer", "float"} else pa.string()


def flatten(record: object) -> dict[str, object]:
    """One record as ``{"user.name": value}``; what is no object becomes the column ``value``."""
    if not isinstance(record, dict):
        return {VALUE: record}
    if not any(isinstance(value, dict) for value in record.values()):
        return record
    flat: dict[str, object] = {}
    nested = []
    for key, value in record.items():
        if isinstance(value, dict) and value:
            nested += [(f"{key}.{inner}", item) for inner, item in flatten(value).items()]
        else:
            flat[key] = "{}" if value == {} else value
    for key, value in nested:
        name, number = key, 0
        while name in flat:
            number += 1
            name = f"{key}.{number}"
        flat[name] = value
    return flat


def clean(text: str) -> tuple[str, int]:
    """Replaces lone surrogates, which no encoding can hold, by U+FFFD and counts them."""
    if text.isascii():
        return text, 0
    return SURROGATE.subn("\ufffd", text)


def _table(batch: list[dict[str, object]], columns: dict[str, _Column], schema: pa.Schema, odd: _Odd) -> pa.Table:
    arrays = []
    for key, kind in zip(columns, schema.types, strict=True):
        convert = _converter(kind, odd)
        arrays.append(pa.array([None if (value := row.get(key)) is None else convert(value) for row in batch], kind))
    return pa.Table.from_arrays(arrays, schema=schema)


def _converter(kind: pa.DataType, odd: _Odd):
    def text(value: object) -> str:
        if not isinstance(value, str):
            value = json.dumps(value, ensure_ascii=False)
        cleaned, count = clean(value)
        odd.surrogates += count
        return cleaned

    def number(value: float) -> float:
        odd.not_finite += not math.isfinite(value)
        return float(value)

    if pa.types.is_list(kind):
        inner = _converter(kind.value_type, odd)
        return lambda values: [None if value is None else inner(value) for value in values]
    if pa.types.is_string(kind):
        return text
    return number if pa.types.is_floating(kind) else lambda value: value


def _note(reading: Reading, names: list[str], columns: dict[str, _Column], odd: _Odd) -> None:
    problems = reading.problems
    for name, column in zip(names, columns.values(), strict=True):
        if column.mixed:
            problems.add(f"The column mixes {', '.join(sorted(column.seen))}; it is read as text.", column=name)
    if odd.surrogates:
        problems.add(f"{number_of(odd.surrogates, 'lone surrogate is no character', 'lone surrogates are no characters')}; replaced by �.")
    if odd.not_finite:
        problems.add(f"{number_of(odd.not_finite, 'number is NaN or infinite; it is', 'numbers are NaN or infinite; they are')} kept.")


def _records(reading: Reading, found: str, encoding: str) -> Iterator[Record]:
    with open_text(reading.path, encoding) as text:
        yield from _lines(reading, text) if found == "jsonl" else _array(reading, text)


def _lines(reading: Reading, text: TextIO) -> Iterator[Record]:
    tell = text.buffer.raw.tell
    pairs = Pairs()
    decode = json.JSONDecoder(object_pairs_hook=pairs).decode
    for number, line in enumerate(text, start=1):
        stripped = line.strip("\ufeff \t\r\n")
        if not stripped:
            continue
        if number % 64 == 0:
            reading.facts["position"] = tell()
        try:
            record = decode(stripped)
            pairs.note(reading, number)
            yield number, record
        except (ValueError, RecursionError) as error:
            what = _reason(error)
            pairs.twice.clear()
            if reading.choices.bad_lines == "refuse":
                raise BadInput(
                    "one JSON record on each line", what, "Correct the line, or choose to skip bad lines.", row=number
                ) from error
            if reading.choices.bad_lines is None:
                reading.guess("bad_lines")
            reading.problems.add_row("bad line", f"The line is not JSON and was left out: {what}.", number)


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.pos + 1}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else "a number that is too long"


def _array(reading: Reading, text: TextIO) -> Iterator[Record]:
    """Yields (position in the array from 1, element), reading block by block; one object is an array of one."""
    buffer = _Buffer(text)
    first = buffer.peek()
    if first != "[":
        yield from _lone_object(buffer, reading)
        return
    buffer.place += 1
    number = 0
    while (mark := buffer.peek()) != "]":
        if number:
            if mark != ",":
                raise _broken(mark, number)
            buffer.place += 1
            buffer.peek()
        number += 1
        reading.facts["position"] = text.buffer.raw.tell()
        value = buffer.value(number)
        buffer.pairs.note(reading, number)
        yield number, value
    buffer.place += 1
    if buffer.peek():
        raise BadInput("one JSON array in the file", f"more text after its end, {buffer.text[buffer.place :][:20]!r}", "Correct the file.")


def _lone_object(buffer: _Buffer, reading: Reading) -> Iterator[Record]:
    """One object, or several one after the other; where one of a lone object's values is a list of objects, that is the table."""
    record = buffer.value(1)
    buffer.pairs.note(reading, 1)
    if buffer.peek():
        yield 1, record
        number = 1
        while buffer.peek():
            number += 1
            record = buffer.value(number)
            buffer.pairs.note(reading, number)
            yield number, record
        return
    lists = [value for value in record.values() if isinstance(value, list) and value and all(isinstance(item, dict) for item in value)]
    yield from enumerate(lists[0], start=1) if len(lists) == 1 else [(1, record)]


def _broken(mark: str, number: int) -> BadInput:
    if not mark:
        return incomplete("JSON")
    return BadInput(
        "a comma or ] after each element of the array", f"{mark!r} after element {number}", "Correct the file there.", row=number
    )


class _Buffer:
    """The part of a JSON text that is being decoded."""

    def __init__(self, text: TextIO) -> None:
        self.source, self.text, self.place = text, "", 0
        self.pairs = Pairs()
        self.decoder = json.JSONDecoder(object_pairs_hook=self.pairs)

    def _more(self) -> bool:
        # As much again as is waiting: one huge element is then decoded a few times, not once for each block.
        block = self.source.read(max(BLOCK, len(self.text) - self.place))
        self.text = self.text[self.place :] + block
        self.place = 0
        return bool(block)

    def peek(self) -> str:
        """The next character that is not white space; empty at the end."""
        while True:
            while self.place < len(self.text) and self.text[self.place] in " \t\r\n\ufeff":
                self.place += 1
            if self.place < len(self.text):
                return self.text[self.place]
            if not self._more():
                return ""

    def value(self, number: int) -> object:
        """Decodes the next value."""
        while True:
            try:
                self.pairs.twice.clear()  # of a value that ended with the buffer and is decoded again
                value, end = self.decoder.raw_decode(self.text, self.place)
                # A number at the very end of the buffer may go on in the next block.
                if end < len(self.text) or not self._more():
                    self.place = end if end < len(self.text) else self.place + (end - self.place)
                    return value
            except RecursionError as error:
                raise BadInput("JSON that is not nested too deeply", f"element {number}", "Flatten the record.", row=number) from error
            except ValueError as error:
                if not self._more():
                    self._fail(error, number)

    def _fail(self, error: ValueError, number: int) -> None:
        at_end = isinstance(error, json.JSONDecodeError) and (error.pos >= len(self.text.rstrip()) or error.msg.startswith("Unterminated"))
        if at_end:
            raise incomplete("JSON") from error
        raise BadInput("valid JSON", f"{_reason(error)} of element {number}", "Correct the file there.", row=number) from error
