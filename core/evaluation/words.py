"""What a paired test means, in a sentence."""

from __future__ import annotations

from typing import Any

from core.metrics import DEFINITIONS
from core.tables.problems import number_of
from core.tasks.scoring import LOWER_IS_BETTER

POINTS = frozenset({"accuracy", "same_labels", "exact_match", "exact_text", "answer_f1", "entity_f1", "rouge_l"})
"""Figures between 0 and 1, whose differences are told in hundredths."""

TITLES = {"same_labels": "Same labels", "absolute_error": "Absolute error", "surprisal": "Surprisal for each token"}
BY_RIGHT = frozenset({"accuracy", "same_labels", "exact_match", "exact_text"})
"""Figures that McNemar's test is about: shares of rows that are right."""

ALPHA = 0.05


def verdict(paired: dict[str, Any], name: str, first: str = "A", second: str = "B") -> str:
    """Which of two runs is better in one figure, by how much, and whether chance could have done it.

    Args:
        paired: of :func:`core.comparison.compare`.
        name: one of its ``differences``.
        first: what to call the first run.
    """
    figure, p = paired["differences"][name], paired["mcnemar"] if name in BY_RIGHT else None
    value = figure["value"]
    if value is None:
        return f"{title_of(name)}: not defined on these rows."
    numbers = _numbers(figure, name, flip=(value < 0), p=p)
    if not _is_sure(figure, p):
        return f"{title_of(name)}: {first} and {second} cannot be told apart on {number_of(figure['n'], 'row')} ({numbers})."
    better, worse = (second, first) if (value > 0) != (name in LOWER_IS_BETTER) else (first, second)
    return f"{title_of(name)}: {better} is better than {worse} by {_size(abs(value), name)} on {number_of(figure['n'], 'row')} ({numbers})."


def title_of(name: str) -> str:
    """A figure's name for people."""
    return DEFINITIONS[name].title if name in DEFINITIONS else TITLES.get(name, name)


def p_words(p: float | None, *, equals: str = "") -> str:
    """A p-value, to as many digits as decide anything: ``< 0.001``, ``0.012``, ``0.42``; a dash where there is none.

    Args:
        equals: what stands before a value, in a sentence.
    """
    if p is None:
        return "–"
    return "< 0.001" if p < 0.001 else f"{equals}{p:.{3 if p < 0.1 else 2}f}"


def _is_sure(figure: dict[str, Any], p: float | None) -> bool:
    """By the exact test where there is one; else by whether the interval leaves 0 out."""
    if p is not None:
        return p < ALPHA
    return figure["low"] is not None and (figure["low"] > 0 or figure["high"] < 0)


def _numbers(figure: dict[str, Any], name: str, *, flip: bool, p: float | None) -> str:
    """The interval of the size of the difference, and p."""
    said = []
    if figure["low"] is not None:
        low, high = (-figure["high"], -figure["low"]) if flip else (figure["low"], figure["high"])
        said.append(f"95 % interval {_plain(low, name)} to {_size(high, name)}")
    elif figure["value"] == 0:
        said.append("no difference")
    if p is not None:
        said.append(f"McNemar p {p_words(p, equals='= ')}")
    return ", ".join(said) or "the same on every row"


def _size(value: float, name: str) -> str:
    return f"{_plain(value, name)} points" if name in POINTS else _plain(value, name)


def _plain(value: float, name: str) -> str:
    return f"{100 * value:.1f}" if name in POINTS else f"{value:.4g}"


def resampled_note(what: str, rows: int, limit: int) -> str:
    """That only so many rows were used; empty where all were.

    Args:
        what: the start of the sentence: "The ranges come from".
    """
    return f"{what} {limit:,} of the {rows:,} rows, drawn at random (SHEETFORMER_RESAMPLED_ROWS)." if rows > limit else ""
