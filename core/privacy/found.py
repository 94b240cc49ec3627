"""Where a text names somebody, and the text with that taken out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, get_args

from core.privacy.numbers import Span, addresses, cards, ibans, phones

Kind = Literal["email", "iban", "card", "ip", "phone", "name"]
KINDS: tuple[Kind, ...] = get_args(Kind)

EMAIL = re.compile(r"(?<![\w.%+'-])[\w.%+'-]{1,64}+@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}(?![\w-])")
"""One address as people write it; stricter than RFC 5322, whose quoted local parts nobody uses."""
DIGITS = re.compile(r"\d[\d ().,/+:A-Za-z-]*\d", re.ASCII)
COVERED = "\ufffc"  # stands for letters that are part of a finding already


class Place(NamedTuple):
    """Personal data in a text: characters ``start`` to ``end``, the last one not included."""

    start: int
    end: int
    kind: Kind


def find(text: str, names: Iterable[Span] = ()) -> list[Place]:
    """Places in a text, in order and never over each other.

    Args:
        names: places of people's names that a model has found; what is inside of another finding is left out.
    """
    left, places = text, []
    for kind, finder in (("email", _emails), ("iban", ibans), ("card", cards), ("ip", addresses), ("phone", phones)):
        if kind != "email" and not DIGITS.search(left) and "::" not in left:
            break
        spans = list(finder(left))
        places += [Place(start, end, kind) for start, end in spans]
        left = _covered(left, spans)
    for start, end in names:
        if 0 <= start < end <= len(left) and COVERED not in left[start:end]:
            places.append(Place(start, end, "name"))
            left = _covered(left, [(start, end)])
    return sorted(places)


def mask(text: str, names: Iterable[Span] = ()) -> str:
    """The text with ``[email]``, ``[phone]``, ``[card]``, ``[iban]``, ``[ip]`` and ``[name]`` in the place of personal data.

    Args:
        names: as for :func:`find`.
    """
    return masked(text, find(text, names))


def masked(text: str, places: Iterable[Place]) -> str:
    """The text with the kinds of findings in their places."""
    parts, reached = [], 0
    for place in places:
        parts += [text[reached : place.start], f"[{place.kind}]"]
        reached = place.end
    return "".join([*parts, text[reached:]])


def _emails(text: str) -> Iterator[Span]:
    if "@" in text:
        for found in EMAIL.finditer(text):
            start = found.start() + len(found[0]) - len(found[0].lstrip(".%'-"))
            if text[start] != "@":
                yield start, found.end()


def _covered(text: str, spans: Iterable[Span]) -> str:
    """The text with its letters at ``spans`` taken out and its length kept."""
    letters = list(text)
    for start, end in spans:
        letters[start:end] = COVERED * (end - start)
    return "".join(letters)
