"""What counts as personal data in a text, and what only looks like it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.privacy import find, mask, numbers
from core.privacy.numbers import IBAN_LENGTHS, luhn, mod_97

TEXTS = st.text(max_size=80)
NUMBERISH = st.text(alphabet="0123456789 +-()./:@ax,", max_size=60)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("write to Ann.Lee+x@mail.example.co.uk, please", "write to [email], please"),
        ("'o@b.de'", "'[email]'"),
        ("paid with 4111 1111 1111 1111 today", "paid with [card] today"),
        ("4111-1111-1111-1111 and 378282246310005", "[card] and [card]"),
        ("1234 4111 1111 1111 1111", "1234 [card]"),
        ("IBAN DE89 3704 0044 0532 0130 00 until May", "IBAN [iban] until May"),
        ("gb82west12345698765432", "[iban]"),
        ("from 81.2.69.142:8080", "from [ip]:8080"),
        ("host 2001:4860:4860::8888", "host [ip]"),
        ("+49 (0)30 227 32152, +1 (650) 253-0000", "[phone], [phone]"),
        ("01 44 13 22 00", "[phone]"),
        ("(650) 253-0000 or 650-253-0000", "[phone] or [phone]"),
        ("stop sms-08718727870", "stop sms-[phone]"),
        ("call 6502530000", "call [phone]"),
        ("12 02079460018", "12 [phone]"),
    ],
)
def test_each_kind_is_found(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "@user says: a@b, me@home",
        "4111 1111 1111 1112",  # the check digit
        "0000 0000 0000 0000",
        "DE88 3704 0044 0532 0130 00",
        "901656910939770881",  # an id
        "https://t.co/4111111111111111 and ?id=02079460018",
        "version 81.2.69.142, v10.2.3.4, 300.1.1.1, 127.0.0.1",
        "std::vector, 12:30:45, abc::def",
        "2015-10-22, 01.02.2003, 31/12/1999, 2015-10-22 00:05:34",
        "0.1234567890 and 3.14159265358979",
        "order 6502530000",
        "£1,000,000 for 85023",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert find(text) == [] and mask(text) == text


def test_names_are_masked_unless_they_are_inside_of_something_else() -> None:
    text = "Ann Lee, ann@lee.org"
    assert mask(text, [(0, 7), (9, 12)]) == "[name], [email]"
    assert mask(text, [(3, 3), (50, 60), (0, 7), (4, 7)]) == "[name], [email]"


@given(digits=st.text(alphabet="0123456789", min_size=14, max_size=14), before=st.sampled_from(["", "no. ", "(", "x "]))
def test_a_card_is_found_by_its_check_digit_alone(digits: str, before: str) -> None:
    number = "4" + digits
    last = next(str(digit) for digit in range(10) if luhn(number + str(digit)))
    whole = number + last
    assert [place.kind for place in find(f"{before}{whole}.")] == ["card"]
    wrong = number + str((int(last) + 1) % 10)
    assert "card" not in [place.kind for place in find(f"{before}{wrong}.")]


@given(st.sampled_from([(land, length) for length, lands in IBAN_LENGTHS.items() for land in lands.split()]), st.data())
def test_an_account_is_found_by_its_check_digits(form: tuple[str, int], data: st.DataObject) -> None:
    country, length = form
    rest = data.draw(st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=length, max_size=length))
    check = next(f"{number:02}" for number in range(2, 99) if mod_97(f"{country}{number:02}{rest}"))
    account = f"{country}{check}{rest}"
    groups = " ".join(account[place : place + 4] for place in range(0, len(account), 4))
    assert mask(f"to {account} now") == "to [iban] now" and mask(f"to {groups}, now") == "to [iban], now"
    other = f"{country}{(int(check) + 1) % 100:02}{rest}"
    assert "iban" not in [place.kind for place in find(other)]


@given(TEXTS | NUMBERISH)
def test_places_are_in_order_and_masking_leaves_nothing_to_find(text: str) -> None:
    places = find(text)
    assert all(one.end <= other.start for one, other in pairwise(places))
    assert all(0 <= place.start < place.end <= len(text) for place in places)
    again = mask(text)
    assert mask(again) == again and (places or again == text)


@given(st.text(alphabet=st.characters(exclude_characters="@:", exclude_categories=["Nd"]), max_size=60))
def test_a_text_without_digits_and_at_signs_is_left_alone(text: str) -> None:
    assert mask(text) == text


def test_long_texts_take_time_that_grows_with_them_only() -> None:
    """Patterns whose time grew with the square of the length would take hours here."""
    for piece in ("a", "1", "12 ", "a.", "(1) ", "1.", "::", "0171 "):
        assert isinstance(mask(piece * 60_000 + "@"), str)


def test_a_long_cell_is_asked_about_once_for_each_number_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str | None]] = []
    read: list[str] = []
    valid, digits = numbers._valid, numbers._digits
    monkeypatch.setattr(numbers, "_valid", lambda number, region: asked.append((number, region)) or valid(number, region))
    monkeypatch.setattr(numbers, "_digits", lambda text: read.append(text) or digits(text))
    assert mask("call 020 7946 0018, " * 5_000) == "call [phone], " * 5_000
    assert mask("009  " * 5_000) and len(asked) == len(set(asked)) < 100
    read.clear()
    assert mask("12  " * 5_000) == "12  " * 5_000 and read == [], "nothing says that these are phones"
