"""What an import found that the user should know, collected without growing with the file."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.schema import Problem

# Found before the rows are read, so a second pass over the rows does not find them again.
WHOLE_FILE = frozenset({"broken bytes", "error value"})


@dataclass
class _Kind:
    rows: list[Problem] = field(default_factory=list)
    count: int = 0


class Problems:
    """Collects problems in two classes: general ones, all kept, and those of single rows, which are capped per kind.

    Args:
        limit: most problems that :meth:`listed` returns (``settings.max_problems``).
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._general: list[Problem] = []
        self._kinds: dict[str, _Kind] = {}

    def add(self, what: str, *, row: int | None = None, column: str | None = None) -> None:
        """Notes something about the file as a whole, one column or one place."""
        self._general.append(Problem(row=row, column=column, what=what))

    def add_row(self, kind: str, what: str, row: int, column: str | None = None) -> None:
        """Notes one of possibly very many rows of the same ``kind`` of problem."""
        entry = self._kinds.setdefault(kind, _Kind())
        entry.count += 1
        if len(entry.rows) < self.limit:
            entry.rows.append(Problem(row=row, column=column, what=what))

    def begin_pass(self) -> None:
        """Forgets what an earlier pass over the same rows noted, so that nothing is counted twice."""
        self._kinds = {kind: entry for kind, entry in self._kinds.items() if kind in WHOLE_FILE}

    def count(self, kind: str) -> int:
        """How many rows have this kind of problem."""
        return self._kinds[kind].count if kind in self._kinds else 0

    @property
    def total(self) -> int:
        """Everything noted, also what :meth:`listed` leaves out."""
        return len(self._general) + sum(entry.count for entry in self._kinds.values())

    def listed(self) -> list[Problem]:
        """At most ``limit`` problems: general ones first, then an equal share for each kind, in the order of the file."""
        general = self._general[: self.limit]
        room = self.limit - len(general)
        rows: list[Problem] = []
        waiting = sorted(self._kinds.values(), key=lambda entry: len(entry.rows))
        for position, entry in enumerate(waiting):
            share = (room - len(rows)) // (len(waiting) - position)
            rows.extend(entry.rows[:share])
        return general + sorted(rows, key=lambda problem: (problem.row or 0, problem.column or ""))


def number_of(count: int, one: str, several: str = "") -> str:
    """``1 row``, ``2 rows``: a count with its noun; ``several`` where more than an s changes (``row is``, ``rows are``)."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def some(items: list[int] | list[str], limit: int = 10) -> str:
    """``3, 7, 9 and 12 more``: the first few of a list, for a sentence."""
    text = ", ".join(str(item) for item in items[:limit])
    rest = len(items) - limit
    return f"{text} and {rest:,} more" if rest > 0 else text
