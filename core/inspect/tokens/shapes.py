"""What the views of the Tokens page give, as models that travel as JSON."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

WORD, START, PART, SPACE, BYTES, UNKNOWN, SPECIAL = "word", "start", "part", "space", "bytes", "unknown", "special"
KINDS = (WORD, START, PART, SPACE, BYTES, UNKNOWN, SPECIAL)
"""A whole word; the first piece of one, a later one; blanks; bytes for want of a piece; what the vocabulary lacks; a control token."""


class Shape(BaseModel):
    """Numbers of a view: made once, never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TokenizerFacts(Shape):
    """What reads the text.

    Attributes:
        fast: written in Rust, with places of its own; else in Python, where places are found by alignment.
        algorithm: as the field calls it: WordPiece, BPE, Unigram, bytes.
        vocabulary: pieces, special ones included.
        limit: longest input that a run gives to the model, in tokens, special ones included.
        limit_known: whether the model's files say so; else it is what runs take where nothing does.
        added: special tokens put around a single text.
        special: token to its role, such as ``[CLS]`` to ``cls``.
    """

    reference: str
    revision: str
    name: str
    fast: bool
    algorithm: str
    vocabulary: int
    limit: int
    limit_known: bool
    added: int
    special: dict[str, str]


class Token(Shape):
    """One token.

    Attributes:
        place: number in the sequence, from 0.
        token: the entry of the vocabulary, marks included.
        start: first character in the text, as Python counts them; ``None`` where it stands for none of them.
        end: the character after its last.
        text: the characters of the text that it stands for, untouched; empty where it stands for none.
        word: number of its word, from 0; ``None`` outside of words.
        kind: one of :data:`KINDS`.
        added: put there by the tokenizer, not by the text.
        sure: whether its place is beyond doubt.
        cut: the model does not read it: the text is too long.
        reads: what the entry spells, without marks.
    """

    place: int
    id: int
    token: str
    start: int | None
    end: int | None
    text: str
    word: int | None
    kind: str
    added: bool
    sure: bool
    cut: bool
    reads: str


class Segment(Shape):
    """A stretch of the text and the tokens that stand for it: none, one, or several that share its characters."""

    start: int
    end: int
    tokens: list[int]


class TextTokens(Shape):
    """One text under one tokenizer. The segments, one after the other, are the text.

    Attributes:
        words: runs of characters between blanks.
        dropped: characters, blanks aside, that no token stands for.
        typed_special: control tokens that the text itself spells.
        words_by: whether words are the tokenizer's own or runs between blanks.
        lost: tokens that the model does not read.
        notes: sentences about what was found.
    """

    tokenizer: TokenizerFacts
    text: str
    tokens: list[Token]
    segments: list[Segment]
    words: int
    words_by: str
    dropped: int
    typed_special: int
    lost: int
    notes: list[str]


class ColumnToken(Shape):
    """An entry of the vocabulary that a column uses, and where it first does. ``row`` counts from 0."""

    id: int
    token: str
    reads: str
    count: int
    row: int
    example: str


class LongRow(Shape):
    """A row by its length in tokens. ``row`` counts from 0."""

    row: int
    tokens: int
    lost: int
    text: str


class ColumnTokens(Shape):
    """A column under one tokenizer.

    Attributes:
        rows: of the table.
        looked: rows that were tokenised.
        blank: rows left out since their cell is empty or blank, among those looked for.
        sampled: why not all rows were, in words; empty where all were.
        lengths: pairs of a length in tokens and its rows, by length.
        total: tokens in all, special ones included.
        words: runs between blanks in the looked rows.
        characters: of the looked rows.
        cut: rows longer than the limit.
        lost: tokens beyond it.
        unknown: tokens that stand for what the vocabulary lacks; ``unknown_rows`` is the rows that have one.
        unknown_texts: what the texts have in their place and how often, in the first such rows.
        used: different entries of the vocabulary.
    """

    tokenizer: TokenizerFacts
    rows: int
    looked: int
    blank: int
    sampled: str
    lengths: list[tuple[int, int]]
    total: int
    words: int
    characters: int
    cut: int
    lost: int
    unknown: int
    unknown_rows: int
    unknown_texts: list[tuple[str, int]]
    used: int
    longest: list[LongRow]
    rarest: list[ColumnToken]


class ColumnPlan(Shape):
    """Which rows of a column are counted.

    Attributes:
        rows: of the table.
        spreads: so many rows, spread evenly; each over those that the one before has left.
        looked: rows that are counted.
        sampled: why not all are, in words.
    """

    rows: int
    spreads: list[int]
    looked: int
    sampled: str


class ColumnPart(Shape):
    """What was counted of some rows: JSON of a :class:`core.inspect.tokens.tally.Tally`. ``done`` rows of the plan have been now."""

    tally: dict[str, Any]
    done: int


class Entry(Shape):
    """An entry of a vocabulary."""

    id: int
    token: str
    reads: str
    kind: str


class Matches(Shape):
    """Entries of a vocabulary that match, by id; ``total`` counts those beyond the list too."""

    tokenizer: TokenizerFacts
    total: int
    entries: list[Entry]


class Chat(Shape):
    """Messages in a chat template.

    Attributes:
        templates: names of the model's own.
        template: the one that was rendered.
        read: its text with special tokens; ``None`` where nothing was rendered.
        plain: tokens of the messages' texts alone.
    """

    tokenizer: TokenizerFacts
    templates: list[str]
    template: str
    read: TextTokens | None
    plain: int
    notes: list[str]
