"""Texts token by token: known ids, kinds, places, and that nothing of a text is lost whatever it holds."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import LimitReached
from core.inspect.tokens import TextTokens
from core.inspect.tokens.explain import KIND_NAMES, KIND_SENTENCES, explain
from core.inspect.tokens.shapes import KINDS
from core.inspect.tokens.text import fragmentation, read_text
from core.settings import Settings

LIMITS = Settings()
ODD = [
    "👨‍👩‍👧",
    "🙂",
    "é",
    "e\u0301",
    "שלום",
    "مرحبا",
    "\n",
    "\t",
    "  ",
    "\u00a0",
    "\u200d",
    "\u202e",
    "漢字",
    "ﬁ",
    "İ",
    "[SEP]",
    "<pad>",
    "a",
    "The",
    "☃",
]
TEXTS = st.lists(st.one_of(st.sampled_from(ODD), st.text(max_size=6)), max_size=12).map("".join)
PROPERTY = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])


def rebuilt(found: TextTokens) -> str:
    return "".join(found.text[segment.start : segment.end] for segment in found.segments)


def check(found: TextTokens, text: str) -> None:
    """Nothing missing, nothing twice, every token where it says."""
    assert found.text == text and rebuilt(found) == text
    placed = [token.place for token in found.tokens if token.start is not None]
    assert sorted(each for segment in found.segments for each in segment.tokens) == placed
    for token in found.tokens:
        assert token.kind in KINDS
        if token.start is None:
            assert token.end is None and token.text == ""
        else:
            assert token.text == text[token.start : token.end] != ""
            assert any(s.start <= token.start and token.end <= s.end and token.place in s.tokens for s in found.segments)


@PROPERTY
@given(text=TEXTS)
@pytest.mark.model
def test_a_text_is_rebuilt_from_places_fast_and_slow(bert, slow_bert, text: str) -> None:
    for reader in (bert, slow_bert):
        check(read_text(LIMITS, reader, text), text)


@pytest.mark.parametrize("kind", ["bytes", "trimmed", "marks", "python", "fallback"])
@PROPERTY
@given(text=TEXTS)
def test_a_text_is_rebuilt_from_places_whatever_the_tokenizer(small, kind: str, text: str) -> None:
    check(read_text(LIMITS, small[kind], text), text)


@PROPERTY
@given(text=TEXTS)
def test_pieces_that_are_bytes_spell_the_text(small, text: str) -> None:
    """Byte-level tokenizers lose nothing: their own tokens, put together, are the text's bytes."""
    for kind in ("bytes", "python"):
        found = read_text(LIMITS, small[kind], text)
        own = [token for token in found.tokens if token.kind != "special"]
        if len(own) + found.tokenizer.added == len(found.tokens):
            assert b"".join(small[kind].style.to_bytes(token.token) or b"" for token in own) == text.encode()
            assert found.dropped == 0 and all(token.sure for token in found.tokens)


@pytest.mark.model
@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Hello, Hugging Face!", [101, 7592, 1010, 17662, 2227, 999, 102]),
        ("How are you today?", [101, 2129, 2024, 2017, 2651, 1029, 102]),
        ("", [101, 102]),
    ],
)
def test_the_ids_are_those_of_the_published_vocabulary(bert, slow_bert, text: str, ids: list[int]) -> None:
    for reader in (bert, slow_bert):
        assert [token.id for token in read_text(LIMITS, reader, text).tokens] == ids


@pytest.mark.model
def test_kinds_words_and_places(bert) -> None:
    found = read_text(LIMITS, bert, "Naïve tokenizers ☃ [SEP]")
    told = [(token.token, token.text, token.kind, token.word) for token in found.tokens]
    assert told == [
        ("[CLS]", "", "special", None),
        ("naive", "Naïve", "word", 0),
        ("token", "token", "start", 1),
        ("##izer", "izer", "part", 1),
        ("##s", "s", "part", 1),
        ("[UNK]", "☃", "unknown", 2),
        ("[SEP]", "[SEP]", "special", 3),
        ("[SEP]", "", "special", None),
    ]
    assert (found.typed_special, found.words, found.words_by, found.dropped) == (1, 4, "tokenizer", 0)
    said = [" ".join(explain(token, found)) for token in found.tokens]
    assert "opens the text" in said[0] and "The tokenizer added it." in said[0]
    assert "reads it as 'naive'" in said[1] and "goes on with the word before" in said[3]
    assert "no piece for this" in said[5] and "takes these characters for control" in said[6]
    assert set(KIND_NAMES) == set(KIND_SENTENCES) == set(KINDS)
    figures = fragmentation(found)
    assert figures["tokens"] == 8 and figures["pieces_per_word"] == 6 / 4 and figures["unknown_share"] == 1 / 6


