"""Numbers that check themselves: cards, bank accounts, addresses of computers, phones. A number that fails its check is no finding."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from functools import cache
from types import MappingProxyType

Span = tuple[int, int]
Valid = Callable[[str, str | None], bool]
"""Whether a numbering plan has digits, of a region or with the country before them."""

CARD = re.compile(
    r"(?<![\w.,/=-])(?:"
    r"(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|6011|65\d\d|35\d\d|62\d\d)(?P<four>[ -]?)\d{4}(?P=four)\d{4}(?P=four)\d{4}"  # Visa, MasterCard, ...
    r"|3[47]\d\d(?P<amex>[ -]?)\d{6}(?P=amex)\d{5}"
    r"|3[0689]\d\d(?P<diners>[ -]?)\d{6}(?P=diners)\d{4}"
    r"|4\d{12}"
    r")(?![\w/=]|[.,-]\d)"
)
"""Lengths and first digits of the issuers (ISO/IEC 7812-1), in the groups that are printed on cards."""

# Length of the part after country and check digits: the registry of ISO 13616, https://www.swift.com/standards/data-standards/iban
IBAN_LENGTHS = MappingProxyType(
    {
        11: "NO",
        12: "BE",
        14: "DK FI FO FK GL NL SD",
        15: "MK SI",
        16: "AT BA EE KZ LT LU MN XK",
        17: "CH HR LI LV",
        18: "CR DE GB GE IE ME BG BH RS VA",
        19: "AE GI IL IQ OM SO TL",
        20: "AD CZ ES MD PK RO SA SE SK TN VG",
        21: "LY PT ST",
        22: "IS TR",
        23: "BI DJ FR GR IT MC MR SM",
        24: "AL AZ BY CY DO GT HU LB NI PL SV",
        25: "BR EG PS QA UA",
        26: "JO KW MU YE",
        27: "MT SC",
        28: "LC",
        29: "RU",
    }
)
IBAN = re.compile(
    r"(?<![^\W_])(?:"
    + "|".join(rf"(?:{countries.replace(' ', '|')})\d\d(?:[ ]?[A-Z0-9]){{{length}}}" for length, countries in IBAN_LENGTHS.items())
    + r")(?![^\W_])",
    re.ASCII | re.IGNORECASE,
)

IPV4 = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)")
IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{0,4}(?![\w:]|\.\d)")
NOT_AN_ADDRESS = re.compile(r"(?:\bv|version|release|section|firmware|build|chapter|§)[ .:]*$", re.IGNORECASE)
"""What stands before a number with three dots that counts versions."""
BEFORE = 16  # characters before an address that are looked at
FEWEST_GROUPS = 3  # of an IPv6 address: shorter ones are mostly something else

PHONE = re.compile(
    r"(?<![\w+/=.,])(?<![\d\s]-)"
    r"(?:\+[ ]?\d+|\(\+?\d{1,5}\)|\d+)"  # country, area, or all of it
    r"(?:[ ]?\(0\)[ ]?|[ ./-]{0,2}\(?\d{2,}\)?){0,7}"
)
DECIMAL = re.compile(r"0[.,]")
DATE = re.compile(r"(?:[0-3]?\d(?P<one>[./-])[0-3]?\d(?P=one)(?:19|20)?\d\d|(?:19|20)\d\d(?P<two>[./-])[01]?\d(?P=two)[0-3]?\d)(?:\D|$)")
NORTH_AMERICAN = re.compile(r"(?:1[ .-])?\(?[2-9]\d\d\)?[ .-]?[ ]?[2-9]\d\d[ .-]\d{4}")
WRITTEN = re.compile(rf"\(?[+0]|{NORTH_AMERICAN.pattern}")
"""How a phone number begins where nothing before it says that it is one; any other need not be looked at."""
ONE_PIECE = re.compile(r"\d+")
CALL = re.compile(r"(?:call|phone|tel|fax|mobile|cell|whatsapp|contact|ring|dial|text|sms|num(?:ber)?|no)\b[\w .:#-]{0,12}$", re.IGNORECASE)
GOES_ON = re.compile(r"[.,/-]\d|[%=_]|[^\W\d_]\d")
"""What stands after digits that are a part of something else."""
FEWEST_DIGITS, MOST_DIGITS = 8, 15  # E.164; shorter ones cannot be told from other numbers
REGIONS = ("GB", "DE", "FR", "IT", "ES", "NL", "CH", "AT", "BE", "PL", "SE", "AU", "IN", "JP", "ZA")
"""Where a number that starts with a 0 may be from. North America has its own form."""


def cards(text: str) -> Iterator[Span]:
    """Places of card numbers whose last digit is right (Luhn, ISO/IEC 7812-1)."""
    yield from _matches(CARD, text, lambda found: luhn(_digits(found)))


def ibans(text: str) -> Iterator[Span]:
    """Places of international bank account numbers whose check digits are right (mod 97, ISO 13616)."""
    yield from _matches(IBAN, text, mod_97)


def addresses(text: str) -> Iterator[Span]:
    """Places of IP addresses that stand for one machine: not of loopback, of nobody, or of everybody."""
    for pattern in (IPV4, IPV6):
        for start, end in _matches(pattern, text, _is_address):
            if not NOT_AN_ADDRESS.search(text[max(0, start - BEFORE) : start]):
                yield start, end


def phones(text: str) -> Iterator[Span]:
    """Places of phone numbers that a numbering plan has: international, with a leading 0, in North America's groups, or after "call"."""
    place = reached = 0
    valid = cache(_valid)  # a cell often repeats itself, and an answer takes as long as reading a thousand characters
    while found := PHONE.search(text, place):
        start, end = found.span()
        inside = start - 2 >= reached and text[start - 2].isdigit() and text[start - 1] in " ./-"
        length = _phone_length(text, start, _one_piece(text, start, end) if inside else end, valid)
        if length:
            reached = start + length
            yield start, reached
        place = start + max(length, 1)


