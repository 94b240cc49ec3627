"""Writes the smallest XLSB workbook: no library does."""

import io
import struct
import zipfile

BEGIN_BOOK, END_BOOK, BEGIN_SHEETS, END_SHEETS, SHEET = 131, 132, 143, 144, 156
BEGIN_SHEET, END_SHEET, DIMENSION, BEGIN_DATA, END_DATA, ROW = 129, 130, 148, 145, 146, 0
TEXT, NUMBER, BOOLEAN = 6, 5, 4
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def xlsb(rows: list[list[str | float | bool]], name: str = "data") -> bytes:
    """The bytes of a workbook of one sheet."""
    book = (
        record(BEGIN_BOOK)
        + record(BEGIN_SHEETS)
        + record(SHEET, struct.pack("<II", 0, 1) + wide("rId1") + wide(name))
        + record(END_SHEETS)
        + record(END_BOOK)
    )
    width = max(map(len, rows))
    sheet = record(BEGIN_SHEET) + record(DIMENSION, struct.pack("<IIII", 0, len(rows) - 1, 0, width - 1)) + record(BEGIN_DATA)
    for number, cells in enumerate(rows):
        sheet += record(ROW, struct.pack("<IIHBBBI", number, 0, 300, 0, 0, 0, 0))
        sheet += b"".join(cell(column, value) for column, value in enumerate(cells))
    sheet += record(END_DATA) + record(END_SHEET)
    relation = f'<Relationship Id="rId1" Type="{OFFICE}/%s" Target="%s"/>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{TYPES}"/>')
        archive.writestr(
            "_rels/.rels", f'<Relationships xmlns="{RELATIONS}">{relation % ("officeDocument", "xl/workbook.bin")}</Relationships>'
        )
        archive.writestr(
            "xl/_rels/workbook.bin.rels",
            f'<Relationships xmlns="{RELATIONS}">{relation % ("worksheet", "worksheets/sheet1.bin")}</Relationships>',
        )
        archive.writestr("xl/workbook.bin", book)
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
    return buffer.getvalue()


def record(kind: int, content: bytes = b"") -> bytes:
    """One record: kind and length in seven bits a byte."""
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    length, size = b"", len(content)
    while True:
        length += bytes([size & 0x7F | (0x80 if size > 127 else 0)])
        size >>= 7
        if not size:
            return head + length + content


def wide(text: str) -> bytes:
    """A string with its length in UTF-16 units."""
    return struct.pack("<I", len(text.encode("utf-16-le")) // 2) + text.encode("utf-16-le")


def cell(column: int, value: str | float | bool) -> bytes:
    """One cell of a row."""
    place = struct.pack("<II", column, 0)
    if isinstance(value, bool):
        return record(BOOLEAN, place + bytes([value]))
    if isinstance(value, str):
        return record(TEXT, place + wide(value))
    return record(NUMBER, place + struct.pack("<d", value))
