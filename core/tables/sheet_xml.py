"""Looks through the XML of an XLSX sheet before it is parsed: its size, and what the parser would not tell."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

BLOCK = 4_000_000
LONGEST_CELL = 4_000_000  # a cell holds at most 32,767 characters; entities and rich text make them longer
MOST_REMEMBERED = 100_000
# Cells that hold something: styled but empty ones close themselves, or are closed at once.
FILLED = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"[^>]*(?<!/)>(?!</c>)')
FILLED_ODDLY = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*(?<!/)>(?!</(?:\w+:)?c>)')
EMPTY_END = b'"></c>'
ERROR = re.compile(rb'<(?:\w+:)?c\b([^>]*\bt="e"[^>]*)>(?:(?!</(?:\w+:)?c>).)*?<(?:\w+:)?v>([^<]+)<', re.DOTALL)
BARE_FORMULA = re.compile(
    rb"<(?:\w+:)?f\b[^>]*(?:/>|>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
REFERENCE = re.compile(rb'\br="([A-Za-z]{1,3})(\d{1,7})"')
HIDDEN_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*\bhidden="(?:1|true)"')
HIDDEN_COLUMN = re.compile(rb'<(?:\w+:)?col\b[^>]*\bhidden="(?:1|true)"')


@dataclass
class SheetFacts:
    """What is in a sheet. Rows and columns count from 1.

    Attributes:
        errors: text such as ``#N/A`` by (row, column).
        bare_formulas: cells whose formula has no stored value.
    """

    first_row: int = 0
    last_row: int = 0
    first_column: int = 0
    last_column: int = 0
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    bare_formulas: list[tuple[int, int]] = field(default_factory=list)
    hidden_rows: int = 0
    hidden_columns: int = 0
    filtered: bool = False

    @property
    def cells(self) -> int:
        """Cells of the smallest rectangle that holds all values."""
        return (self.last_row - self.first_row + 1) * (self.last_column - self.first_column + 1) if self.last_row else 0

    def include(self, row: int, column: int) -> None:
        """Widens the rectangle."""
        if not self.last_row:
            self.first_row, self.first_column = row, column
        self.first_row, self.last_row = min(self.first_row, row), max(self.last_row, row)
        self.first_column, self.last_column = min(self.first_column, column), max(self.last_column, column)


def look_through(file: BinaryIO) -> SheetFacts:
    """Reads the XML of one sheet in blocks; never holds more than a few megabytes of it."""
    facts = SheetFacts()
    for piece in _pieces(file):
        if b"hidden=" in piece:
            facts.hidden_rows += len(HIDDEN_ROW.findall(piece))
            facts.hidden_columns += len(HIDDEN_COLUMN.findall(piece))
        facts.filtered = facts.filtered or b"autoFilter" in piece
        _measure(piece, facts)
        if b't="e"' in piece:
            _remember_errors(piece, facts)
        if b"<f" in piece or b":f" in piece:
            _remember_bare_formulas(piece, facts)
    return facts


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """Blocks cut behind the end of a row, so that no cell is torn."""
    rest = b""
    while block := file.read(BLOCK):
        rest += block
        cut = max(rest.rfind(b"</row>"), rest.rfind(b":row>"), rest.rfind(b"</c>"), rest.rfind(b":c>"))
        if cut >= 0:
            cut = rest.index(b">", cut) + 1
            yield rest[:cut]
            rest = rest[cut:]
        elif len(rest) > LONGEST_CELL + BLOCK:
            yield rest
            rest = b""
    yield rest


def _measure(piece: bytes, facts: SheetFacts) -> None:
    cells = FILLED.findall(piece)  # as the usual programs write them: ten times as quick as the general form
    if len(cells) < piece.count(b"</c>") - piece.count(EMPTY_END) or b":c " in piece:
        cells = FILLED_ODDLY.findall(piece)
    if not cells:
        return
    columns = [column_number(letters.decode("ascii")) for letters in {letters for letters, _ in cells}]
    rows = [int(row) for row in {row for _, row in cells}]
    facts.include(min(rows), min(columns))
    facts.include(max(rows), max(columns))


def _remember_errors(piece: bytes, facts: SheetFacts) -> None:
    for cell in ERROR.finditer(piece):
        reference = REFERENCE.search(cell[1])
        if reference is not None and len(facts.errors) < MOST_REMEMBERED:
            facts.errors[int(reference[2]), column_number(reference[1].decode("ascii"))] = cell[2].decode("utf-8", "replace")


def _remember_bare_formulas(piece: bytes, facts: SheetFacts) -> None:
    """Formulas whose result was never stored, as programs leave them that write workbooks without computing."""
    for formula in BARE_FORMULA.finditer(piece):
        before = piece[max(0, formula.start() - 500) : formula.start()]
        references = REFERENCE.findall(before[before.rfind(b"<c") :] if b"<c" in before else before)
        if references and len(facts.bare_formulas) < MOST_REMEMBERED:
            facts.bare_formulas.append((int(references[-1][1]), column_number(references[-1][0].decode("ascii"))))


def column_number(letters: str) -> int:
    """``A`` is 1, ``Z`` 26, ``AA`` 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def sheet_paths(archive: zipfile.ZipFile) -> dict[str, str]:
    """The XML file of each sheet, by the sheet's name."""
    from xml.etree import ElementTree  # expat stops entity bombs by itself

    relations = {}
    for relation in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels")):
        target = relation.get("Target", "")
        relations[relation.get("Id")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    paths = {}
    for element in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter():
        if element.tag.endswith("}sheet"):
            identity = next((value for name, value in element.attrib.items() if name.endswith("}id")), None)
            if relations.get(identity) in archive.NameToInfo:
                paths[element.get("name", "")] = relations[identity]
    return paths
