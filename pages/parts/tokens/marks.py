"""A token as a coloured piece of Markdown: the text's own characters, with blanks as marks, and nothing in them read as markup."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from core.inspect.tokens.shapes import BYTES, PART, SPACE, SPECIAL, START, UNKNOWN, WORD, Segment, TextTokens, Token
from pages.parts.text import plain, visible

COLOURS: Mapping[str, tuple[str, ...]] = {
    WORD: ("blue", "green"),
    START: ("blue", "green"),
    PART: ("blue", "green"),
    SPACE: ("gray",),
    BYTES: ("orange",),
    UNKNOWN: ("red",),
    SPECIAL: ("violet",),
}
BLANKS: Mapping[str, str] = {" ": "·", "\t": "→", "\n": "↵", "\r": "␍", "\u00a0": "⍽", "\u3000": "□"}
NO_LETTER = "◌"
MOST_LETTERS = 2_000
LEGEND = (
    ":blue-background[blue] and :green-background[green] take turns, so that neighbours can be told apart · "
    ":red-background[red, **unknown**] has no piece in the vocabulary · :orange-background[orange, **bytes**] is written byte by byte · "
    ":violet-background[violet] is a control token · :gray[· space  ↵ line break  → tab  ◌ a mark without its letter]"
)


def piece(found: TextTokens, segment: Segment, turn: int, *, after: str = "") -> str:
    """A stretch of the text with its tokens' colour and, where colour alone would have to tell, a word.

    Args:
        turn: number of the stretch, which decides between colours that take turns.
        after: characters behind it that no token stands for.
    """
    tokens = [found.tokens[number] for number in segment.tokens]
    text = marks(found.text[segment.start : segment.end])
    if not tokens:
        return gap(found.text[segment.start : segment.end])
    colours = COLOURS[tokens[0].kind]
    more = f" :small[**{word}**]" if (word := _word(tokens)) else ""
    return f":{colours[turn % len(colours)]}-background[{text}{more}]{gap(after) if after else ''}"


def added(token: Token) -> str:
    """A token that stands for no character of the text."""
    return f":violet-badge[{plain(token.token, 40)}]" if token.added else f":gray-badge[{plain(token.token, 40)}]"


def gap(text: str) -> str:
    """Characters that no token stands for, in grey; letters among them are struck through: the model does not see them."""
    return f":gray[{marks(text)}]" if not text.strip() else f":gray[~~{marks(text.strip())}~~]"


def marks(text: str) -> str:
    """Every character of a text on one line: blanks and invisible ones as marks, the others as they are."""
    shown = "".join(BLANKS.get(letter, letter) for letter in text[:MOST_LETTERS])
    if shown and (unicodedata.combining(shown[0]) or shown[0] in "\u200d\ufe0f"):
        shown = NO_LETTER + shown
    return plain(shown, MOST_LETTERS) + ("…" if len(text) > MOST_LETTERS else "")


def cell(text: str) -> str:
    """The same for a grid, which reads no Markdown."""
    return visible("".join(BLANKS.get(letter, letter) for letter in text))


def _word(tokens: Sequence[Token]) -> str:
    """What colour alone would have to say."""
    words = []
    if tokens[0].kind == UNKNOWN:
        words.append("unknown")
    if len(tokens) > 1:
        words.append(f"{len(tokens)} {'bytes' if all(token.kind == BYTES for token in tokens) else 'tokens'}")
    elif tokens[0].kind == BYTES:
        words.append("bytes")
    elif tokens[0].kind == SPECIAL:
        words.append("control")
    if any(token.cut for token in tokens):
        words.append("not read")
    return ", ".join(words) + ("?" if any(not token.sure for token in tokens) else "")


def reads_from_right(text: str) -> bool:
    """Whether a text has letters of scripts that are written from right to left."""
    return any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text)


def in_lines(found: TextTokens, first: int, last: int) -> list[list[tuple[Segment | Token, str]]]:
    """The tokens ``first`` to before ``last`` line by line, each with the characters behind it that no token stands for.

    A token that holds a line break ends its line.
    """
    lines: list[list[tuple[Segment | Token, str]]] = [[]]
    at = 0
    for item in _in_order(found):
        blank = isinstance(item, Segment) and not item.tokens
        if not blank:
            at = item.place if isinstance(item, Token) else item.tokens[0]
        if not first <= at < last:
            continue
        text = found.text[item.start : item.end] if isinstance(item, Segment) else ""
        behind = lines[-1][-1] if lines[-1] else None
        if blank and behind and isinstance(behind[0], Segment) and behind[0].tokens:
            lines[-1][-1] = (behind[0], text)
        else:
            lines[-1].append((item, ""))
        if "\n" in text:
            lines.append([])
    return [line for line in lines if line]


def _in_order(found: TextTokens) -> list[Segment | Token]:
    """Stretches of the text, and between them the tokens that stand for none of it: opening ones first, the others behind blanks."""
    items: list[tuple[tuple[int, int, int], Segment | Token]] = []
    at = 0
    for token in found.tokens:
        if token.end is None:
            items.append(((at, 0 if at else -2, token.place), token))
        else:
            at = max(at, token.end)
    for segment in found.segments:
        first = (0, segment.tokens[0]) if segment.tokens else (-1, 0)
        items.append(((segment.start, *first), segment))
    return [item for _, item in sorted(items, key=lambda each: each[0])]
