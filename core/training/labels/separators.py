"""What stands between several labels in one cell, where nobody has said it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from core.metrics.label_cells import read_cell

SEPARATORS = (";", "|", ",")
"""In the order in which they are tried: a comma also stands within labels."""

FEWEST_CELLS = 3  # different ones with several parts; of fewer nobody can tell whether the parts repeat
LEAST_SHARE = 0.05  # of the rows; public tables with several labels have them in one row of six and more
_NUMBER_WITH_COMMA = re.compile(r"[-+]?(?:\d+,\d+|\d{1,3}(?:,\d{3})+)", re.ASCII)

Parts = Mapping[str, tuple[str, ...]]


def guess_separator(cells: Iterable[str | None]) -> str:
    """The separator of a column that is known to hold several labels; empty where none can be told.

    It stands between parts most of which other cells have too.

    Args:
        cells: the different ones. Those that are lists need no separator.
    """
    known = [cell for cell in cells if cell is not None]
    return next((separator for separator in SEPARATORS if _repeat(_parts(known, separator))), "")


def separator_within(labels: Sequence[str], counts: np.ndarray) -> str:
    """The separator where labels that were read as one each look like several; empty where they do not.

    Most of their parts begin a cell (or fill it) here and follow another part there. Those of ``Paris, France`` or ``Toys | Dolls``
    keep their place, and so are taken for one label.

    Args:
        counts: rows of each label.
    """
    for separator in SEPARATORS:
        parts = _parts(labels, separator)
        several = [len(parts.get(label, ())) > 1 for label in labels]
        enough = sum(several) >= FEWEST_CELLS and counts[several].sum() >= LEAST_SHARE * counts.sum()
        if enough and _move(parts):
            return separator
    return ""


def _parts(cells: Iterable[str], separator: str) -> Parts:
    """The parts of each cell that is no list; none at all where the separator only stands within numbers, such as ``1,5``."""
    read = {cell: read_cell(cell, separator) for cell in cells}
    parts = {cell: found.labels for cell, found in read.items() if found.labels and not found.is_list}
    several = [cell for cell, found in parts.items() if len(found) > 1]
    return {} if all(_NUMBER_WITH_COMMA.fullmatch(cell.strip()) for cell in several) else parts


def _repeat(parts: Parts) -> bool:
    """Whether most parts of cells with several stand in another cell too."""
    cells_with = Counter(part for found in parts.values() for part in found)
    return _mostly([cells_with[part] > 1 for part in _of_several(parts)])


def _move(parts: Parts) -> bool:
    """Whether most parts of cells with several stand at the front of one cell and further back in another."""
    front = {found[0] for found in parts.values()}
    back = {part for found in parts.values() for part in found[1:]}
    return _mostly([part in front and part in back for part in _of_several(parts)])


def _of_several(parts: Parts) -> list[str]:
    return [part for found in parts.values() if len(found) > 1 for part in found]


def _mostly(these: Sequence[bool]) -> bool:
    return bool(these) and 2 * sum(these) >= len(these)
