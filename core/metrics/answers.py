"""How well answers agree with the user's own, as the SQuAD evaluation counts it (Rajpurkar et al. 2016 and 2018)."""

from __future__ import annotations

import json
import re
import string
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.metrics.counts import share_figure
from core.metrics.resampling import RESAMPLED_ROWS, mean_figure

ARTICLES = re.compile(r"\b(a|an|the)\b")
PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalise_answer(text: str) -> str:
    """Lower case, without ASCII punctuation and English articles, single spaces: what SQuAD compares."""
    return " ".join(ARTICLES.sub(" ", text.lower().translate(PUNCTUATION)).split())


def exact_match(prediction: str, answers: Sequence[str]) -> float:
    """1 where the prediction equals one of the answers, else 0. No answers at all mean that "" is right."""
    return float(any(normalise_answer(prediction) == normalise_answer(answer) for answer in answers or ("",)))


def answer_f1(prediction: str, answers: Sequence[str]) -> float:
    """Balance of the words shared with the closest answer, 0 to 1; with "" on either side 1 where both are, else 0."""
    return max(_f1(normalise_answer(prediction).split(), normalise_answer(answer).split()) for answer in answers or ("",))


def _f1(predicted: list[str], true: list[str]) -> float:
    if not predicted or not true:
        return float(predicted == true)
    shared = sum((Counter(predicted) & Counter(true)).values())
    return 2 * shared / (len(predicted) + len(true))


def read_answers(cell: str | None, *, blank_is_none: bool = False) -> tuple[str, ...] | None:
    """The right answers that a cell holds: one text, a JSON list of texts, or SQuAD's ``{"text": [...], "answer_start": [...]}``.

    Args:
        blank_is_none: a blank cell says that there is no answer.

    Returns:
        The answers, none of them where the text has no answer; ``None`` where the user says nothing.
    """
    found = read_places(cell, blank_is_none=blank_is_none)
    return None if found is None else tuple(text for text, _ in found)


def read_places(cell: str | None, *, blank_is_none: bool = False) -> tuple[tuple[str, int | None], ...] | None:
    """As :func:`read_answers`, each answer with the character at which it begins in its context, where the cell says so."""
    text = (cell or "").strip()
    if not text:
        return () if blank_is_none else None
    if text[0] in "[{":
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return ((text, None),)
        items = _items(value)
        if items is not None:
            return tuple((answer, start) for answer, start in items if answer.strip())
    return ((text, None),)


def _items(value: object) -> list[tuple[str, int | None]] | None:
    """Texts and starts of a list, of SQuAD's two lists, or of a list of such; ``None`` for anything else."""
    if isinstance(value, dict):
        texts, starts = value.get("text"), value.get("answer_start")
        texts, starts = ([texts], [starts]) if isinstance(texts, str) else (texts, starts)
        if not isinstance(texts, list):
            return None
        starts = starts if isinstance(starts, list) and len(starts) == len(texts) else [None] * len(texts)
        pairs = [(text, start) for text, start in zip(texts, starts, strict=True) if text is not None]
        return [(str(text), start if isinstance(start, int) else None) for text, start in pairs]
    if not isinstance(value, list):
        return None
    found = [_items(item) if isinstance(item, dict) else [(str(item), None)] for item in value if item is not None]
    return [pair for pairs in found for pair in pairs or []]


def answer_metrics(
    truth: Sequence[Sequence[str] | None], prediction: Sequence[str | None], seed: int = 0, *, limit: int = RESAMPLED_ROWS
) -> dict:
    """Exact match and F1 over the rows, and where some rows have no answer, over those with and without one.

    Args:
        truth: the right answers of each row, none where there is no answer; ``None`` leaves the row out.
        seed: of the resampling of rows.
        limit: most different rows that are resampled.

    Returns:
        ``metrics`` {name: {value, low, high, n}} with 95 % intervals, ``notes``.
    """
    rows = [(answers, guess or "") for answers, guess in zip(truth, prediction, strict=True) if answers is not None]
    exact = np.array([exact_match(guess, answers) for answers, guess in rows], np.float64)
    f1 = np.array([answer_f1(guess, answers) for answers, guess in rows], np.float64)
    has = np.array([bool(answers) for answers, _ in rows], bool)
    return {"metrics": figures_of_rows(exact, f1, has, seed, limit=limit), "notes": []}


def figures_of_rows(
    exact: np.ndarray, f1: np.ndarray, has: np.ndarray, seed: int = 0, *, limit: int = RESAMPLED_ROWS
) -> dict[str, dict[str, Any]]:
    """The metrics of :func:`answer_metrics` of rows that are scored already.

    Args:
        exact: exact match of each row, float64 ``[rows]``.
        f1: F1 of each row.
        has: rows that have an answer, bool ``[rows]``.
    """
    figures = {"exact_match": _share(exact), "answer_f1": mean_figure(f1, seed, limit=limit)}
    if not has.all():
        figures |= {"exact_match_answerable": _share(exact[has]), "answer_f1_answerable": mean_figure(f1[has], seed, limit=limit)}
        figures["no_answer_accuracy"] = _share(exact[~has])
    return figures


def _share(values: np.ndarray) -> dict:
    """A share of rows, with Wilson's interval."""
    return share_figure(int(values.sum()), len(values))
