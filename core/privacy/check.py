"""Looks through columns of a table for personal data before it leaves this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from core.errors import BadInput, RunFailed
from core.privacy.found import KINDS, Kind, Place, find, masked
from core.privacy.numbers import Span
from core.settings import Settings

Names = Callable[[list[str]], list[list[Span]]]
"""Texts to the places of people's names in each of them."""

BATCH_ROWS = 4_096
EXCERPTS, AROUND = 3, 40  # of each finding; characters before and after it
TITLES: dict[Kind, tuple[str, str]] = {
    "email": ("e-mail address", "e-mail addresses"),
    "iban": ("bank account number", "bank account numbers"),
    "card": ("card number", "card numbers"),
    "ip": ("IP address", "IP addresses"),
    "phone": ("phone number", "phone numbers"),
    "name": ("name of a person", "names of people"),
}


class Finding(BaseModel):
    """One kind of personal data in one column.

    Args:
        count: occurrences.
        rows: rows of the table that have one, counted from 0: the first ``max_privacy_excerpts`` of them.
        excerpts: the text around, everything personal in it masked.
    """

    model_config = ConfigDict(frozen=True)

    column: str
    kind: Kind
    count: int
    row_count: int
    rows: tuple[int, ...]
    excerpts: tuple[str, ...]

    @property
    def title(self) -> str:
        """``3 phone numbers in 2 rows of the column review``."""
        name = TITLES[self.kind][self.count != 1]
        return f"{self.count:,} {name} in {self.row_count:,} {'row' if self.row_count == 1 else 'rows'} of the column {self.column}"


class PersonalDataReport(BaseModel):
    """What was found, and how much was looked at.

    Args:
        rows: of the table.
        rows_checked: by patterns.
        rows_read_for_names: by the model that finds names; 0 where none was asked.
        cut_cells: cells that are longer than what was read of them.
    """

    model_config = ConfigDict(frozen=True)

    columns: tuple[str, ...]
    rows: int
    rows_checked: int
    rows_read_for_names: int = 0
    cut_cells: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def clean(self) -> bool:
        """Nothing was found in what was looked at."""
        return not self.findings

    def words(self) -> list[str]:
        """What was looked at and what was not, a sentence each."""
        said = [_looked("Looked", self.rows_checked, self.rows) + " for addresses, phone, card and account numbers."]
        if self.rows_read_for_names:
            said.append(_looked("Looked", self.rows_read_for_names, self.rows) + " for names of people, which a model guesses.")
        else:
            said.append("Nobody looked for names of people.")
        if self.cut_cells:
            said.append(f"Of {self.cut_cells:,} long {'cell' if self.cut_cells == 1 else 'cells'} only the beginning was read.")
        return said


@dataclass
class _Tally:
    """One kind in one column while it is counted."""

    count: int = 0
    rows: list[int] = field(default_factory=list)
    excerpts: list[str] = field(default_factory=list)


