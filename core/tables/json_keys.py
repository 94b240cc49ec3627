"""Keys that one JSON object has twice, which a decoder alone would lose without a word."""

from __future__ import annotations

from core.tables.problems import some
from core.tables.reading import Reading


class Pairs:
    """An ``object_pairs_hook``: makes objects, and remembers keys that one of them has twice, of which the last value counts."""

    def __init__(self) -> None:
        self.twice: list[str] = []

    def __call__(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(pairs)
        if len(made) < len(pairs):
            seen: set[str] = set()
            self.twice += [key for key, _ in pairs if key in seen or seen.add(key)]
        return made

    def note(self, reading: Reading, row: int) -> None:
        """Tells of the keys of the record just decoded and forgets them."""
        if self.twice:
            names = some([repr(key[:60]) for key in dict.fromkeys(self.twice)], 3)
            reading.problems.add_row("repeated key", f"An object has {names} more than once; the last value is kept.", row)
            self.twice.clear()
