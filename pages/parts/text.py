"""Text of users is data: how it is shown where Streamlit would read it as Markdown, and in cells of tables.

Labels of widgets, headings, captions, alerts, toasts and tooltips all render Markdown, with images, links, icons
(``:material/x:``), colours (``:red[x]``) and formulas (``$x$``). Whatever comes from a file or a model's card passes through
:func:`plain` on its way there, or is shown by ``st.text``, ``st.code`` or ``st.dataframe``, which render none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import regex

from core.errors import printable
from core.tables.display import cut, on_one_line

# Parsed by CommonMark itself: a backslash before any ASCII punctuation makes it an ordinary character.
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# Found in the text after parsing (icons, emoji codes, colours, bare links, arrows): only a character between helps. WORD JOINER has no
# width and forbids no line break that was there.
_JOINER = "\u2060"
_FOUND_LATER = re.compile(r"[:@]|www(?=\.)|[-<>=~](?=[-<>=~])", re.IGNORECASE)
LABEL_CHARACTERS = 80
COLUMN_CHARACTERS = 40  # what a third of the page shows
MOST_READ = 1_000


def visible(text: str) -> str:
    """``text`` on one line with control and direction characters as symbols: nothing in a cell hides or turns around its neighbours."""
    return on_one_line(text)


def plain(value: object, limit: int = LABEL_CHARACTERS) -> str:
    """``value`` as one line that Markdown shows exactly as it is.

    Args:
        value: what a user's file, a model or a browser said.
        limit: most characters shown.
    """
    text = cut(visible(str(value)), limit)
    marked = _FOUND_LATER.sub(lambda match: match.group(0) + _JOINER, text)
    return _PUNCTUATION.sub(r"\\\1", marked)


def option(value: object, limit: int = LABEL_CHARACTERS) -> str:
    """``value`` as an entry of a select box, the one place that shows a user's text without reading Markdown in it."""
    return cut(visible(str(value)), limit)


def column_options(names: Sequence[str], limit: int = COLUMN_CHARACTERS) -> list[str]:
    """Names of columns as entries of a select box, shortened in the middle: questions of a survey often differ only at their end.

    Names that cannot be told apart when shortened are longer.
    """
    short = [middle(visible(name), limit) for name in names]
    counts = Counter(short)
    return [option(name) if counts[label] > 1 else label for name, label in zip(names, short, strict=True)]


def middle(text: str, limit: int) -> str:
    """The beginning and the end of a text with ``…`` between them, together at most ``limit`` characters as people count them."""
    if len(text) <= limit or (len(text) <= MOST_READ and len(regex.findall(r"\X", text)) <= limit):
        return text
    tail = (limit - 1) // 2
    first, last = (regex.findall(r"\X", part) for part in (text[:MOST_READ], text[-MOST_READ:]))
    return f"{''.join(first[: limit - 1 - tail]).rstrip()}…{''.join(last[-tail:]).lstrip()}"


def message(text: str) -> str:
    """A message of the app itself that quotes a user's text: everything is shown as it is, on one line."""
    return plain(printable(text), limit=1_000)


def count(number: float, one: str, many: str | None = None) -> str:
    """``1 row``, ``2,000 rows``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """A time span as people say it: ``under a second``, ``45 s``, ``3 min``, ``2 h 10 min``."""
    if seconds < 1:
        return "under a second"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def size(number: float) -> str:
    """Bytes in the unit that reads best, decimal."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1_000 or unit == "GB":
            return f"{number:,.0f} {unit}" if number >= 10 or unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1_000
    raise AssertionError("unreachable")