def luhn(digits: str) -> bool:
    """Whether the last digit is right."""
    doubled = [int(digit) * 2 for digit in digits[-2::-2]]
    return (sum(map(int, digits[-1::-2])) + sum(each - 9 if each > 9 else each for each in doubled)) % 10 == 0 and len(set(digits)) > 1


def mod_97(account: str) -> bool:
    """Whether the check digits of an IBAN are right."""
    plain = account.replace(" ", "").upper()
    return int("".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])) % 97 == 1


def _matches(pattern: re.Pattern[str], text: str, right: Callable[[str], bool]) -> Iterator[Span]:
    """Places of what a pattern finds and a check allows; a refused one hides none that starts inside of it."""
    place = 0
    while found := pattern.search(text, place):
        good = right(found[0])
        if good:
            yield found.span()
        place = found.end() if good else found.start() + 1


def _is_address(text: str) -> bool:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    if found.version == 6 and (sum(map(bool, text.split(":"))) < FEWEST_GROUPS or not any(map(str.isdigit, text))):
        return False  # "abc::def" is C++ sooner than a machine
    return not (found.is_loopback or found.is_unspecified or found.is_multicast or found.is_reserved)


def _one_piece(text: str, start: int, end: int) -> int:
    """Where the first group of digits ends: after other groups only a number in one piece is one of its own."""
    found = ONE_PIECE.match(text, start, end)
    return found.end() if found else start


def _phone_length(text: str, start: int, end: int, valid: Valid) -> int:
    """Characters of the longest phone number that starts here and ends before ``end``; 0 where there is none."""
    called = bool(CALL.search(text[max(0, start - BEFORE) : start]))
    if not (called or WRITTEN.match(text, start)) or DATE.match(text, start) or DECIMAL.match(text, start):
        return 0
    for stop in _ends(text, start, end):
        candidate = text[start:stop]
        if FEWEST_DIGITS <= len(_digits(candidate)) <= MOST_DIGITS and _is_phone(candidate, called, valid):
            return len(candidate)
    return 0


def _ends(text: str, start: int, end: int) -> list[int]:
    """Where groups of digits end, the last first. No number ends inside of a word, a longer number, or a decimal one."""
    ends = [place for place in range(start + 1, end + 1) if text[place - 1].isdigit() and not text[place : place + 1].isdigit()]
    return [place for place in reversed(ends) if not GOES_ON.match(text, place)]


def _is_phone(candidate: str, called: bool, valid: Valid) -> bool:
    """Whether a number is written as one for phones is, or somebody is called by it, and a numbering plan has it."""
    digits = _digits(candidate)
    if candidate.startswith(("+", "(+")):
        return valid("+" + digits, None)
    if digits.startswith("00"):
        return valid("+" + digits[2:], None)
    if digits.startswith("0"):
        return any(valid(digits, region) for region in REGIONS)
    if NORTH_AMERICAN.fullmatch(candidate):
        return valid(digits, "US")
    return called and (valid(digits, "US") or valid("+" + digits, None))


def _valid(number: str, region: str | None) -> bool:
    """What the numbering plans say (https://github.com/google/libphonenumber)."""
    import phonenumbers

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter in "0123456789")
