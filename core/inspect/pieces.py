"""Single tokens as the text that they add to a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

UNREADABLE = "\ufffd"


class Pieces:
    """The text of each token of a tokenizer, special tokens by their names.

    A token alone would lose the space before its word (SentencePiece, WordPiece), so it is decoded behind a letter. A token that is no
    whole character has its name in the vocabulary: ``<0xE6>``.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._special = frozenset(tokenizer.all_special_ids)
        self._anchor = [token for token in tokenizer("a", add_special_tokens=False)["input_ids"] if token not in self._special][-1:]
        self._before = tokenizer.decode(self._anchor)
        self._known: dict[int, str] = {}

    def special(self, token: int) -> bool:
        """Whether it stands for no text of anybody: a start, an end, a gap."""
        return token in self._special

    def __getitem__(self, token: int) -> str:
        if token not in self._known:
            self._known[token] = self._text(token)
        return self._known[token]

    def decode(self, ids: Sequence[int]) -> str:
        """Several tokens together, without special ones."""
        return self._tokenizer.decode(list(ids), skip_special_tokens=True)

    def _text(self, token: int) -> str:
        if token in self._special:
            return self._tokenizer.decode([token])
        whole = self._tokenizer.decode([*self._anchor, token])
        text = whole[len(self._before) :] if whole.startswith(self._before) else self._tokenizer.decode([token])
        if text and UNREADABLE not in text:
            return text
        name = self._tokenizer.convert_ids_to_tokens(token) if token < len(self._tokenizer) else None
        return str(name) if name else f"<{token}>"  # models round the size of their head up: some numbers name no token


def places_of(tokenizer: Any, text: str, count: int, **how: Any) -> list[tuple[int, int] | None]:
    """Where each token stands in the text, as the tokenizer tells it: ``None`` for special tokens, and for all where it cannot tell.

    Args:
        count: tokens that the text has under these settings.
        how: the settings of the tokenizer's call.
    """
    if not getattr(tokenizer, "is_fast", False):
        return [None] * count
    encoding = tokenizer(text, return_offsets_mapping=True, return_special_tokens_mask=True, **how)
    pairs = zip(encoding["offset_mapping"], encoding["special_tokens_mask"], strict=True)
    places = [None if special else (int(start), int(end)) for (start, end), special in pairs]
    return places if len(places) == count else [None] * count
