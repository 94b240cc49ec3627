"""Bulk tokenisation, shared by the tasks that read one text or a pair of texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np

from core.tasks.base import Encoded, Ragged

SLICE_ROWS = 4_096  # the tokenizer's own objects take some 100 bytes a token: a slice of rows at a time, at the speed of one call
SLICE_CHARACTERS = 8_000_000
NOT_PACKED = frozenset({"attention_mask", "special_tokens_mask"})


def encode_texts(
    tokenizer: Any,
    texts: list[str],
    pairs: list[str] | None,
    *,
    max_length: int,
    accepted: frozenset[str] = frozenset(),
    truncation: bool | str = True,
    cut: Literal["left", "right"] | None = None,
    special_tokens: bool = True,
) -> Encoded:
    """Tokenises texts, or pairs of texts, cut to ``max_length`` tokens; one item per row.

    A row whose second text is blank is tokenised as its first text alone.

    Args:
        accepted: arguments that the model takes; what else the tokenizer gives is left out. Empty keeps all.
        truncation: which text of a pair is cut, as transformers has it; ``True`` cuts the longer one.
        cut: the side at which texts that are too long lose tokens; the tokenizer's own where ``None``.
        special_tokens: add those that the tokenizer puts around a text; false for texts that bring their own.
    """
    packs: dict[str, list[Ragged]] = {}
    lost = np.zeros(len(texts), np.int64)
    for start, stop in slices(texts, pairs):
        second = pairs[start:stop] if pairs is not None else None
        with cutting(tokenizer, cut):
            encoding = _tokenise(
                tokenizer, texts[start:stop], second, truncation=truncation, max_length=max_length, add_special_tokens=special_tokens
            )
        for name, lists in encoding.items():
            if name not in NOT_PACKED and (not accepted or name in accepted or name == "input_ids"):
                packs.setdefault(name, []).append(Ragged.of(lists))
        lengths = packs["input_ids"][-1].lengths
        _count_lost(tokenizer, texts[start:stop], second, lengths, max_length, lost[start:stop], special_tokens)
    inputs = {name: Ragged.join(parts) for name, parts in packs.items()} or {"input_ids": Ragged.join([])}
    return Encoded(
        inputs=inputs,
        row=np.arange(len(texts)),
        rows=len(texts),
        lost=lost,
        unknown=_count_unknown(inputs["input_ids"], tokenizer.unk_token_id),
        padding={"input_ids": tokenizer.pad_token_id or 0, "token_type_ids": getattr(tokenizer, "pad_token_type_id", 0) or 0},
        has_padding=tokenizer.pad_token_id is not None,
    )


def _tokenise(tokenizer: Any, texts: list[str], pairs: list[str] | None, **how: Any) -> Mapping[str, list[list[int]]]:
    """Token numbers and whatever else the tokenizer gives, row by row, in one call; in two where only some rows have a second text."""
    how |= {"padding": False, "return_attention_mask": False}
    paired = [bool(pair.strip()) for pair in pairs] if pairs is not None else [False] * len(texts)
    if all(paired) or not any(paired):
        return tokenizer(texts, pairs if any(paired) else None, **how)
    both = [index for index, has in enumerate(paired) if has]
    alone = [index for index, has in enumerate(paired) if not has]
    with_pair = tokenizer([texts[index] for index in both], [pairs[index] for index in both], **how)
    without = tokenizer([texts[index] for index in alone], None, **how)
    rows = np.argsort([*both, *alone])
    joined = {name: [*with_pair[name], *without[name]] for name in with_pair}
    return {name: [lists[row] for row in rows] for name, lists in joined.items()}


def slices(texts: list[str], pairs: list[str] | None, most_characters: int = SLICE_CHARACTERS) -> list[tuple[int, int]]:
    """Cuts the rows into slices of bounded count and bounded characters."""
    slices, start, characters = [], 0, 0
    for index, text in enumerate(texts):
        characters += len(text) + (len(pairs[index]) if pairs is not None else 0)
        if index + 1 - start >= SLICE_ROWS or characters >= most_characters:
            slices.append((start, index + 1))
            start, characters = index + 1, 0
    if start < len(texts):
        slices.append((start, len(texts)))
    return slices


@contextmanager
def cutting(tokenizer: Any, side: str | None) -> Iterator[None]:
    """Sets the side at which a tokenizer cuts, for a while: other tasks may share it."""
    before = getattr(tokenizer, "truncation_side", "right")
    tokenizer.truncation_side = side or before
    try:
        yield
    finally:
        tokenizer.truncation_side = before


def _count_lost(
    tokenizer: Any,
    texts: list[str],
    pairs: list[str] | None,
    lengths: np.ndarray,
    max_length: int,
    lost: np.ndarray,
    special_tokens: bool,
) -> None:
    """Writes the tokens cut from each row into ``lost``: rows that fill the model are tokenised once more, without a limit."""
    full = np.flatnonzero(lengths >= max_length)
    if not len(full):
        return
    second = [pairs[index] for index in full] if pairs is not None else None
    how = {"truncation": False, "verbose": False, "add_special_tokens": special_tokens}
    whole = _tokenise(tokenizer, [texts[index] for index in full], second, **how)
    lost[full] = [len(item) for item in whole["input_ids"]] - lengths[full]


def _count_unknown(ids: Ragged, unknown: int | None) -> np.ndarray:
    if unknown is None or not len(ids):
        return np.zeros(len(ids), np.int64)
    counts = np.concatenate([np.zeros(1, np.int64), np.cumsum(ids.flat == unknown)])
    return counts[ids.start[1:]] - counts[ids.start[:-1]]
