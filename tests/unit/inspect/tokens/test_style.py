"""What the letters of pieces mean."""

from __future__ import annotations

from core.inspect.tokens.style import Style, byte_letters


def test_every_byte_has_a_letter_of_its_own() -> None:
    letters = byte_letters()
    assert sorted(letters.values()) == list(range(256))
    assert (letters["a"], letters["Ġ"], letters["Ċ"]) == (0x61, 0x20, 0x0A)  # as GPT-2 writes them


def test_marks_are_taken_off() -> None:
    assert Style("WordPiece", prefix="##").reads("##ing") == "ing" and Style("WordPiece", prefix="##").reads("##") == "##"
    assert Style("Unigram").reads("▁the") == " the" and Style("BPE").reads("the</w>") == "the" and Style("BPE").reads("th@@") == "th"
    assert Style("BPE", letters=byte_letters()).reads("Ġthe") == " the" and Style("BPE", letters=byte_letters()).reads("Ã") == "\\xc3"


def test_parts_of_characters_are_told_from_whole_ones() -> None:
    bytewise, fallback = Style("BPE", letters=byte_letters()), Style("BPE", fallback=True)
    assert bytewise.by_byte("Ã") and not bytewise.by_byte("Ã©")
    assert fallback.by_byte("<0xE2>") and fallback.by_byte("<0x41>") and not fallback.by_byte("the")
