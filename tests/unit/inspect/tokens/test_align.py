"""Places found by matching: sure where there is one reading, doubtful where there are two."""

from __future__ import annotations

from core.inspect.tokens.align import by_bytes, by_matching


def spans(text: str, pieces: list[str | None]) -> list[tuple[str, bool]]:
    return [(text[place.start : place.end], place.sure) for place in by_matching(text, pieces)]


def test_case_accents_and_forms_do_not_matter() -> None:
    assert spans("Émile, ﬁnd  ÜBER", ["emile", ",", "find", "uber"]) == [("Émile", True), (",", True), ("ﬁnd", True), ("ÜBER", True)]


def test_accents_behind_a_letter_belong_to_it() -> None:
    assert spans("e\u0301a", ["e", "a"]) == [("e\u0301", True), ("a", True)]


def test_an_unknown_token_takes_what_lies_between_its_neighbours() -> None:
    assert spans("a ☃☃ b", ["a", None, "b"]) == [("a", True), ("☃☃", True), ("b", True)]


def test_as_many_unknown_tokens_as_words_get_one_each() -> None:
    assert spans("a ☃ ❄ b", ["a", None, None, "b"])[1:3] == [("☃", True), ("❄", True)]


def test_where_two_readings_fit_the_place_is_in_doubt() -> None:
    found = spans("☃a a", [None, "a"])
    assert found[1][1] is False and found[0][1] is False


def test_tokens_that_share_a_stretch_are_in_doubt() -> None:
    assert spans("x ☃❄ y", ["x", None, None, "y"])[1:3] == [("☃❄", False), ("☃❄", False)]


def test_pieces_found_nowhere_do_not_stop_the_others() -> None:
    assert spans("one two three", ["one", "zwei", "three"]) == [("one", True), ("two", True), ("three", True)]
    assert by_matching("", ["x"])[0][:2] == (0, 0)


def test_bytes_are_exact_or_nothing() -> None:
    assert [tuple(place) for place in by_bytes("aé", [b"a", b"\xc3", b"\xa9"]) or ()] == [(0, 1, True), (1, 2, True), (1, 2, True)]
    assert by_bytes("aé", [b"a"]) is None
    assert by_bytes("", []) == []
    assert [tuple(place) for place in by_bytes("ab", [b"", b"ab", b""]) or ()] == [(0, 0, True), (0, 2, True), (2, 2, True)]