@pytest.mark.model
def test_characters_that_the_tokenizer_removes_are_counted(bert) -> None:
    found = read_text(LIMITS, bert, "a\u200db\u0301 \x00c")
    assert found.dropped == 2 and rebuilt(found) == "a\u200db\u0301 \x00c"


def test_a_character_in_bytes_is_one_stretch_with_several_tokens(small) -> None:
    found = read_text(LIMITS, small["fallback"], "he 漢")
    assert [(token.token, token.kind) for token in found.tokens] == [
        ("▁he", "word"),
        ("▁", "space"),
        ("<0xE6>", "bytes"),
        ("<0xBC>", "bytes"),
        ("<0xA2>", "bytes"),
    ]
    last = found.segments[-1]
    assert (found.text[last.start : last.end], last.tokens) == ("漢", [2, 3, 4])
    assert "3 tokens share these characters" in " ".join(explain(found.tokens[2], found))
    assert found.words_by == "blanks" and found.tokens[0].word == 0


def test_byte_level_pieces_of_an_emoji_are_bytes(small) -> None:
    found = read_text(LIMITS, small["bytes"], "漢 a")
    kinds = [token.kind for token in found.tokens]
    assert kinds[:3] == ["bytes", "bytes", "bytes"] and found.tokens[-1].reads == " a"
    assert {(token.start, token.end) for token in found.tokens[:3]} == {(0, 1)}


def test_the_space_before_a_word_is_explained(small) -> None:
    found = read_text(LIMITS, small["trimmed"], "the battery")
    blank = next(token for token in found.tokens if token.token == "Ġ")
    assert (blank.start, blank.end, blank.kind) == (3, 4, "space")
    found = read_text(LIMITS, small["trimmed"], "broke after")
    token = next(token for token in found.tokens if token.token.startswith("Ġ") and len(token.token) > 1)
    assert "The Ġ in front stands for the space" in " ".join(explain(token, found)) and token.text == token.token[1:]


@pytest.mark.model
def test_what_the_model_does_not_read_is_marked(bert) -> None:
    found = read_text(LIMITS, bert, "word " * 300)
    assert (found.tokenizer.limit, found.tokenizer.limit_known) == (256, True)
    assert len(found.tokens) == 302 and found.lost == 46
    assert [token.cut for token in found.tokens][254:257] == [False, True, True] and not found.tokens[-1].cut
    assert "does not read it" in " ".join(explain(found.tokens[260], found))


def test_half_characters_are_replaced_and_said(small) -> None:
    found = read_text(LIMITS, small["python"], "a\ud800b")
    assert found.text == "a\ufffdb" and "half characters" in found.notes[0]


def test_token_characters(small) -> None:
    with pytest.raises(LimitReached, match="token_characters"):
        read_text(Settings(token_characters=5), small["bytes"], "abcdef")


@pytest.mark.model
@PROPERTY
@given(text=TEXTS)
def test_where_alignment_is_sure_it_says_what_the_fast_one_knows(bert, slow_bert, text: str) -> None:
    """The two tokenizers are the same but for the places; accents behind a letter count to it in one and are left out by the other."""
    fast, slow = read_text(LIMITS, bert, text), read_text(LIMITS, slow_bert, text)
    if [token.id for token in fast.tokens] != [token.id for token in slow.tokens]:
        return
    for known, found in zip(fast.tokens, slow.tokens, strict=True):
        if found.sure and found.start is not None and known.start is not None:
            assert bare(found.text) == bare(known.text), (text, known, found)


def bare(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if unicodedata.category(letter)[0] not in "MCZ")


@pytest.mark.model
def test_alignment_is_mostly_sure_on_ordinary_text(slow_bert) -> None:
    found = read_text(LIMITS, slow_bert, "The battery broke after two days, and NOBODY at the café answered: ünbelievable!")
    assert all(token.sure for token in found.tokens) and not found.tokenizer.fast
    doubtful = read_text(LIMITS, slow_bert, "☃a a☃b")
    assert rebuilt(doubtful) == "☃a a☃b"
