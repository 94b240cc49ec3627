"""What a person should know of a table before a model learns to write from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.metrics import normalised
from core.tables.problems import number_of
from core.training.checks import Finding, blank, few_measured, finding, in_both, no_text
from core.training.words import quoted


def check_targets(
    texts: Sequence[str], targets: Sequence[str | None] | None, same: np.ndarray, train: np.ndarray, validation: np.ndarray
) -> list[Finding]:
    """The check list, what stops a training first.

    Args:
        texts: what the model reads of each row.
        targets: what it should write; ``None`` where the texts themselves are learned.
        same: an id for each row; rows of one id have the same texts.
        train: rows to train on, int64.
        validation: rows to measure with, int64.
    """
    found = [no_text(texts), in_both(train, validation, same, texts), few_measured(validation)]
    if targets is not None:
        usable = np.sort(np.concatenate([train, validation]))
        found += [
            *_no_target(targets),
            _one_target(targets, train),
            _two_targets(texts, targets, same, usable),
            _unchanged(texts, targets, usable),
        ]
    return sorted((each for each in found if each), key=lambda each: not each.stops)


def check_cut(noun: str, lost: np.ndarray, kept: int, places: np.ndarray) -> Finding | None:
    """Rows that are longer than there is room for.

    Args:
        noun: what is cut.
        lost: tokens of each row that did not fit, int64.
        kept: tokens of all rows that did.
        places: of the rows in the table.
    """
    rows = np.flatnonzero(lost)
    if not len(rows):
        return None
    gone = int(lost.sum())
    cut = f"{number_of(len(rows), f'{noun} is', f'{noun}s are')} longer than there is room for and cut"
    return finding(f"{cut}: {number_of(gone, 'token is', 'tokens are')} lost, {gone / (gone + kept):.1%} of all.", places[rows])


def _no_target(targets: Sequence[str | None]) -> list[Finding]:
    missing = np.fromiter((cell is None or not cell for cell in targets), bool, len(targets))
    empty = blank(targets) & ~missing
    said = ((missing, "no target"), (empty, "a target of white space only"))
    return [
        finding(f"{number_of(int(mask.sum()), 'row has', 'rows have')} {what} and cannot be learnt from.", np.flatnonzero(mask))
        for mask, what in said
        if mask.any()
    ]


def _one_target(targets: Sequence[str | None], train: np.ndarray) -> Finding | None:
    words = {targets[row] for row in train}
    if len(words) != 1 or len(train) < 2:
        return None
    what = f"All {number_of(len(train), 'training row')} have the target {quoted(words.pop() or '')}: the model would write nothing else."
    return finding(what, train, stops=True)


def _two_targets(texts: Sequence[str], targets: Sequence[str | None], same: np.ndarray, usable: np.ndarray) -> Finding | None:
    """Texts in several rows whose targets differ."""
    first: dict[int, int] = {}
    rows: dict[int, None] = {}
    for row in usable.tolist():
        begun = first.setdefault(int(same[row]), row)
        if targets[row] != targets[begun]:
            rows |= {begun: None, row: None}
    if not rows:
        return None
    torn = sorted(rows)
    several = number_of(len({int(same[row]) for row in torn}), "text stands", "texts stand")
    return finding(f"{several} in several rows with different targets, such as {quoted(texts[torn[0]])}.", torn)


def _unchanged(texts: Sequence[str], targets: Sequence[str | None], usable: np.ndarray) -> Finding | None:
    rows = [row for row in usable.tolist() if normalised(texts[row]) == normalised(targets[row])]
    if not rows:
        return None
    return finding(f"In {number_of(len(rows), 'row')} the target is the text itself, such as {quoted(texts[rows[0]])}.", rows)
