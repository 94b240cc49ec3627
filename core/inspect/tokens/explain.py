"""Tokens in sentences, for people who have not met them before."""

from __future__ import annotations

from collections.abc import Mapping

from core.inspect.tokens.shapes import BYTES, PART, SPACE, SPECIAL, START, UNKNOWN, WORD, TextTokens, Token
from core.inspect.tokens.style import BYTE_SPACE, META

KIND_NAMES: Mapping[str, str] = {
    WORD: "whole word",
    START: "first piece",
    PART: "later piece",
    SPACE: "blank",
    BYTES: "bytes",
    UNKNOWN: "unknown",
    SPECIAL: "special",
}
KIND_SENTENCES: Mapping[str, str] = {
    WORD: "The vocabulary has this word, or sign, whole.",
    START: "The vocabulary lacks this word whole; this is its first piece.",
    PART: "A later piece of a word that the vocabulary lacks whole.",
    SPACE: "Spaces, tabs or line breaks alone.",
    BYTES: "The vocabulary has no piece for this character: it is written byte by byte.",
    UNKNOWN: "The vocabulary has no piece for this: the model sees the same token for everything that it does not know.",
    SPECIAL: "A control token: no part of what the text says.",
}
ROLE_SENTENCES: Mapping[str, str] = {
    "cls": "It opens the text; classifiers read their answer off it.",
    "sep": "It closes the text, or parts it from a second one.",
    "bos": "It marks the beginning of the text.",
    "eos": "It marks the end of the text.",
    "pad": "It fills up shorter texts of a batch; models do not look at it.",
    "mask": "It stands for a gap that the model fills.",
    "unk": "It stands for what the vocabulary lacks.",
    "extra": "What it means was decided when the model was trained.",
}


def explain(token: Token, found: TextTokens) -> list[str]:
    """What a token is and why it looks as it does, a sentence each."""
    role = found.tokenizer.special.get(token.token)
    said = [KIND_SENTENCES[token.kind]]
    if token.kind == SPECIAL:
        said.append(ROLE_SENTENCES.get(role or "extra", ROLE_SENTENCES["extra"]))
        said.append(
            "The tokenizer added it."
            if token.added
            else "It stands in the text itself: the model takes these characters for control, not for words."
        )
    else:
        said += _spelling(token)
    if token.start is not None:
        number = token.end - token.start
        said.append(f"Its place in the text: {_characters(number)} from {token.start} on.")
    elif not token.added:
        said.append("It stands for no character of the text: the tokenizer put it there before reading.")
    shared = [other for other in found.tokens if other.start is not None and (other.start, other.end) == (token.start, token.end)]
    if len(shared) > 1:
        said.append(f"{len(shared)} tokens share these characters.")
    if not token.sure:
        said.append("This tokenizer does not say where its tokens are; the place was found by matching letters and may be wrong.")
    if token.cut:
        said.append(f"The model does not read it: the text is longer than {found.tokenizer.limit:,} tokens.")
    return said


def _spelling(token: Token) -> list[str]:
    """The entry's marks, and where it differs from the text."""
    said = []
    if token.token.startswith((BYTE_SPACE, META)) and token.kind != SPACE:
        said.append(f"The {token.token[0]} in front stands for the space before it.")
    elif token.token.startswith("##") and token.kind == PART:
        said.append("The ## in front says that it goes on with the word before.")
    plain = token.reads.strip()
    if token.kind not in (UNKNOWN, BYTES, SPACE) and plain and token.text.strip() != plain:
        said.append(f"The model reads it as {plain!r}: the tokenizer changes case, accents or forms first.")
    return said


def _characters(number: int) -> str:
    return f"{number:,} character{'' if number == 1 else 's'}"
