"""How a tokenizer writes its pieces: marks before and behind words, bytes as letters, bytes as ``<0x41>``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ONE_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
META, BYTE_SPACE = "▁", "Ġ"
BYTE_TOKENIZERS = frozenset({"ByT5Tokenizer", "PerceiverTokenizer"})  # a token is chr(byte)
AT_END = ("</w>", "@@")
ALGORITHMS: Mapping[str, str] = {"WordLevel": "whole words"}


@dataclass(frozen=True)
class Style:
    """What the letters of a tokenizer's pieces mean.

    Args:
        algorithm: as the field calls it.
        prefix: before a piece that continues a word, such as ``##``.
        letters: letter to the byte that it stands for; ``None`` where pieces are ordinary text.
        fallback: a character outside of the vocabulary becomes its bytes, as ``<0xE2>``.
    """

    algorithm: str
    prefix: str = ""
    letters: Mapping[str, int] | None = None
    fallback: bool = False

    def to_bytes(self, token: str) -> bytes | None:
        """The bytes of the text that a piece stands for; ``None`` where pieces are not made of bytes."""
        one = ONE_BYTE.fullmatch(token) if self.fallback else None
        if one:
            return bytes([int(one[1], 16)])
        if self.letters is None or any(letter not in self.letters for letter in token):
            return None
        return bytes(self.letters[letter] for letter in token)

    def by_byte(self, token: str) -> bool:
        """Whether a piece is a byte for want of a piece for its character, or holds only a part of a character."""
        if self.fallback and ONE_BYTE.fullmatch(token):
            return True
        found = self.to_bytes(token)
        if found is None:
            return False
        try:
            found.decode()
        except UnicodeDecodeError:
            return True
        return False

    def reads(self, token: str) -> str:
        """What a piece spells, without marks; bytes that are no character as ``\\xe2``."""
        found = self.to_bytes(token)
        if found is not None:
            return found.decode("utf-8", "backslashreplace")
        if self.prefix and token.startswith(self.prefix) and len(token) > len(self.prefix):
            token = token[len(self.prefix) :]
        for ending in AT_END:
            if self.letters is None and token.endswith(ending) and len(token) > len(ending):
                token = token[: -len(ending)]
        return token.replace(META, " ")


def style_of(tokenizer: Any) -> Style:
    """The style of a tokenizer of transformers, fast or slow."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        return _slow_style(tokenizer)
    model = backend.model
    name = type(model).__name__
    prefix = getattr(model, "continuing_subword_prefix", None) or ""
    bytewise = "ByteLevel" in f"{backend.pre_tokenizer!r}{backend.decoder!r}"
    algorithm = ALGORITHMS.get(name, name)
    return Style(
        algorithm=f"byte-level {algorithm}" if bytewise else algorithm,
        prefix=prefix,
        letters=byte_letters() if bytewise else None,
        fallback=bool(getattr(model, "byte_fallback", False)),
    )


def _slow_style(tokenizer: Any) -> Style:
    if type(tokenizer).__name__ in BYTE_TOKENIZERS:
        return Style("bytes", letters={chr(byte): byte for byte in range(256)})
    decoder = getattr(tokenizer, "byte_decoder", None)
    if isinstance(decoder, Mapping):
        return Style("byte-level BPE", letters=dict(decoder))
    if hasattr(tokenizer, "wordpiece_tokenizer") or hasattr(tokenizer, "subword_tokenizer"):
        return Style("WordPiece", prefix="##")
    return Style("BPE" if hasattr(tokenizer, "bpe_ranks") else type(tokenizer).__name__.removesuffix("Tokenizer"))


def byte_letters() -> dict[str, int]:
    """Letter to byte, as byte-level BPE writes bytes since GPT-2: printable ones as themselves, the others from U+0100 on.

    Source: https://github.com/openai/gpt-2/blob/master/src/encoder.py (bytes_to_unicode).
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in set(printable)]
    return {chr(byte): byte for byte in printable} | {chr(0x100 + place): byte for place, byte in enumerate(others)}
