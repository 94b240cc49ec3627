"""Measures the sheets of an ODS workbook before they are parsed: a few bytes can stand for millions of repeated cells."""

from __future__ import annotations

from typing import BinaryIO
from xml.parsers import expat

BLOCK = 1_000_000


class OdsMeasure:
    """Follows the XML of ``content.xml`` and keeps the used area of each sheet.

    Attributes:
        cells: (name, cells of the smallest rectangle that holds all values) of each sheet.
    """

    def __init__(self) -> None:
        self.cells: list[tuple[str, int]] = []
        self._row = self._column = 0
        self._rows_here = 1
        self._box = [0, 0, 0, 0]  # first row, first column, last row, last column, from 1; 0 for none

    def measure(self, file: BinaryIO) -> list[tuple[str, int]]:
        """Reads the XML in blocks; expat itself stops entity bombs.

        Raises:
            xml.parsers.expat.ExpatError: it is no XML, or a bomb.
        """
        parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        while block := file.read(BLOCK):
            parser.Parse(block, False)
        parser.Parse(b"", True)
        return self.cells

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in ("table:table-cell", "table:covered-table-cell"):
            repeated = _number(attributes.get("table:number-columns-repeated"))
            if "office:value-type" in attributes:
                self._include(self._column + 1, self._column + repeated)
            self._column += repeated
        elif tag == "table:table-row":
            self._rows_here = _number(attributes.get("table:number-rows-repeated"))
            self._column = 0
        elif tag == "table:table":
            self.cells.append((attributes.get("table:name", ""), 0))
            self._row, self._box = 0, [0, 0, 0, 0]

    def _end(self, tag: str) -> None:
        if tag == "table:table-row":
            self._row += self._rows_here

    def _include(self, first: int, last: int) -> None:
        box, rows = self._box, (self._row + 1, self._row + self._rows_here)
        if not box[0]:
            self._box = box = [rows[0], first, rows[1], last]
        box[1], box[2], box[3] = min(box[1], first), max(box[2], rows[1]), max(box[3], last)
        if self.cells:
            self.cells[-1] = (self.cells[-1][0], (box[2] - box[0] + 1) * (box[3] - box[1] + 1))


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 1
