"""Texts, or lists of words, as windows of tokens whose places in the text are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.schema import Role
from core.tasks.base import Encoded, TaskModel
from core.tasks.encoding import encode_texts, slices
from core.tasks.spans.windows import NOWHERE, SLICE_CHARACTERS, WindowPacker, offsets_of, windows_of
from core.tasks.spans.word_lists import joined, read_words

NEEDS_OFFSETS = "This model's tokenizer cannot tell where a token stands in the text: use aggregation simple or none, and plain texts."


def encode_for_tags(model: TaskModel, cells: Mapping[str, list[str]], *, words_needed: bool) -> Encoded:
    """Windows of each row. ``extra`` holds ``start`` and ``end`` of the tokens and whether they are ``placed``, the ``texts`` that they
    point into, and for lists of words where each of the ``words`` begins.

    Args:
        words_needed: tokens will be put together to words, which takes offsets.
    """
    lists = [read_words(cell) for cell in cells[Role.TOKENS]] if Role.TOKENS in cells else None
    if not model.tokenizer.is_fast:
        return _without_offsets(model, cells[Role.TOKENS if lists is not None else Role.TEXT], refused=words_needed or lists is not None)
    if lists is None:
        return _with_offsets(model, cells[Role.TEXT], None, None)
    texts, starts = zip(*map(joined, lists), strict=True) if lists else ((), ())
    return _with_offsets(model, list(texts), lists, list(starts))


def _with_offsets(model: TaskModel, texts: list[str], lists: list[list[str]] | None, words: list[list[int]] | None) -> Encoded:
    options, tokenizer = model.options, model.tokenizer
    packer = WindowPacker(tokenizer, model.accepted)
    lost = np.zeros(len(texts), np.int64)
    special = tokenizer.num_special_tokens_to_add(False)
    length = model.cut_at
    room = max(length - special, 1)
    overlap = 0 if options.cut_long_texts else min(room // 4 if options.stride is None else options.stride, room // 2)
    for begin, stop in slices(texts, None, SLICE_CHARACTERS):
        encoding = tokenizer(
            texts[begin:stop] if lists is None else lists[begin:stop],
            is_split_into_words=lists is not None,
            truncation=True,
            max_length=length,
            stride=overlap,
            padding=False,
            return_overflowing_tokens=True,
            return_attention_mask=False,
        )
        before = -1
        for row, window in windows_of(encoding):
            row += begin
            if options.cut_long_texts and row == before:
                lost[row] += len(window.ids) - special
                continue
            packer.add(row, window, *_places(window, None if words is None else words[row]))
            before = row
    return packer.encoded(len(texts), lost, texts=texts, words=words, placed=True)


def _places(window: Any, words: Sequence[int] | None) -> tuple[np.ndarray, np.ndarray]:
    """Start and end of each token in the text of its row; ``NOWHERE`` for special tokens."""
    start, end = offsets_of(window)
    if words is not None:
        shift = np.array([0 if word is None else words[word] for word in window.word_ids], np.int64)
        start, end = start + shift, end + shift
    special = np.array(window.special_tokens_mask, bool)
    return np.where(special, NOWHERE, start), np.where(special, NOWHERE, end)


def _without_offsets(model: TaskModel, texts: list[str], *, refused: bool) -> Encoded:
    """For the few tokenizers that are written in Python: one window a row, tokens without places."""
    encoded = encode_texts(model.tokenizer, texts, None, max_length=model.cut_at, accepted=model.accepted)
    ids = encoded.inputs["input_ids"]
    masks = [model.tokenizer.get_special_tokens_mask(ids[item].tolist(), already_has_special_tokens=True) for item in range(len(ids))]
    flat = np.where(np.fromiter((flag for mask in masks for flag in mask), bool, len(ids.flat)), NOWHERE, 0).astype(np.int32)
    place = type(ids)(flat, ids.start)
    encoded.extra.update(start=place, end=place, texts=texts, words=None, placed=False)
    if refused:
        encoded.refused.update(dict.fromkeys(range(len(texts)), NEEDS_OFFSETS))
    return encoded
