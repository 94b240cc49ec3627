"""What a person should know of a table before a model is trained on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import BadInput
from core.metrics import normalised
from core.metrics.label_cells import number_in, read_cell
from core.tables.problems import number_of, some
from core.training.labels.column import MULTI, REGRESSION, SINGLE, Labels
from core.training.labels.separators import separator_within
from core.training.splitting.same_texts import together
from core.training.words import NAMED, quoted, quoted_few

KEPT_ROWS = 20
FEW_ROWS = 5  # of a class, fewer can hardly be learnt
STEPS_APART = 100  # of float32, between numbers of a usual difference; nearer ones lose two digits of what they say
FEW_MEASURED = 10  # with fewer, one row more or less that is right moves an accuracy by more than a tenth


@dataclass(frozen=True)
class Finding:
    """One problem.

    Attributes:
        what: a sentence for a person.
        rows: rows of the table that show it, from 0; the first 20.
        count: how many rows have it.
        stops: whether a training makes no sense before it is put right.
    """

    what: str
    rows: tuple[int, ...]
    count: int
    stops: bool = False


def check(
    labels: Labels,
    texts: Sequence[str | None],
    pairs: Sequence[str | None] | None = None,
    *,
    train: np.ndarray | None = None,
    validation: np.ndarray | None = None,
    lengths: np.ndarray | None = None,
    max_length: int | None = None,
) -> list[Finding]:
    """The check list, those that stop a training first.

    Args:
        labels: what the label column says.
        texts: the text column.
        pairs: the second text where the task compares two.
        train: rows to train on, int64; all usable rows where ``None``.
        validation: rows to measure with, int64; none where ``None``.
        lengths: int ``[rows]``: tokens of each row before it is cut, 0 where unknown; not looked at where ``None``.
        max_length: tokens to which a row is cut.
    """
    usable = usable_rows(labels, texts)
    trained = usable if train is None else train
    same = together(texts, pairs) if pairs is not None else together(texts)
    findings = [
        _no_label(labels),
        no_text(texts),
        _nothing_to_learn(labels, trained),
        *_several_in_one(labels, usable),
        _never_several(labels),
        _too_close(labels, trained),
        *_spelled_two_ways(labels, usable),
        *_few_rows(labels, usable),
        *_two_labels(labels, usable, same, texts),
    ]
    if validation is not None:
        findings += [in_both(trained, validation, same, texts), _never_trained(labels, trained, validation), few_measured(validation)]
    if lengths is not None and max_length is not None:
        findings.append(_too_long(lengths, max_length))
    return sorted((each for each in findings if each), key=lambda each: not each.stops)


def usable_rows(labels: Labels, texts: Sequence[str | None]) -> np.ndarray:
    """The rows that have a label and a text, int64 and ascending: those that a split divides.

    Raises:
        BadInput: the label of each is its text.
    """
    usable = np.flatnonzero(labels.labelled & ~blank(texts))
    if _are_the_texts(labels, texts, usable):
        raise BadInput(
            "a column of texts, and another one with their labels",
            "that every label is the text of its row",
            "Choose another column for the label or for the text.",
        )
    return usable


def _are_the_texts(labels: Labels, texts: Sequence[str | None], rows: np.ndarray) -> bool:
    if labels.problem != SINGLE or not len(rows):
        return False
    return all(labels.names[labels.targets[row]] == (texts[row] or "").strip() for row in rows.tolist())


def blank(texts: Sequence[str | None]) -> np.ndarray:
    """Which cells hold nothing, bool."""
    return np.fromiter((text is None or not text.strip() for text in texts), bool, len(texts))


def finding(what: str, rows: Iterable[int], *, stops: bool = False) -> Finding:
    """A finding with the first of its rows."""
    found = [int(row) for row in rows]
    return Finding(what, tuple(found[:KEPT_ROWS]), len(found), stops)


def _no_label(labels: Labels) -> Finding | None:
    rows = np.flatnonzero(~labels.labelled)
    if not len(rows):
        return None
    verb = "has" if len(rows) == 1 else "have"
    return finding(f"{len(rows):,} of {number_of(len(labels.labelled), 'row')} {verb} no label and cannot be learnt from.", rows)


def no_text(texts: Sequence[str | None]) -> Finding | None:
    """Rows without a text."""
    rows = np.flatnonzero(blank(texts))
    return finding(f"{number_of(len(rows), 'row has', 'rows have')} no text and cannot be learnt from.", rows) if len(rows) else None


def _nothing_to_learn(labels: Labels, trained: np.ndarray) -> Finding | None:
    if not len(trained):
        return Finding("No row has both a text and a label: there is nothing to learn from.", (), 0, True)
    if labels.problem == REGRESSION:
        same = len(np.unique(labels.targets[trained])) == 1
    else:
        same = (labels.targets[trained] == labels.targets[trained[0]]).all()
    if not same:
        return None
    said = labels.said_of(trained[0])
    return finding(f"All {number_of(len(trained), 'training row')} say {said}: there is nothing to tell apart.", trained, stops=True)


def _too_close(labels: Labels, trained: np.ndarray) -> Finding | None:
    """Numbers that are large and differ by little: a model says them in float32, which has seven digits."""
    if labels.problem != REGRESSION or not len(trained):
        return None
    values = labels.targets[trained]
    step = float(np.spacing(np.abs(values).max()))
    if float(values.std(dtype=np.float64)) >= STEPS_APART * step:
        return None
    what = (
        f"The numbers are large and differ by little, from {values.min():.10g} to {values.max():.10g}: a model tells apart only those that "
        f"are {step:g} from each other. Take what they share from all of them, and learn the difference."
    )
    return finding(what, trained)


def _several_in_one(labels: Labels, rows: np.ndarray) -> list[Finding]:
    """Cells that were read as one label and look like several; or where what stands between them was guessed."""
    if labels.guessed:
        what = f"The labels of a cell were parted at {quoted(labels.separator)}, as the cells look. If that is wrong, name the separator."
        return [finding(what, rows[labels.targets[rows].sum(axis=1) > 1])]
    counts = labels.counts(rows)
    separator = separator_within(labels.names, counts) if labels.problem == SINGLE else ""
    if not separator:
        return []
    joined = [place for place, name in enumerate(labels.names) if len(read_cell(name, separator).labels or ()) > 1]
    found = _rows_with(labels, rows, set(joined))
    example = labels.names[max(joined, key=lambda place: counts[place])]
    what = (
        f"{number_of(len(found), 'cell looks', 'cells look')} like several labels with {quoted(separator)} between them, such as "
        f'{quoted(example)}, and each combination is learnt as one label. Choose "Several labels" ({MULTI}) with the separator '
        f"{quoted(separator)}."
    )
    return [finding(what, found)]


def _never_several(labels: Labels) -> Finding | None:
    """Several labels were asked for, and no row has two. Lists of one each need no separator and are left alone."""
    if labels.problem != MULTI or (labels.asked != MULTI and not labels.separator) or (labels.targets.sum(axis=1) > 1).any():
        return None
    between = f" with {quoted(labels.separator)} between them" if labels.separator else ""
    return Finding(
        f"No cell holds several labels{between}: each was read as one. "
        f'Say what stands between the labels of a cell, or choose "One label" ({SINGLE}).',
        (),
        0,
    )


def _spelled_two_ways(labels: Labels, rows: np.ndarray) -> list[Finding]:
    """Labels that differ only in case, white space, or in how a number is written. They stay labels of their own."""
    alike: dict[str | float, list[int]] = defaultdict(list)
    for place, name in enumerate(labels.names):
        number = number_in(name)
        alike[normalised(name) if number is None else number].append(place)
    groups = [places for places in alike.values() if len(places) > 1]
    if not groups:
        return []
    counts = labels.counts(rows)
    shown = [" and ".join(with_count(labels.names[place], counts[place]) for place in places) for places in groups]
    rarer = {place for places in groups for place in sorted(places, key=lambda place: (-counts[place], place))[1:]}
    several = number_of(len(groups), "label is", "labels are")
    what = f"{several} spelled in more than one way and learnt as different ones: {some(shown, NAMED)}."
    return [finding(what, _rows_with(labels, rows, rarer))]


def _rows_with(labels: Labels, rows: np.ndarray, places: set[int]) -> np.ndarray:
    """Those of ``rows`` that have one of the labels at ``places``."""
    chosen = sorted(places)
    if labels.problem == MULTI:
        return rows[labels.targets[np.ix_(rows, chosen)].any(axis=1)]
    return rows[np.isin(labels.targets[rows], chosen)]


def _few_rows(labels: Labels, rows: np.ndarray) -> list[Finding]:
    counts = labels.counts(rows)
    rare = [place for place in np.argsort(counts, kind="stable") if counts[place] < FEW_ROWS]
    if not rare:
        return []
    shown = some([with_count(labels.names[place], counts[place]) for place in rare], NAMED)
    several = number_of(len(rare), "label has", "labels have")
    what = f"{several} fewer than {FEW_ROWS} rows, too few to learn {'it' if len(rare) == 1 else 'them'} well: {shown}."
    return [finding(what, _rows_with(labels, rows, set(rare)))]


def _two_labels(labels: Labels, rows: np.ndarray, same: np.ndarray, texts: Sequence[str | None]) -> list[Finding]:
    """Texts that stand in several rows which do not say the same."""
    _, place, size = np.unique(same[rows], return_inverse=True, return_counts=True)
    repeated = rows[size[place] > 1]
    order = repeated[np.argsort(same[repeated], kind="stable")]
    groups = np.split(order, np.flatnonzero(np.diff(same[order])) + 1) if len(order) else []
    torn = [group for group in groups if (labels.targets[group] != labels.targets[group[0]]).any()]
    if not torn:
        return []
    example = torn[0]
    other = next(row for row in example if (labels.targets[row] != labels.targets[example[0]]).any())
    said = f"{labels.said_of(example[0])} in one row and {labels.said_of(other)} in another"
    several = number_of(len(torn), "text stands", "texts stand")
    things = "numbers" if labels.problem == REGRESSION else "labels"
    what = f"{several} in several rows with different {things}, such as {quoted(texts[example[0]] or '')}: {said}."
    return [finding(what, np.sort(np.concatenate(torn)))]


def few_measured(validation: np.ndarray) -> Finding | None:
    """Validation rows that are too few for figures to mean anything."""
    if not 0 < len(validation) < FEW_MEASURED:
        return None
    few = "1 row measures: figures from one row" if len(validation) == 1 else f"{len(validation)} rows measure: figures from so few"
    return finding(f"Only {few} say next to nothing. Label more rows, or bring a table of validation rows.", validation)


def in_both(trained: np.ndarray, validation: np.ndarray, same: np.ndarray, texts: Sequence[str | None]) -> Finding | None:
    """Validation rows whose text is trained on too; ``same`` has one id for rows with the same texts."""
    rows = validation[np.isin(same[validation], same[trained])]
    if not len(rows):
        return None
    verb = "holds" if len(rows) == 1 else "hold"
    return finding(
        f"{len(rows):,} of {number_of(len(validation), 'validation row')} {verb} a text that is also trained on, such as "
        f"{quoted(texts[rows[0]] or '')}: the figures will look better than they are.",
        rows,
    )


def _never_trained(labels: Labels, trained: np.ndarray, validation: np.ndarray) -> Finding | None:
    places = np.flatnonzero((labels.counts(trained) == 0) & (labels.counts(validation) > 0))
    if not len(places):
        return None
    names = quoted_few(labels.names[place] for place in places)
    what = f"{number_of(len(places), 'label has', 'labels have')} validation rows but no row to learn from: {names}."
    return finding(what, _rows_with(labels, validation, set(places.tolist())))


def _too_long(lengths: np.ndarray, max_length: int) -> Finding | None:
    rows = np.flatnonzero(lengths > max_length)
    if not len(rows):
        return None
    lost = int((lengths[rows] - max_length).sum())
    longer = f"{number_of(len(rows), 'row is', 'rows are')} longer than {max_length:,} tokens and cut"
    gone = f"{number_of(lost, 'token is', 'tokens are')} lost, {lost / int(lengths.sum()):.1%} of all"
    return finding(f"{longer}: {gone}; the longest row has {int(lengths.max()):,}.", rows)


def with_count(name: str, count: int, noun: str = "row") -> str:
    """``"praise" (3 rows)``."""
    return f"{quoted(name)} ({number_of(int(count), noun)})"
