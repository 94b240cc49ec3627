"""One text under one tokenizer: every token with its place, every character with its tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from core.errors import LimitReached
from core.inspect.tokens.align import Place, by_bytes, by_matching
from core.inspect.tokens.reader import Reader
from core.inspect.tokens.shapes import BYTES, PART, SPACE, SPECIAL, START, UNKNOWN, WORD, Segment, TextTokens, Token
from core.settings import Settings

RUN = re.compile(r"\S+")
LONE = re.compile("[\ud800-\udfff]")
REPLACEMENT = "\ufffd"
TOKENIZER, BLANKS = "tokenizer", "blanks"


class Raw(NamedTuple):
    """What a tokenizer gives: ids, entries, places, words, and which tokens it added itself."""

    ids: list[int]
    entries: list[str]
    places: list[Place]
    words: list[int | None]
    added: list[bool]


def read_text(settings: Settings, reader: Reader, text: str, *, special: bool = True) -> TextTokens:
    """Tokenises a text whole, whatever the model's limit, and says what lies beyond it.

    Args:
        special: add the tokens that the tokenizer puts around a text; false for texts that bring their own.

    Raises:
        LimitReached: the text is longer than ``token_characters``.
    """
    if len(text) > settings.token_characters:
        raise LimitReached(
            f"a text of at most {settings.token_characters:,} characters (token_characters)", f"{len(text):,}", "Look at a part of it."
        )
    text, notes = readable(text)
    raw = (_fast if reader.facts.fast else _slow)(reader, text, special)
    words, words_by = _words(text, raw)
    tokens = _tokens(reader, text, raw, words)
    segments = _segments(text, tokens)
    dropped = sum(len("".join(text[each.start : each.end].split())) for each in segments if not each.tokens)
    typed = sum(token.kind == SPECIAL and not token.added for token in tokens)
    lost = sum(token.cut for token in tokens)
    return TextTokens(
        tokenizer=reader.facts,
        text=text,
        tokens=tokens,
        segments=segments,
        words=len(RUN.findall(text)),
        words_by=words_by,
        dropped=dropped,
        typed_special=typed,
        lost=lost,
        notes=notes,
    )


def readable(text: str) -> tuple[str, list[str]]:
    """The text as a tokenizer can take it, which half characters are not, and a sentence where there were any."""
    whole, halves = LONE.subn(REPLACEMENT, text)
    return whole, [f"{halves} half characters (lone surrogates) are shown and read as {REPLACEMENT}."] if halves else []


def _fast(reader: Reader, text: str, special: bool) -> Raw:
    """As the tokenizer says itself."""
    found = reader.tokenizer(text, add_special_tokens=special, verbose=False).encodings[0]
    added = [place is None for place in found.sequence_ids]
    places = [
        Place(*offsets, True) if mark or offsets[0] < offsets[1] else _blank(text, offsets[0], reader.style.reads(entry))
        for offsets, entry, mark in zip(found.offsets, found.tokens, added, strict=True)
    ]
    # Unigram models give the text itself in the place of the entry that stands for what they lack.
    entries = [
        str(reader.tokenizer.unk_token) if number == reader.unknown else entry
        for number, entry in zip(found.ids, found.tokens, strict=True)
    ]
    return Raw(found.ids, entries, places, found.word_ids, added)


def _blank(text: str, at: int, reads: str) -> Place:
    """Where a token without a place is a blank before this one, which some tokenizers trim off, the blank's own place."""
    start = at - len(reads)
    is_blank = bool(reads) and not reads.strip() and start >= 0 and text[start:at] == reads
    return Place(start if is_blank else at, at, True)


def _slow(reader: Reader, text: str, special: bool) -> Raw:
    """Places by bytes where the pieces are bytes, else by matching; words by blanks."""
    tokenizer = reader.tokenizer
    found = tokenizer(text, add_special_tokens=special, return_special_tokens_mask=True, verbose=False)
    ids = list(found["input_ids"])
    entries = [str(entry) for entry in tokenizer.convert_ids_to_tokens(ids)]
    added = [bool(mark) for mark in found["special_tokens_mask"]] if special else [False] * len(ids)
    own = [number for number in range(len(ids)) if not added[number]]
    inner = iter(_aligned(reader, text, [ids[number] for number in own], [entries[number] for number in own]))
    places = [Place(0, 0, True) if mark else next(inner) for mark in added]
    return Raw(ids, entries, places, [None] * len(ids), added)


def _aligned(reader: Reader, text: str, ids: Sequence[int], entries: Sequence[str]) -> list[Place]:
    pieces = [
        reader.style.to_bytes(entry) if number not in reader.special else entry.encode() for number, entry in zip(ids, entries, strict=True)
    ]
    if all(piece is not None for piece in pieces):
        exact = by_bytes(text, [piece for piece in pieces if piece is not None])
        if exact is not None:
            return exact
    unknown = reader.unknown
    return by_matching(text, [None if number == unknown else reader.style.reads(entry) for number, entry in zip(ids, entries, strict=True)])


