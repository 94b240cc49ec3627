"""Damaged files of every format give a table or an error that says what to do, never anything else."""

import gzip
import io
import json
import random
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from core.errors import SheetformerError
from tests.unit.tables.xlsb import xlsb

TABLE = pa.table({"text": ["a,b", "c\n", None, "d"] * 20, "n": [1, 2, 3, 4] * 20})
INSERTED = [b'"', b",", b"\n", b"\r", b"\0", b"\xff", b"{", b"[", b";;", b"\t", b"\xed\xa0\x80"]
TRIES = 60


def workbook(buffer: io.BytesIO) -> None:
    book = openpyxl.Workbook()
    for row in (["text", "n"], ["x", 1], ["#N/A", "=1+1"]):
        book.active.append(row)
    book.save(buffer)


def archive(buffer: io.BytesIO) -> None:
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.csv", "text,n\nhi,1\nyo,2\n")


def stream(buffer: io.BytesIO) -> None:
    with pa.ipc.new_stream(buffer, TABLE.schema) as writer:
        writer.write_table(TABLE)


WRITERS = {
    "parquet": lambda buffer: pq.write_table(TABLE, buffer),
    "feather": lambda buffer: pyarrow.feather.write_feather(TABLE, buffer, compression="uncompressed"),
    "stream": stream,
    "xlsx": workbook,
    "xlsb": lambda buffer: buffer.write(xlsb([["a", "b"], ["c", 1]])),
    "zip": archive,
    "gz": lambda buffer: buffer.write(gzip.compress(b"text,n\nhi,1\n" * 5)),
    "json": lambda buffer: buffer.write(json.dumps([{"a": 1, "b": {"c": [1, 2]}}, {"a": "x"}]).encode()),
    "jsonl": lambda buffer: buffer.write(b'{"a":1}\n{"a":"x","b":[1]}\n' * 3),
    "csv": lambda buffer: buffer.write('text,label\n"a ""b""\nc",d\né,f\n'.encode() * 4),
}


def damaged(data: bytes, chance: random.Random) -> bytes:
    """A few bytes changed, added, cut out or cut off."""
    broken = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(broken)) if broken else 0
        kind = chance.random()
        if kind < 0.4 and broken:
            broken[place] = chance.randrange(256)
        elif kind < 0.65:
            broken[place:place] = chance.choice(INSERTED)
        elif kind < 0.9:
            del broken[place : place + chance.randint(1, 20)]
        else:
            del broken[place:]
    return bytes(broken)


@pytest.mark.parametrize("kind", WRITERS)
def test_damaged_files_never_fail_in_another_way(imported, kind):
    buffer = io.BytesIO()
    WRITERS[kind](buffer)
    chance = random.Random(kind)
    assert imported(buffer.getvalue()).report.rows
    for _ in range(TRIES):
        try:
            imported(damaged(buffer.getvalue(), chance))
        except SheetformerError as error:
            assert error.expected
            assert error.next_step
        except MemoryError:  # a length gone wrong; the child turns it into a message
            assert kind in ("stream", "feather", "parquet")
