"""What a model reads of a row, token by token, and the words and tokens in it that a value can be given to."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import regex

from core.tasks import Encoded
from core.tasks.encoding import cutting
from core.tasks.spans.windows import NOWHERE, trimmed

Level = Literal["word", "token"]
NO_CELL = ""
WORD = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*"  # scripts without spaces between words
    r"|[\p{L}\p{N}\p{M}_]+(?:['’.\-][\p{L}\p{N}\p{M}_]+)*"
    r"|(?!\s)\X"
)


@dataclass(frozen=True)
class Unit:
    """A word or a token of the text.

    Args:
        text: as it stands in the text; the tokenizer's own name of a token whose place is not known.
        cell: name of the text that it stands in.
        start: its first character there, ``NOWHERE`` where that is not known.
        end: after its last one.
        tokens: its places among the tokens that the model reads.
    """

    text: str
    cell: str
    start: int
    end: int
    tokens: tuple[int, ...]


@dataclass(frozen=True)
class Reading:
    """One item as the model reads it.

    Args:
        inputs: argument of the model to int64 ``[tokens]``; ``input_ids`` among them, the mask not.
        texts: name of each text to the text that the places point into.
        cell: name of the text of each token; ``NO_CELL`` for tokens that are never hidden: special ones, gaps, what is to be written.
        start: int64 ``[tokens]``; first character of each token in its text, ``NOWHERE`` where not known.
        end: after its last character.
        lost: tokens of the row that did not fit the model.
    """

    inputs: dict[str, np.ndarray]
    texts: dict[str, str]
    cell: tuple[str, ...]
    start: np.ndarray
    end: np.ndarray
    lost: int = 0

    @property
    def ids(self) -> np.ndarray:
        return self.inputs["input_ids"]

    @property
    def placed(self) -> bool:
        """Whether the places of the tokens in the texts are known."""
        return all(start != NOWHERE for start, cell in zip(self.start, self.cell, strict=True) if cell)

    def units(self, level: Level, tokenizer: Any) -> list[Unit]:
        """Everything that can get a value, in the order of the text.

        Tokens of which none begins a new word share one: pieces of a word, bytes of a character, and words that one token joins.
        """
        tokens = [position for position, cell in enumerate(self.cell) if cell]
        if level == "token" or not self.placed:
            return [self._unit((position,), tokenizer) for position in tokens]
        groups: list[list[int]] = []
        before: tuple[str, int] | None = None
        numbers = {name: _word_numbers(text) for name, text in self.texts.items()}
        for position in tokens:
            first, last = _words_of(numbers[self.cell[position]], int(self.start[position]), int(self.end[position]))
            if before is None or before != (self.cell[position], first):
                groups.append([])
            groups[-1].append(position)
            before = (self.cell[position], last)
        return [self._unit(tuple(group), tokenizer) for group in groups]

    def first(self, tokens: int) -> Reading:
        """Only the first tokens."""
        inputs = {name: values[:tokens] for name, values in self.inputs.items()}
        return Reading(inputs, self.texts, self.cell[:tokens], self.start[:tokens], self.end[:tokens], self.lost)

    def _unit(self, tokens: tuple[int, ...], tokenizer: Any) -> Unit:
        cell, start, end = self.cell[tokens[0]], int(self.start[tokens[0]]), int(max(self.end[position] for position in tokens))
        if start == NOWHERE:
            return Unit(str(tokenizer.convert_ids_to_tokens(int(self.ids[tokens[0]]))), cell, NOWHERE, NOWHERE, tokens)
        text = self.texts[cell]
        low, high = trimmed(text, start, end)
        while high < len(text) and unicodedata.combining(text[high]):  # marks that the tokenizer strips
            high += 1
        return Unit(text[low:high], cell, low, high, tokens)


def item_of(encoded: Encoded, item: int) -> dict[str, np.ndarray]:
    """The arguments of one item, int64 ``[tokens]`` each."""
    return {name: values[item].astype(np.int64) for name, values in encoded.inputs.items()}


def read(
    tokenizer: Any,
    encoded: Encoded,
    item: int,
    texts: Sequence[tuple[str, str]],
    *,
    fixed: Sequence[str] = (),
    cut: Literal["left", "right"] | None = None,
    special_tokens: bool = True,
    truncation: bool | str = True,
) -> Reading:
    """One item of an encoding with the places of its tokens.

    Args:
        texts: name and text of what was tokenised: one text or a pair.
        fixed: names of texts whose tokens are never hidden.
        cut: the side at which the task cuts; the tokenizer's own where ``None``.
        special_tokens: as the task tokenised.
        truncation: as the task tokenised.
    """
    inputs = item_of(encoded, item)
    ids = inputs["input_ids"]
    lost = int(encoded.lost[encoded.row[item]])
    shown = dict(texts)
    if tokenizer.is_fast:
        with cutting(tokenizer, cut):
            again = tokenizer(
                *(text for _, text in texts if text.strip()) if len(texts) > 1 else (texts[0][1],),
                truncation=truncation,
                max_length=max(len(ids), 1),
                return_offsets_mapping=True,
                add_special_tokens=special_tokens,
            )
        if list(again["input_ids"]) == ids.tolist():
            numbers, offsets = again.sequence_ids(0), np.array(again["offset_mapping"], np.int64).reshape(-1, 2)
            names = [NO_CELL if number is None else texts[number][0] for number in numbers]
            return Reading(inputs, shown, _hideable(tokenizer, ids, names, fixed), offsets[:, 0], offsets[:, 1], lost)
    nowhere = np.full(len(ids), NOWHERE, np.int64)
    return Reading(inputs, shown, _hideable(tokenizer, ids, [texts[0][0]] * len(ids), fixed), nowhere, nowhere, lost)


def placed_at(encoded: Encoded, item: int, cell: str, text: str, tokenizer: Any, others: dict[str, str] | None = None) -> Reading:
    """One window of an encoding that carries places (``start`` and ``end`` in ``extra``); what has none is never hidden."""
    inputs = item_of(encoded, item)
    start, end = (encoded.extra[side][item].astype(np.int64) for side in ("start", "end"))
    names = [NO_CELL if place == NOWHERE else cell for place in start]
    if not encoded.extra.get("placed", True):
        start = end = np.full(len(start), NOWHERE, np.int64)
    cells = _hideable(tokenizer, inputs["input_ids"], names, ())
    return Reading(inputs, {**(others or {}), cell: text}, cells, start, end, int(encoded.lost[encoded.row[item]]))


def _hideable(tokenizer: Any, ids: np.ndarray, names: Sequence[str], fixed: Sequence[str]) -> tuple[str, ...]:
    """The cell of each token, or ``NO_CELL``. A word that the tokenizer does not know is the user's text all the same."""
    special = set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}
    return tuple(NO_CELL if name in fixed or int(token) in special else name for token, name in zip(ids, names, strict=True))


def _word_numbers(text: str) -> np.ndarray:
    """int64 ``[characters]``: number of the word that each character belongs to, ``NOWHERE`` for white space."""
    numbers = np.full(len(text), NOWHERE, np.int64)
    for number, match in enumerate(WORD.finditer(text)):
        numbers[match.start() : match.end()] = number
    return numbers


def _words_of(numbers: np.ndarray, start: int, end: int) -> tuple[int, int]:
    """Numbers of the first and of the last word in a stretch; white space alone belongs to the word before it."""
    inside = numbers[start:end]
    inside = inside[inside != NOWHERE]
    if len(inside):
        return int(inside[0]), int(inside[-1])
    before = numbers[:start]
    before = before[before != NOWHERE]
    last = int(before[-1]) if len(before) else 0
    return last, last
