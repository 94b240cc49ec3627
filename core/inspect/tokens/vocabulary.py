"""The entries of a vocabulary, searched."""

from __future__ import annotations

from core.errors import BadInput
from core.inspect.tokens.reader import Reader
from core.inspect.tokens.shapes import BYTES, PART, SPACE, SPECIAL, WORD, Entry, Matches
from core.settings import Settings

CONTAINS, STARTS, EXACT, ID = "contains", "starts", "exact", "id"
WAYS = (CONTAINS, STARTS, EXACT, ID)
LONGEST_QUERY = 200


def search(settings: Settings, reader: Reader, query: str = "", way: str = CONTAINS) -> Matches:
    """Entries that match, by id; at most ``settings.token_matches`` of them.

    Args:
        query: compared without case, with the entry as it is written and with what it spells; empty finds all.
        way: one of :data:`WAYS`.

    Raises:
        BadInput: no such way, a query beyond reason, or an id that is no number.
    """
    if way not in WAYS or len(query) > LONGEST_QUERY:
        raise BadInput(f"one of {', '.join(WAYS)} and at most {LONGEST_QUERY} characters", f"{way!r}, {len(query):,}", "Search for less.")
    if way == ID and query and not query.isdecimal():
        raise BadInput("the number of an entry", repr(query[:40]), "Type digits, or search for text.")
    wanted, entries, total = query.casefold(), [], 0
    for token, number in sorted(reader.tokenizer.get_vocab().items(), key=lambda item: item[1]):
        reads = reader.style.reads(token)
        if not _matches(wanted, way, token, reads, number):
            continue
        total += 1
        if len(entries) < settings.token_matches:
            entries.append(Entry(id=number, token=token, reads=reads, kind=entry_kind(reader, token, number, reads)))
    return Matches(tokenizer=reader.facts, total=total, entries=entries)


def _matches(wanted: str, way: str, token: str, reads: str, number: int) -> bool:
    if not wanted:
        return True
    if way == ID:
        return number == int(wanted)
    forms = (token.casefold(), reads.casefold())
    if way == EXACT:
        return wanted in forms or wanted == forms[1].strip()
    if way == STARTS:
        return any(form.lstrip().startswith(wanted) for form in forms)
    return any(wanted in form for form in forms)


def entry_kind(reader: Reader, token: str, number: int, reads: str) -> str:
    """As for a token of a text, as far as an entry alone tells."""
    if number in reader.special:
        return SPECIAL
    if reader.style.by_byte(token):
        return BYTES
    if not reads.strip():
        return SPACE
    return PART if reader.style.prefix and token.startswith(reader.style.prefix) and len(token) > len(reader.style.prefix) else WORD