def check_columns(path: Path, columns: Sequence[str], settings: Settings, names: Names | None = None) -> PersonalDataReport:
    """Looks for personal data in columns of a Parquet file; where it has more rows than the limits, in rows spread evenly.

    Args:
        path: the file.
        columns: its columns that are about to leave: texts, numbers, or lists of them.
        names: asks a model for names of people; without one nobody looks for them.

    Raises:
        BadInput: a column that the file does not have.
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        missing = [column for column in columns if column not in file.schema_arrow.names]
        if missing:
            raise BadInput("columns of the table", repr(missing[0]), "Choose columns that it has.")
        total = file.metadata.num_rows
        wanted = spread(total, settings.max_privacy_rows)
        named = spread(len(wanted), settings.max_privacy_name_rows) if names else np.empty(0, np.int64)
        reader = _Reader(settings, names, set(wanted[named].tolist()))
        for rows, batch in _batches(file, columns, wanted):
            for column in columns:
                reader.read(column, rows, batch[column])
    return PersonalDataReport(
        columns=tuple(columns),
        rows=total,
        rows_checked=len(wanted),
        rows_read_for_names=len(named),
        cut_cells=reader.cut,
        findings=tuple(reader.findings(columns)),
    )


def spread(rows: int, most: int) -> np.ndarray:
    """Places of at most so many rows, evenly over all of them, int64 and ascending."""
    return np.arange(rows) if rows <= most else np.unique(np.linspace(0, rows - 1, most).astype(np.int64))


class _Reader:
    """Counts findings column by column."""

    def __init__(self, settings: Settings, names: Names | None, named: set[int]) -> None:
        self.settings, self.names, self.named, self.cut = settings, names, named, 0
        self._tallies: dict[tuple[str, Kind], _Tally] = {}

    def read(self, column: str, rows: list[int], values: list[Any]) -> None:
        """Some rows of a column."""
        texts = [self._text(value) for value in values]
        people = self._people(rows, texts)
        for row, text in zip(rows, texts, strict=True):
            places = find(text, people.get(row, ())) if text else []
            for place in places:
                self._note(column, row, text, places, place)

    def findings(self, columns: Sequence[str]) -> Iterator[Finding]:
        """By column as asked, then by kind."""
        for column in columns:
            for kind in KINDS:
                tally = self._tallies.get((column, kind))
                if tally:
                    shown = tuple(tally.rows[: self.settings.max_privacy_excerpts])
                    yield Finding(
                        column=column, kind=kind, count=tally.count, row_count=len(tally.rows), rows=shown, excerpts=tuple(tally.excerpts)
                    )

    def _text(self, value: Any) -> str:
        text, most = plain_text(value), self.settings.max_privacy_characters
        self.cut += len(text) > most
        return text[:most]

    def _people(self, rows: list[int], texts: list[str]) -> dict[int, list[Span]]:
        """Names by row, of the rows that the model reads."""
        asked = [(row, text) for row, text in zip(rows, texts, strict=True) if row in self.named and text.strip()]
        if not asked or self.names is None:
            return {}
        answered = self.names([text for _, text in asked])
        if len(answered) != len(asked):
            raise RunFailed(f"names in each of {len(asked)} texts", f"{len(answered)} answers", "Check without names.")
        return {row: spans for (row, _), spans in zip(asked, answered, strict=True)}

    def _note(self, column: str, row: int, text: str, places: list[Place], place: Place) -> None:
        tally = self._tallies.setdefault((column, place.kind), _Tally())
        tally.count += 1
        if not tally.rows or tally.rows[-1] != row:
            tally.rows.append(row)
            if len(tally.excerpts) < self.settings.max_privacy_excerpts:
                tally.excerpts.append(excerpt(text, places, place))


def excerpt(text: str, places: Sequence[Place], place: Place) -> str:
    """The text around a finding on one line, everything personal in it masked."""
    number = places.index(place)
    before = masked(text[: place.start], places[:number])
    rest = [Place(one.start - place.end, one.end - place.end, one.kind) for one in places[number + 1 :]]
    after = masked(text[place.end :], rest)
    left = ("…" if len(before) > AROUND else "") + before[-AROUND:]
    right = after[:AROUND] + ("…" if len(after) > AROUND else "")
    return " ".join(f"{left}[{place.kind}]{right}".split())


def plain_text(value: Any) -> str:
    """A cell as text; numbers that a spreadsheet made of digits as these digits."""
    if value is None or isinstance(value, bytes):
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list | tuple):
        return " ".join(map(plain_text, value))
    if isinstance(value, dict):
        return " ".join(map(plain_text, value.values()))
    return str(value)


def _batches(file: Any, columns: Sequence[str], wanted: np.ndarray) -> Iterator[tuple[list[int], dict[str, list[Any]]]]:
    """The wanted rows, some thousand at a time: their numbers, and their values by column."""
    begin = 0
    for batch in file.iter_batches(BATCH_ROWS, columns=list(dict.fromkeys(columns))):
        low, high = np.searchsorted(wanted, (begin, begin + len(batch)))
        if high > low:
            rows = wanted[low:high]
            chosen = batch.take(rows - begin)
            yield rows.tolist(), {column: chosen[column].to_pylist() for column in columns}
        begin += len(batch)


def _looked(verb: str, looked: int, rows: int) -> str:
    if looked == rows:
        return f"{verb} at {'the only row' if rows == 1 else f'all {rows:,} rows'}"
    return f"{verb} at {looked:,} of {rows:,} rows, evenly spread,"
