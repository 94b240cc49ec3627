r"""Prompts made of columns: ``Summarise {{Review}} of {{Product name}}:``.

A column's name stands between double braces, spaces around it do not count. ``\{{`` is a pair of literal braces. Nothing else is
special: no conditions, no loops, no code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

PLACE = re.compile(r"\\(\{\{)|\{\{(.*?)\}\}", re.DOTALL)
OPEN = "{{"


@dataclass(frozen=True)
class Template:
    """A parsed template: ``texts[0]``, the cell of ``columns[0]``, ``texts[1]`` and so on."""

    texts: tuple[str, ...]
    columns: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Template:
        """Reads a template.

        Raises:
            ValueError: it names no column, a name is blank, or braces are left open.
        """
        texts, columns, begin = [""], [], 0
        for found in PLACE.finditer(text):
            texts[-1] += _literal(text[begin : found.start()])
            begin = found.end()
            if found[1]:
                texts[-1] += OPEN
                continue
            name = found[2].strip()
            if not name:
                raise ValueError("write a column's name between the braces: {{column}}")
            columns.append(name)
            texts.append("")
        texts[-1] += _literal(text[begin:])
        if not columns:
            raise ValueError("name at least one column between double braces, such as {{text}}")
        return cls(tuple(texts), tuple(columns))

    @property
    def distinct(self) -> tuple[str, ...]:
        """The columns, each once, in the order of their first place."""
        return tuple(dict.fromkeys(self.columns))

    def fill(self, cells: Mapping[str, str]) -> str:
        """The prompt of one row. What stands in a cell is text: braces in it mean nothing."""
        parts = [part for text, column in zip(self.texts, self.columns, strict=False) for part in (text, cells[column])]
        return "".join([*parts, self.texts[-1]])


def _literal(text: str) -> str:
    if OPEN in text:
        raise ValueError("close the braces: {{column}}; literal braces are written \\{{")
    return text
