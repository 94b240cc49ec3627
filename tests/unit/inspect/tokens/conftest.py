"""Readers of every kind of tokenizer: the embedded one fast and slow, and small ones made on the spot."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import models
from core.inspect.tokens import Reader, open_reader
from core.inspect.tokens.reader import reader_of
from core.settings import Settings
from tests.tiny_models import TinyFiles
from tests.unit.tasks.tokenizers import byte_level, in_python, word_marks


@pytest.fixture(scope="session")
def bert() -> Reader:
    """The embedded WordPiece tokenizer."""
    return open_reader(models.resolve_tokenizer(Settings(), "embedded:minilm"))


@pytest.fixture(scope="session")
def slow_bert() -> Reader:
    """The same vocabulary, read in Python."""
    return open_reader(models.resolve_tokenizer(Settings(), "embedded:minilm"), "BertTokenizerLegacy")


def made(tokenizer: object) -> Reader:
    return reader_of(tokenizer, TinyFiles("local:tiny", "0" * 64, Path("nowhere")))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def small() -> dict[str, Reader]:
    """Byte-level BPE with and without trimmed places, Unigram with word marks, bytes in Python, and BPE with byte fallback."""
    return {
        "bytes": made(byte_level()),
        "trimmed": made(byte_level(trim=True)),
        "marks": made(word_marks()),
        "python": made(in_python()),
        "fallback": made(byte_fallback()),
    }


def byte_fallback() -> object:
    """As Llama has it: a character outside of the vocabulary becomes ``<0xE2>`` and the like; a text is one word."""
    from tokenizers import Tokenizer, decoders, normalizers
    from tokenizers.models import BPE
    from transformers import PreTrainedTokenizerFast

    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *"abcdefghijklmnopqrstuvwxyz", "he", "▁he"]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(BPE(vocabulary, [("h", "e"), ("▁", "he")], unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>")
