"""Guesses the encoding of bytes that are not Unicode, from a sample of at most 64 kB."""

from __future__ import annotations

import codecs
import re

# Offered to the user, and the only ones that are guessed among.
OFFERED = (
    "utf-8", "utf-16", "cp1252", "iso8859-15", "cp1250", "cp1251", "koi8-r", "cp1253", "cp1254", "cp1255", "cp1256", "mac-roman", "cp437",
    "cp850", "cp932", "euc-jp", "gb18030", "big5", "cp949",
)  # fmt: skip
EAST_ASIAN = ("cp932", "euc-jp", "gb18030", "big5", "cp949")
# The characters that make up a fifth or more of any text in the language, and hardly ever appear in one decoded wrongly.
KANA = "".join(map(chr, (*range(0x3041, 0x3097), *range(0x30A1, 0x30FB), 0x30FC))) + "。、"
SIMPLIFIED = (
    "的一是不了人我在有他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生自会那后能对着事其里所去行过家十用发天如然"
    "作方成者多日都三小军二无同么经法当起与好看学进种将还分此心前面又定见只主没公从很太非常，。"
)
TRADITIONAL = (
    "的一是不了人我在有他這為之大來以個中上們到說國和地也子時道出而要於就下得可你年生自會那後能對著事其裡所去行過家十用發天如然"
    "作方成者多日都三小軍二無同麼經法當起與好看學進種將還分此心前面又定見只主沒公從很太非常，。"
)
HANGUL = "이다는을의가에고하지로한기은도를나사어서인자리시스대아라그과해만있것수들습니요"
COMMON = {"cp932": KANA, "euc-jp": KANA, "gb18030": SIMPLIFIED, "big5": TRADITIONAL, "cp949": HANGUL}
ENOUGH_COMMON = 0.2
# What cp1252 makes of the letters of other encodings; rare in Western text.
ODD = set("ŠŽƒ†‡ˆ‰¤¦§¨©ª¬¯²³µ¶¸¹¼½¾ÐÞðþ×÷¢¥")
MOST_ODD = 0.2
RUN = re.compile(rb"[\x80-\xff]{3,}")


def guess_legacy(sample: bytes) -> str:
    """The likeliest encoding; ``cp1252`` where nothing tells.

    Statistics over a few accents get Western text wrong, and mix up East Asian encodings: those are told apart first, by
    how accents stand alone between letters, and by characters without which no East Asian text does.

    Args:
        sample: lines with bytes beyond ASCII.
    """
    western = reads_western(sample)
    if western and _accents_stand_alone(sample):
        return "cp1252"
    shares = {encoding: _share_of_common(sample, encoding) for encoding in EAST_ASIAN}
    best = max(shares, key=lambda encoding: shares[encoding])
    if shares[best] >= ENOUGH_COMMON:
        return best
    from charset_normalizer import from_bytes

    single_bytes = [name for name in OFFERED if name not in ("utf-8", "utf-16", *EAST_ASIAN)]
    found = from_bytes(sample, cp_isolation=single_bytes, steps=10, chunk_size=1024).best()
    if found is None:
        return "cp1252" if western else "iso8859-1"
    return codecs.lookup(found.encoding).name


def reads_western(sample: bytes) -> bool:
    """Whether cp1252 makes letters and quotation marks of it, not signs."""
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        return False
    return sum(character in ODD for character in text) <= MOST_ODD * max(1, sum(ord(character) > 127 for character in text))


def _accents_stand_alone(sample: bytes) -> bool:
    """Western words have an accent here and there; those of other scripts consist of bytes beyond ASCII."""
    high = sum(byte > 0x7F for byte in sample)
    letters = sum(65 <= byte <= 90 or 97 <= byte <= 122 for byte in sample)
    return high < 0.4 * max(letters, 1) and sum(map(len, RUN.findall(sample))) < 0.25 * high


def _share_of_common(sample: bytes, encoding: str) -> float:
    text = sample.decode(encoding, "replace")
    beyond = [character for character in text if ord(character) > 127]
    if text.count("\ufffd") > 0.02 * len(beyond):
        return 0.0
    common = set(COMMON[encoding])
    return sum(character in common for character in beyond) / max(1, len(beyond))
