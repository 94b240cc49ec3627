"""Words and tokens of what a model reads, and their places in the text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.inspect.attribution.reading import NO_CELL, Reading, read
from core.tasks.encoding import encode_texts
from tests.tiny_models import wordpiece


def reading_of(tokenizer, *texts: tuple[str, str], length: int = 64, fixed: tuple[str, ...] = ()) -> Reading:
    cells = [text for _, text in texts]
    encoded = encode_texts(tokenizer, cells[:1], cells[1:] or None, max_length=length)
    return read(tokenizer, encoded, 0, texts, fixed=fixed)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  it broke,\n after   two-days!", ["it", "broke", ",", "after", "two-days", "!"]),
        ("isn't good", ["isn't", "good"]),
        ("好屏幕 good", ["好", "屏", "幕", "good"]),
        ("cafe\u0301 👩‍👩‍👧 🇩🇪", ["cafe\u0301", "👩‍👩‍👧", "🇩🇪"]),
        ("שלום עולם", ["שלום", "עולם"]),
    ],
)
def test_words_are_stretches_of_the_exact_text(tmp_path: Path, text: str, words: list[str]) -> None:
    tokenizer = wordpiece(tmp_path)
    units = reading_of(tokenizer, ("text", text)).units("word", tokenizer)
    assert [unit.text for unit in units] == words
    assert [text[unit.start : unit.end] for unit in units] == words
    tokens = [token for unit in units for token in unit.tokens]
    assert tokens == sorted(set(tokens)), "each token is in one word"


def test_special_tokens_and_fixed_texts_belong_to_no_unit_but_unknown_words_do(tmp_path: Path) -> None:
    tokenizer = wordpiece(tmp_path)
    reading = reading_of(tokenizer, ("text", "good ☃ [MASK]"), ("text_pair", "bad film"))
    assert [(unit.cell, unit.text) for unit in reading.units("token", tokenizer)] == [
        ("text", "good"),
        ("text", "☃"),
        ("text_pair", "bad"),
        ("text_pair", "film"),
    ]
    kept = reading_of(tokenizer, ("text", "good"), ("text_pair", "bad film"), fixed=("text_pair",))
    assert [unit.text for unit in kept.units("word", tokenizer)] == ["good"]


def test_tokens_that_were_cut_are_counted_and_are_no_units(tmp_path: Path) -> None:
    tokenizer = wordpiece(tmp_path)
    reading = reading_of(tokenizer, ("text", "good " * 20), length=8)
    assert (len(reading.units("word", tokenizer)), reading.lost) == (6, 14) and reading.placed


def test_a_token_that_joins_two_words_joins_them_in_one_unit(tmp_path: Path) -> None:
    tokenizer = wordpiece(tmp_path)
    inputs = {"input_ids": np.array([5, 6, 7])}
    reading = Reading(inputs, {"text": "of the cat"}, ("text",) * 3, np.array([0, 6, 8]), np.array([6, 8, 10]))
    assert [unit.text for unit in reading.units("word", tokenizer)] == ["of the", "cat"]


def test_without_places_tokens_have_the_names_of_the_tokenizer(tmp_path: Path) -> None:
    tokenizer = wordpiece(tmp_path)
    nowhere = np.full(2, -1)
    ids = np.array([tokenizer.get_vocab()["good"], tokenizer.get_vocab()["##s"]])
    reading = Reading({"input_ids": ids}, {"text": "goods"}, ("text", "text"), nowhere, nowhere)
    assert not reading.placed and [unit.text for unit in reading.units("word", tokenizer)] == ["good", "##s"]
    assert NO_CELL not in reading.cell
