"""Which rows train and which measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import BadInput
from core.metrics import normalised
from core.schema.training import Split
from core.settings import Settings
from core.training.labels.column import MULTI, REGRESSION, Labels
from core.training.splitting.drawing import Units, draw, draw_stratified
from core.training.splitting.same_texts import same_values
from core.training.splitting.times import moments
from core.training.words import quoted_few, rows_named

PARTS = {
    "train": ("train", "training", "fit"),
    "validation": ("validation", "valid", "val", "dev", "devel", "development", "eval", "evaluation"),
    "test": ("test", "testing", "holdout"),
}
BINS = 10  # of the numbers of a regression, so that small and large ones are on both sides
PREVIEW_BINS = 5
NO_COLUMN_NEEDED = ("random", "stratified")


@dataclass(frozen=True)
class ClassCount:
    """How many rows with a label, or with numbers of a range, train and measure."""

    label: str
    train: int
    validation: int

    @property
    def note(self) -> str:
        """What a person should know of this class; empty where both sides have rows."""
        if self.train and self.validation:
            return ""
        if self.train:
            return "One row only: it trains, and nothing measures it." if self.train == 1 else "No validation row: nothing measures it."
        return "No training row: it cannot be learnt." if self.validation else "No row with a text."


def split_rows(
    settings: Settings,
    split: Split,
    labels: Labels | None,
    rows: np.ndarray,
    *,
    column: Sequence[str | None] | None = None,
    same: np.ndarray | None = None,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Divides rows into those that train and those that measure. The same arguments give the same rows.

    Args:
        settings: the limits.
        split: the method and the share of the rows for validation. The methods: ``random``; ``stratified`` by label (by the rarest
            one of a row with several, by ranges of a number), where a label of one row trains; ``group``: rows with the same value
            of ``column`` on one side, blank cells being one value; ``time``: the newest rows measure, those of one time together;
            ``column`` names each row's part (train, validation, dev, test, ...); its test rows are on neither side where it has
            validation rows, and measure where it has none.
        labels: what the label column says; ``None`` where a row has no label: ``stratified`` is ``random`` then.
        rows: int64, the rows to divide: those that can be learned from.
        column: cells of ``split.column`` for the whole table, as texts.
        same: ids of the whole table's rows; rows of one id stay together in a random or stratified split (see ``together``).
        seed: decides which rows, where chance does.

    Returns:
        Rows for training and rows for validation: int64, ascending, neither empty.

    Raises:
        BadInput: a side would be empty, or the column does not say what the method needs.
    """
    rows = np.unique(rows).astype(np.int64)
    if len(rows) < 2:
        raise BadInput("at least two rows with a text and a label", f"{len(rows)}", "Label more rows.")
    if split.method in NO_COLUMN_NEEDED:
        units, rng = Units.of(rows, same), np.random.default_rng(seed)
        if split.method == "random" or labels is None:
            return units.divided(draw(units, split.share, rng))
        return units.divided(draw_stratified(units, _strata(labels, rows, split.share), split.share, rng))
    if column is None:
        raise BadInput(f"a column for a split by {split.method}", "none", "Choose the column, or another way to split.")
    if split.method == "group":
        units = Units.of(rows, same_values(column))
        return units.divided(draw(units, split.share, np.random.default_rng(seed)))
    if split.method == "time":
        return _newest(moments(settings, column, rows), rows, split.share)
    return _as_named(column, rows)


def _strata(labels: Labels, rows: np.ndarray, share: float) -> np.ndarray:
    """int64 ``[rows]``: what a stratified split keeps the shares of."""
    targets = labels.targets[rows]
    if labels.problem == REGRESSION:
        return _bins(targets, max(1, min(BINS, int(len(rows) * min(share, 1 - share)))))
    if labels.problem != MULTI:
        return targets
    counts = labels.counts(rows)
    rarest = np.argsort(counts, kind="stable")
    first = (targets[:, rarest] > 0).argmax(axis=1)
    return np.where(targets.any(axis=1), rarest[first], len(counts))


def _bins(values: np.ndarray, bins: int) -> np.ndarray:
    edges = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1]))
    return np.searchsorted(edges, values, side="right")


def _newest(times: np.ndarray, rows: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """The cut between two different times that comes nearest to the share; of two as near, the later one."""
    order = np.argsort(times, kind="stable")
    cuts = np.flatnonzero(np.diff(times[order])) + 1  # rows before each
    if not len(cuts):
        raise BadInput("rows of at least two different times", "one time in all rows", "Choose another column, or another way to split.")
    wanted = len(rows) - share * len(rows)
    cut = cuts[::-1][np.abs(cuts[::-1] - wanted).argmin()]
    return np.sort(rows[order[:cut]]), np.sort(rows[order[cut:]])


def _as_named(column: Sequence[str | None], rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The parts that the user's column names."""
    part_of = {word: part for part, words in PARTS.items() for word in words}
    named = np.array([part_of.get(normalised(column[row]), "") for row in rows])
    unknown = rows[named == ""]
    if len(unknown):
        words = dict.fromkeys((column[row] or "").strip() or "a blank cell" for row in unknown)
        raise BadInput(
            "a column that says train, validation or test in every row",
            f"{quoted_few(words)} in {rows_named(unknown)}",
            "Correct the column, choose another one, or split in another way.",
        )
    measures = "validation" if (named == "validation").any() else "test"
    train, validation = rows[named == "train"], rows[named == measures]
    if not len(train) or not len(validation):
        lacking = "training" if not len(train) else "validation"
        raise BadInput("rows for training and rows for validation", f"no {lacking} row", "Correct the column, or split in another way.")
    return train, validation


def preview(labels: Labels, train: np.ndarray, validation: np.ndarray) -> list[ClassCount]:
    """Rows per class on either side, in the order of the labels; ranges of the number for a regression.

    Rows of several labels count for each of them; those without any are counted last, as ``no label``.
    """
    if labels.problem == REGRESSION:
        return _preview_ranges(labels.targets, train, validation)
    counts = zip(labels.names, labels.counts(train).tolist(), labels.counts(validation).tolist(), strict=True)
    classes = [ClassCount(*count) for count in counts]
    if labels.problem == MULTI:
        without = [int((~labels.targets[rows].any(axis=1)).sum()) for rows in (train, validation)]
        if any(without):
            classes.append(ClassCount("no label", *without))
    return classes


def _preview_ranges(targets: np.ndarray, train: np.ndarray, validation: np.ndarray) -> list[ClassCount]:
    values = targets[np.concatenate([train, validation])]
    place = _bins(values, PREVIEW_BINS)
    counted = []
    for number in np.unique(place):
        inside = place == number
        low, high = values[inside].min(), values[inside].max()
        name = f"{low:g}" if low == high else f"{low:g} to {high:g}"
        counted.append(ClassCount(name, int(inside[: len(train)].sum()), int(inside[len(train) :].sum())))
    return counted
