"""The user's labels and the model's: the same thing in two spellings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class LabelMatch:
    """The user's column in the model's words.

    Attributes:
        truth: for each row the model's label, or ``None`` where the cell is blank or matches no label.
        unmatched: each value that matches no label, as the user wrote it first, and how many rows have it. Blank cells
            are not among them: they say nothing.
    """

    truth: list[str | None]
    unmatched: dict[str, int] = field(default_factory=dict)

    @property
    def compared(self) -> int:
        """Rows that have a truth."""
        return sum(label is not None for label in self.truth)


def normalised(value: object) -> str:
    """How values are compared: case, and white space around and inside, do not count. ``None`` is blank."""
    return "" if value is None else " ".join(str(value).split()).casefold()


def match_labels(values: Iterable[object], labels: Sequence[str], label_map: Mapping[str, str] | None = None) -> LabelMatch:
    """Puts the values of a label column into the model's words.

    Args:
        values: cells of the column, ``None`` where missing.
        labels: the model's labels.
        label_map: value to label where they differ (``{"5": "positive"}``); it goes before equality, and a value mapped
            to something that is no label (such as ``""``) is left out on purpose, hence not unmatched.
    """
    known = {normalised(label): label for label in reversed(labels)}  # reversed: of equal spellings the first label wins
    exact = set(labels)
    mapped = {normalised(value): _label_of(target, known, exact) for value, target in (label_map or {}).items()}
    seen: dict[object, tuple[str | None, str | None]] = {}  # cell -> label, key under which it is counted as unmatched
    spelling: dict[str, str] = {}
    counts: dict[str, int] = {}
    truth: list[str | None] = []
    for value in values:
        if value not in seen:
            seen[value] = _resolve(value, known, exact, mapped)
        label, key = seen[value]
        truth.append(label)
        if key is not None:
            spelling.setdefault(key, str(value).strip())
            counts[key] = counts.get(key, 0) + 1
    ordered = sorted(counts, key=lambda key: (-counts[key], key))
    return LabelMatch(truth, {spelling[key]: counts[key] for key in ordered})


def _label_of(target: str, known: Mapping[str, str], exact: set[str]) -> str | None:
    return target if target in exact else known.get(normalised(target))


def _resolve(value: object, known: Mapping[str, str], exact: set[str], mapped: Mapping[str, str | None]) -> tuple[str | None, str | None]:
    if value is None or value != value:  # NaN, the missing value of pandas, is not equal to itself
        return None, None
    key = normalised(value)
    if key in mapped:
        return mapped[key], None
    if not key:
        return None, None
    label = _label_of(str(value), known, exact)
    return label, None if label is not None else key
