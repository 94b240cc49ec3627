"""Where sentences end: enough for summaries and for showing parts of a text."""

from __future__ import annotations

import regex

# A mark that may end a sentence, closing quotes and brackets behind it, then white space or the end. CJK marks need no space.
END = regex.compile(
    r"""[.!?\u2026]+["'\u2019\u201d\u00bb)\]]*(?=\s|$)"""
    r"""|[\u3002\uff01\uff1f\u0964]+["'\u201d\u300d\u300f\uff09)]*"""
    r"""|\n\s*\n|\n(?=\s*(?:[-*\u2022]|\d+[.)])\s)"""
)
ABBREVIATIONS = """
mr mrs ms dr prof st sr jr vs e.g i.e al cf eds dept approx feb aug sept rev hon gov u.s u.k z.b d.h bzw ggf evtl inkl ca
"""
SHORTENED = frozenset(ABBREVIATIONS.split())
NUMBERED = "no nos nr fig figs eq eqs sec vol p pp ch jan mar apr oct nov dec"
BEFORE_NUMBERS = frozenset(NUMBERED.split())
INITIAL = regex.compile(r"(?:^|[\s(.])\p{Lu}$")
CAPITAL_START = regex.compile(r"[.!?]\s+\W?\p{Lu}")
LAST_WORD = regex.compile(r"[\p{L}\p{M}.]+$")
SENTENCE_CHARACTERS = 2_000  # a text without marks is cut here, at white space where there is some


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of each sentence, without white space around it.

    A full stop ends none behind an abbreviation, an initial or a number that goes on, nor before a small letter where the text uses
    capitals at all. Two line breaks end one, and so does a line that begins a list.
    """
    spans, start = [], 0
    capitals = CAPITAL_START.search(text) is not None
    for found in END.finditer(text):
        if found[0].startswith(".") and not found[0].startswith("..") and not _ends(text, found.start(), found.end(), capitals):
            continue
        spans += _trimmed(text, start, found.end())
        start = found.end()
    return spans + _trimmed(text, start, len(text))


def _ends(text: str, stop: int, end: int, capitals: bool) -> bool:
    """Whether the full stop at ``stop`` ends a sentence, where the text goes on at ``end``."""
    rest = text[end : end + 40].lstrip()
    if capitals and rest and rest[0].islower():
        return False
    found = LAST_WORD.search(text[max(0, stop - 20) : stop])
    if not rest or found is None:
        return True
    word = found[0].casefold()
    if word in SHORTENED or (word in BEFORE_NUMBERS and rest[0].isdigit()):
        return False
    return not INITIAL.search(text[max(0, stop - 2) : stop])


def _trimmed(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The span without white space around it, in pieces of bounded length; none where nothing is left."""
    spans = []
    while start < end:
        piece = min(end, start + SENTENCE_CHARACTERS)
        if piece < end and (space := text.rfind(" ", start, piece)) > start:
            piece = space
        inner = text[start:piece]
        left = len(inner) - len(inner.lstrip())
        if inner.strip():
            spans.append((start + left, start + len(inner.rstrip())))
        start = piece
    return spans
