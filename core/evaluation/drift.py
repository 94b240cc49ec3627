"""How a new table differs from the one that a model learned from, in words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np

from core.errors import BadInput
from core.evaluation.columns import Coded, Sheet
from core.evaluation.results import Drift, DriftFinding
from core.metrics.drift import LEAST, UNSEEN_SIZES, Shift, bins_of, distance, homogeneity, sized, stability, unseen_share
from core.metrics.labels import normalised
from core.settings import Settings

WORD = re.compile(r"\w+")
WORDS = 200
SHOWN = 10
ORDER = ("none", "small", "moderate", "large")
TOO_FEW = f"Fewer than {LEAST} rows on one side: too few to tell."
WORDS_NOTE = "Words of one text come together, so the p of the vocabulary is too small; its size counts."


def drift(settings: Settings, train: Path, new: Path, columns: Mapping[str, str], new_columns: Mapping[str, str] | None = None) -> Drift:
    """Lengths, vocabulary and scores of two tables, with a statistic and its size for each.

    Args:
        train: the table that the model learned from, or that it was first measured on.
        columns: of ``train``: any of text, prediction, confidence, label.
        new_columns: of ``new``; the same where ``None``.

    Raises:
        BadInput: a column is not there, or none is named in both.
        NotFound: no such table.
    """
    sheets, named = (Sheet.open(train), Sheet.open(new)), (columns, columns if new_columns is None else new_columns)
    both = [part for part in ("text", "prediction", "confidence", "label") if all(part in names for names in named)]
    if not both:
        raise BadInput("a column for text, prediction, confidence or label in both tables", "none", "Name one.")
    rows = [_drawn(settings, sheet) for sheet in sheets]
    findings: list[DriftFinding] = []
    for part in both:
        if part == "confidence":
            one, other = (sheet.numbers([names[part]])[kept, 0] for sheet, names, kept in zip(sheets, named, rows, strict=True))
            findings.append(_confidences(one[np.isfinite(one)], other[np.isfinite(other)]))
            continue
        coded = [sheet.coded(names[part]) for sheet, names in zip(sheets, named, strict=True)]
        findings += _texts(coded, rows) if part == "text" else [_labels("prediction" if part == "prediction" else "label", coded, rows)]
    notes = [WORDS_NOTE] if "text" in both else []
    if any(len(kept) < sheet.rows for kept, sheet in zip(rows, sheets, strict=True)):
        notes.append(f"At most {settings.drift_rows:,} rows of each table, drawn at random (SHEETFORMER_DRIFT_ROWS).")
    return Drift(
        train_rows=sheets[0].rows, new_rows=sheets[1].rows, sentence=_sentence(findings), findings=tuple(findings), notes=tuple(notes)
    )


def _drawn(settings: Settings, sheet: Sheet) -> np.ndarray:
    if sheet.rows <= settings.drift_rows:
        return np.arange(sheet.rows)
    return np.sort(np.random.default_rng(0).choice(sheet.rows, settings.drift_rows, replace=False))


def _sentence(findings: list[DriftFinding]) -> str:
    known = [each for each in findings if each.size in ORDER]
    if not known:
        return "Nothing can be said: the tables are too small."
    moved = [each for each in known if each.size != "none"]
    if not moved:
        return "Nothing that was compared has moved: the new table looks like the first one."
    worst = max(moved, key=lambda each: ORDER.index(each.size))
    return f"{len(moved)} of {len(known)} properties have moved; most of all: {worst.sentence}"


def _texts(coded: list[Coded], rows: list[np.ndarray]) -> list[DriftFinding]:
    """Length, vocabulary and unknown words. Each distinct text is read once."""
    words = [[WORD.findall(value.casefold()) for value in column.values] for column in coded]
    lengths, counts = [], []
    for column, found, kept in zip(coded, words, rows, strict=True):
        codes = column.codes[kept]
        codes = codes[codes >= 0]
        times = np.bincount(codes, minlength=len(column.values))
        sizes = np.array([len(each) for each in found], np.int64)
        lengths.append(np.repeat(sizes, times))
        counter: Counter[str] = Counter()
        for each, often in zip(found, times.tolist(), strict=True):
            for word in each if often else ():
                counter[word] += often
        counts.append(counter)
    return [_lengths(*lengths), _vocabulary(*counts), _unseen(*counts)]


def _lengths(first: np.ndarray, second: np.ndarray) -> DriftFinding:
    shift = distance(first, second)
    if shift.statistic is None:
        return _unknown("length", "Length of the texts", "Kolmogorov-Smirnov distance")
    middle, now = float(np.median(first)), float(np.median(second))
    inner, one, other = bins_of(first, second)
    how = f"{now:.0f} words in the middle of the new table, {middle:.0f} in the first"
    sentence = f"The texts are as long as before ({how})." if shift.size == "none" else f"The texts are {_longer(first, second)} ({how})."
    return _finding(
        "length", "Length of the texts", sentence, "Kolmogorov-Smirnov distance", shift, _ranges(inner, "{:.0f}", "words"), one, other
    )


def _longer(first: np.ndarray, second: np.ndarray) -> str:
    change = second.mean() / first.mean() if first.mean() else np.inf
    return "longer" if change > 1.02 else "shorter" if change < 0.98 else "of other lengths"


def _vocabulary(first: Counter[str], second: Counter[str]) -> DriftFinding:
    """Shares of the most frequent words of both, all others as one."""
    title, test = f"Words (the {WORDS} most frequent)", "Cramer's V, chi-square"
    frequent = [word for word, _ in (first + second).most_common(WORDS)]
    totals = [sum(counts.values()) for counts in (first, second)]
    if min(totals) < LEAST:
        return _unknown("vocabulary", title, test)
    one, other = (np.array([counts[word] for word in frequent] + [0], np.float64) for counts in (first, second))
    one[-1], other[-1] = totals[0] - one.sum(), totals[1] - other.sum()
    shift = homogeneity(one, other)
    shares = one / totals[0], other / totals[1]
    change = np.abs(shares[1] - shares[0])[:-1]
    order = np.argsort(-change, kind="stable")[:SHOWN]
    risen = [frequent[at] for at in order if shares[1][at] > shares[0][at]][:3]
    fallen = [frequent[at] for at in order if shares[1][at] < shares[0][at]][:3]
    moved = "; ".join(f"{what}: {', '.join(words)}" for what, words in (("more often", risen), ("less often", fallen)) if words)
    sentence = "The words are used as often as before." if shift.size == "none" else f"Words are used differently ({moved})."
    shown = [frequent[at] for at in order]
    return _finding("vocabulary", title, sentence, test, shift, shown, shares[0][order], shares[1][order])


def _unseen(first: Counter[str], second: Counter[str]) -> DriftFinding:
    title, test = "Words that the first table does not have", "Share of the words, beyond Good and Turing's expectation"
    if min(sum(first.values()), sum(second.values())) < LEAST:
        return _unknown("unseen", title, test)
    share, expected = unseen_share(first, second)
    beyond = share - expected
    new = [word for word, _ in second.most_common() if word not in first][:SHOWN]
    numbers = f"{100 * share:.1f} % of its words; {100 * expected:.1f} % would be expected of more texts like the first"
    size = sized(beyond, 0.0, UNSEEN_SIZES)
    sentence = (
        f"The new table brings no more unknown words than expected ({numbers})."
        if size == "none"
        else f"The new table brings words that the first does not have ({numbers}), such as {', '.join(new[:3])}."
    )
    total = sum(second.values())
    shift = Shift(share, None, size)
    return _finding("unseen", title, sentence, test, shift, new, np.zeros(len(new)), np.array([second[word] / total for word in new]))


def _labels(what: Literal["prediction", "label"], coded: list[Coded], rows: list[np.ndarray]) -> DriftFinding:
    title, test = ("Predictions" if what == "prediction" else "Your labels"), "Population stability index, chi-square"
    counts = [_counts(column, kept) for column, kept in zip(coded, rows, strict=True)]
    labels = sorted(counts[0] | counts[1], key=lambda label: (-counts[0][label] - counts[1][label], label))
    one, other = (np.array([each[label] for label in labels], np.float64) for each in counts)
    if not len(labels) or min(one.sum(), other.sum()) < LEAST:
        return _unknown(what, title, test)
    shift = stability(one, other) if len(labels) > 1 else Shift(0.0, 1.0, "none")
    shares = one / one.sum(), other / other.sum()
    most = int(np.argmax(np.abs(shares[1] - shares[0])))
    words = f"{labels[most]}: {100 * shares[1][most]:.1f} % instead of {100 * shares[0][most]:.1f} %"
    sentence = f"{title} are spread as before." if shift.size == "none" else f"{title} are spread differently ({words})."
    return _finding(what, title, sentence, test, shift, labels[: WORDS // 4], shares[0][: WORDS // 4], shares[1][: WORDS // 4])


def _counts(column: Coded, rows: np.ndarray) -> Counter[str]:
    codes = column.codes[rows]
    times = np.bincount(codes[codes >= 0], minlength=len(column.values)).tolist()
    spelling: dict[str, str] = {}
    found: Counter[str] = Counter()
    for value, often in zip(column.values, times, strict=True):
        key = normalised(value)
        if key and often:
            found[spelling.setdefault(key, value.strip())] += often
    return found


def _confidences(first: np.ndarray, second: np.ndarray) -> DriftFinding:
    shift = distance(first, second)
    if shift.statistic is None:
        return _unknown("confidence", "Confidence", "Kolmogorov-Smirnov distance")
    inner, one, other = bins_of(first, second)
    means = f"{second.mean():.3f} on the average, {first.mean():.3f} before"
    tone = "less sure" if second.mean() < first.mean() else "surer"
    sentence = f"The model is as sure as before ({means})." if shift.size == "none" else f"The model is {tone} ({means})."
    return _finding("confidence", "Confidence", sentence, "Kolmogorov-Smirnov distance", shift, _ranges(inner, "{:.3f}", ""), one, other)


def _ranges(inner: np.ndarray, form: str, unit: str) -> list[str]:
    """Names of the bins between edges, the outer ones open."""
    edges = [form.format(edge) for edge in inner]
    names = [f"up to {edges[0]}", *(f"above {low} to {high}" for low, high in pairwise(edges)), f"above {edges[-1]}"]
    return [f"{name} {unit}".strip() for name in names]


def _unknown(what: str, title: str, test: str) -> DriftFinding:
    return DriftFinding(what=what, title=title, sentence=TOO_FEW, size="unknown", test=test, statistic=None, p=None)


def _finding(
    what: str, title: str, sentence: str, test: str, shift: Shift, groups: list[str], train: np.ndarray, new: np.ndarray
) -> DriftFinding:
    return DriftFinding(
        what=what,
        title=title,
        sentence=sentence,
        size=shift.size,
        test=test,
        statistic=shift.statistic,
        p=shift.p,
        groups=tuple(groups),
        train=tuple(float(value) for value in train),
        new=tuple(float(value) for value in new),
    )