def _words(text: str, raw: Raw) -> tuple[list[int | None], str]:
    """The tokenizer's own words; runs between blanks where it has none, or takes a whole text for one."""
    known = {word for word, added in zip(raw.words, raw.added, strict=True) if word is not None and not added}
    runs = [match.span() for match in RUN.finditer(text)]
    if len(known) > 1 or (known and len(runs) < 2):
        return raw.words, TOKENIZER
    words: list[int | None] = []
    at = 0
    for place, added in zip(raw.places, raw.added, strict=True):
        while at + 1 < len(runs) and place.end > runs[at + 1][0]:
            at += 1
        words.append(
            at if not added and runs and place.start < place.end and place.end > runs[at][0] and place.start < runs[at][1] else None
        )
    return words, BLANKS


def _tokens(reader: Reader, text: str, raw: Raw, words: list[int | None]) -> list[Token]:
    cut = _cut(reader, raw.added)
    tokens = []
    for number, entry in enumerate(raw.entries):
        place, added = raw.places[number], raw.added[number]
        empty = added or place.start >= place.end
        token = Token(
            place=number,
            id=raw.ids[number],
            token=entry,
            start=None if empty else place.start,
            end=None if empty else place.end,
            text="" if empty else text[place.start : place.end],
            word=words[number],
            kind=_kind(reader, raw, words, number, "" if empty else text[place.start : place.end]),
            added=added,
            sure=added or place.sure,
            cut=cut[number],
            reads=reader.style.reads(entry),
        )
        tokens.append(token)
    return tokens


def _kind(reader: Reader, raw: Raw, words: list[int | None], number: int, text: str) -> str:
    """What a token is, one of :data:`core.inspect.tokens.shapes.KINDS`."""
    identity, entry = raw.ids[number], raw.entries[number]
    if raw.added[number] or (identity in reader.special and (identity != reader.unknown or entry == text)):
        return SPECIAL
    if identity == reader.unknown:
        return UNKNOWN
    if reader.style.by_byte(entry):
        return BYTES
    if not text.strip() and not reader.style.reads(entry).strip():
        return SPACE
    word = words[number]
    if word is None:
        return WORD
    before = number > 0 and words[number - 1] == word and not raw.added[number - 1]
    after = number + 1 < len(words) and words[number + 1] == word and not raw.added[number + 1]
    return PART if before else START if after else WORD


def _cut(reader: Reader, added: Sequence[bool]) -> list[bool]:
    """Which tokens a run leaves out: those of the text beyond the limit, at the side where the tokenizer cuts."""
    own = [number for number, mark in enumerate(added) if not mark]
    room = max(reader.facts.limit - (len(added) - len(own)), 0)
    left = getattr(reader.tokenizer, "truncation_side", "right") == "left"
    gone = set(own[: len(own) - room] if left else own[room:]) if len(own) > room else set()
    return [number in gone for number in range(len(added))]


def _segments(text: str, tokens: Sequence[Token]) -> list[Segment]:
    """The text in stretches, none of which overlap or are missing."""
    spans: list[tuple[int, int, list[int]]] = []
    for token in sorted((token for token in tokens if token.start is not None), key=lambda token: (token.start, token.place)):
        start, end = int(token.start or 0), int(token.end or 0)
        if spans and start < spans[-1][1]:
            first, last, inside = spans[-1]
            spans[-1] = (first, max(last, end), [*inside, token.place])
        else:
            spans.append((start, end, [token.place]))
    gaps = [
        (before[1], after[0], []) for before, after in pairwise([(0, 0, []), *spans, (len(text), len(text), [])]) if before[1] < after[0]
    ]
    return [Segment(start=start, end=end, tokens=inside) for start, end, inside in sorted([*spans, *gaps], key=lambda each: each[:2])]


def fragmentation(found: TextTokens) -> dict[str, float | None]:
    """Figures by which tokenizers are compared on a text; ``None`` where there is nothing to divide by.

    ``pieces_per_word`` is what the literature calls fertility (Rust et al. 2021, https://arxiv.org/abs/2012.15613), with words between
    blanks, the same for every tokenizer.
    """
    own = [token for token in found.tokens if not token.added]
    return {
        "tokens": len(found.tokens),
        "pieces_per_word": len(own) / found.words if found.words else None,
        "unknown_share": sum(token.kind == UNKNOWN for token in own) / len(own) if own else None,
        "bytes_share": sum(token.kind == BYTES for token in own) / len(own) if own else None,
        "characters_per_token": len(found.text) / len(own) if own else None,
    }
