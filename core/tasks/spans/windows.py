"""Texts as overlapping windows of tokens, each token with its place in the text: for the tasks that point into a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from core.tasks.base import Encoded, Ragged

SLICE_CHARACTERS = 1_000_000  # tokenised at once: with places and overlaps the tokenizer's objects take up to 450 bytes a character
NOWHERE = -1  # the place of a token that stands for no text of the user's: a special token, or one of another text


class WindowPacker:
    """Collects windows into an :class:`Encoded`, each with ``start`` and ``end`` of its tokens in ``extra``.

    Args:
        tokenizer: of transformers, a fast one.
        accepted: arguments that the model takes; empty keeps all that the tokenizer gives.
    """

    def __init__(self, tokenizer: Any, accepted: frozenset[str]):
        self._tokenizer = tokenizer
        names = tokenizer.model_input_names
        self._types = "token_type_ids" in names and (not accepted or "token_type_ids" in accepted)
        self._ids: list[Sequence[int]] = []
        self._type_ids: list[Sequence[int]] = []
        self._row: list[int] = []
        self._places: list[np.ndarray] = []

    def add(self, row: int, window: Any, start: np.ndarray, end: np.ndarray) -> None:
        """Adds a window of a row; rows come in order.

        Args:
            window: an ``Encoding`` of the tokenizers library.
            start: int ``[tokens]``; where each token begins in the text, in characters, or ``NOWHERE``.
        """
        self._ids.append(np.asarray(window.ids, np.int32))
        if self._types:
            self._type_ids.append(np.asarray(window.type_ids, np.int32))
        self._row.append(row)
        self._places.append(np.stack([start, end]).astype(np.int32))

    def encoded(self, rows: int, lost: np.ndarray, **extra: Any) -> Encoded:
        """All windows.

        Args:
            lost: for each row the tokens that were not read.
            extra: further values that the task's ``decode`` needs.
        """
        inputs = {"input_ids": _packed(self._ids)}
        if self._types:
            inputs["token_type_ids"] = _packed(self._type_ids)
        row = np.array(self._row, np.int64)
        start, end = (_packed([places[side] for places in self._places]) for side in (0, 1))
        return Encoded(
            inputs=inputs,
            row=row,
            rows=rows,
            lost=lost,
            unknown=_unknown(inputs["input_ids"], self._tokenizer.unk_token_id, row, rows),
            padding={"input_ids": self._tokenizer.pad_token_id or 0, "token_type_ids": self._tokenizer.pad_token_type_id or 0},
            has_padding=self._tokenizer.pad_token_id is not None,
            extra={"start": start, "end": end, **extra},
        )


def windows_of(encoding: Any) -> Iterator[tuple[int, Any]]:
    """Each window of a batch with the position of its row, in order.

    Args:
        encoding: a ``BatchEncoding`` made with ``return_overflowing_tokens``.
    """
    yield from zip(encoding["overflow_to_sample_mapping"], encoding.encodings, strict=True)


def offsets_of(window: Any) -> np.ndarray:
    """int64 ``[2, tokens]``: start and end of each token in its own text."""
    return np.array(window.offsets, np.int64).reshape(-1, 2).T


def items_of(encoded: Encoded, rows: np.ndarray) -> list[range]:
    """Item numbers of each of these rows."""
    first, after = np.searchsorted(encoded.row, rows, "left"), np.searchsorted(encoded.row, rows, "right")
    return [range(low, high) for low, high in zip(first.tolist(), after.tolist(), strict=True)]


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch without the white space at its ends, which some tokenizers count to a word; as it is where nothing else is in it."""
    stretch = text[start:end]
    if not stretch.strip():
        return start, end
    return start + len(stretch) - len(stretch.lstrip()), end - len(stretch) + len(stretch.rstrip())


def _packed(arrays: Sequence[Any]) -> Ragged:
    lengths = np.fromiter((len(array) for array in arrays), np.int64, len(arrays))
    flat = np.concatenate([np.empty(0, np.int32), *arrays])
    return Ragged(flat, np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]))


def _unknown(ids: Ragged, unknown: int | None, row: np.ndarray, rows: int) -> np.ndarray:
    """For each row the tokens that the tokenizer has no piece for, int64; a token read in two windows counts twice, as in the lengths."""
    if unknown is None:
        return np.zeros(rows, np.int64)
    counts = np.concatenate([np.zeros(1, np.int64), np.cumsum(ids.flat == unknown)])
    return np.bincount(row, weights=counts[ids.start[1:]] - counts[ids.start[:-1]], minlength=rows).astype(np.int64)
