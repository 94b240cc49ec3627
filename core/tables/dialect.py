"""Which character stands between the cells of a text file. A single column of text is never split."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from pathlib import Path

from core.tables.encoding import open_text
from core.tables.kinds import NUMBER

CANDIDATES = (",", ";", "\t", "|")
RARE = ("^", "~", "\x1f", "\x01")
SAMPLE_CHARACTERS = 500_000
SAMPLE_RECORDS = 300
SAME_WIDTH = 0.6
SAME_WIDTH_LIKE_FIRST = 0.3  # of the rows where the first line has this width too
SAME_WIDTH_LATE = 0.9


def guess_delimiter(path: Path, encoding: str) -> str | None:
    """The delimiter that cuts most lines into equally many cells, or ``None`` for a single column.

    Args:
        path: a text file that is not empty.
        encoding: how to read it.
    """
    lines, whole = _sample(path, encoding)
    best: tuple[float, str] | None = None
    for delimiter in (*CANDIDATES, *RARE):
        score = _score(lines, whole, delimiter)
        if score > 0 and (best is None or score > best[0]):
            best = (score, delimiter)
    return best[1] if best else None


def _sample(path: Path, encoding: str) -> tuple[list[str], bool]:
    with open_text(path, encoding) as text:
        sample = text.read(SAMPLE_CHARACTERS)
        whole = not text.read(1)
    return list(io.StringIO(sample, newline="")), whole


def _score(lines: list[str], whole: bool, delimiter: str) -> float:
    """How well a delimiter fits: 0 for not at all; a first line that agrees with the rest counts most."""
    if not any(delimiter in line for line in lines):
        return 0.0
    records = [record for record in csv.reader(lines, delimiter=delimiter) if record]
    if not whole and len(records) > 1:
        records.pop()  # may be cut
    records = records[:SAMPLE_RECORDS]
    if not records:
        return 0.0
    widths = [len(record) for record in records]
    first, rest = widths[0], widths[1:]
    if not rest:
        return _lone_line(records[0], delimiter) if first > 1 else 0.0
    usual, times = max(Counter(width for width in rest if width > 1).items(), key=lambda item: item[1], default=(0, 0))
    share = times / len(rest)
    if usual < 2:
        return 0.0
    prose = _looks_like_prose(lines, delimiter)
    if first == usual:
        enough = SAME_WIDTH_LATE if prose else SAME_WIDTH_LIKE_FIRST
        return 2 + share + _width_bonus(usual) if share >= enough else 0.0
    if prose or (delimiter in RARE):
        return 0.0
    if first > 1 and share >= SAME_WIDTH:
        return 1 + share + _width_bonus(usual)  # rows longer or shorter than the header
    return share + _width_bonus(usual) if _after_preamble(records, widths, usual) else 0.0


def _lone_line(cells: list[str], delimiter: str) -> float:
    """Only a header: names are short, a sentence with commas is not."""
    short = all(len(cell.split()) <= 3 and not cell.startswith(" ") for cell in cells)
    return 0.5 + _width_bonus(len(cells)) if short and delimiter in CANDIDATES else 0.0


def _width_bonus(width: int) -> float:
    return min(width, 100) / 1000


def _after_preamble(records: list[list[str]], widths: list[int], usual: int) -> bool:
    """Lines above the header have few cells: from the first line of the usual width, which holds names, nearly all have it."""
    start = widths.index(usual)
    below = widths[start:]
    if len(below) < 2 or max(widths[:start], default=0) >= usual or any(re.fullmatch(NUMBER, cell) for cell in records[start]):
        return False
    return sum(width == usual for width in below) >= SAME_WIDTH_LATE * len(below)


def _looks_like_prose(lines: list[str], delimiter: str) -> bool:
    """Commas and semicolons of sentences are followed by a space; those between cells are not."""
    if delimiter not in ",;|":
        return False
    text = "".join(lines)
    followed = len(re.findall(re.escape(delimiter) + r"[ \r\n]", text))
    return followed > 0.5 * text.count(delimiter)
