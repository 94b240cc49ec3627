"""Names that look like those of well-known repositories without being them.

Latin letters can be imitated with letters of other scripts (Unicode Technical Standard 39, "confusables"), and well-known models by the
same name under another owner, or a name that differs in a letter.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher

ALIKE = 0.93  # of two names: one letter in fifteen differs
SHORTEST = 6  # names with fewer letters differ in one by chance


def lookalike(repository: str, known: Iterable[str]) -> str | None:
    """The well-known repository that this one could be mistaken for; ``None`` where there is none, or where it is one itself.

    Args:
        repository: owner/name.
        known: owner/name of repositories that people know.
    """
    known = list(known)
    if repository in known:
        return None
    owner, _, name = repository.partition("/")
    for other in known:
        its_owner, _, its_name = other.partition("/")
        same_look = _folded(repository) == _folded(other)
        same_name = owner != its_owner and len(name) >= SHORTEST and _likeness(_folded(name), _folded(its_name))
        if same_look or same_name:
            return other
    return None


def strange_letters(repository: str) -> str:
    """Letters of a name that are not plain ASCII: the Hub allows none, so whoever shows them imitates others."""
    return "".join(letter for letter in repository if not letter.isascii())


def _folded(name: str) -> str:
    """A name without what eyes pass over: case, marks, and signs between words."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in plain if letter.isalnum() or letter == "/").translate(str.maketrans("01", "ol"))


def _likeness(one: str, other: str) -> bool:
    return one == other or SequenceMatcher(None, one, other).ratio() >= ALIKE
