"""How well the entities that a model found agree with the user's own tags, counted by words.

The comparison of two lists of entities is nervaluate's; sums, types and intervals are made here, from its counts of each row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from core.metrics.labels import normalised
from core.metrics.resampling import RESAMPLED_ROWS, figures_of_sums

SCHEMES = ("strict", "ent_type", "exact", "partial")
NAMES = ("entity_f1", "entity_f1_type", "entity_f1_exact", "entity_f1_partial")
OUTCOMES = ("correct", "incorrect", "partial", "missed", "spurious")
STRICT_OUTCOMES = ("correct", "incorrect", "missed", "spurious")
WHOLE = len(SCHEMES) * len(OUTCOMES) + 2
OF_KIND = len(STRICT_OUTCOMES) + 2
BEGIN, CONTINUE, END = "BSU", "IEL", "ESLU"  # IOB2, and what BILOU and IOBES add


class Span(NamedTuple):
    """An entity over words, counted from 1; ``last`` belongs to it."""

    kind: str
    first: int
    last: int


def kind_of(tag: str) -> str:
    """The type that a tag names: ``PER`` of ``B-PER``; ``""`` of ``O``."""
    prefix, dash, kind = tag.partition("-")
    if dash and prefix in ("B", "I", "E", "S", "L", "U") and kind:
        return kind
    return "" if tag in ("O", "") else tag


def spans_of_tags(tags: Sequence[str]) -> list[Span]:
    """The entities of one row of tags: IOB1, IOB2, IOBES, BILOU, or plain types, of which neighbours of one type are one entity."""
    spans: list[Span] = []
    open_kind = ""
    for number, tag in enumerate(tags, start=1):
        kind = kind_of(tag)
        prefix = tag[0] if kind and kind != tag else "I"
        if kind and kind == open_kind and prefix in CONTINUE:
            spans[-1] = spans[-1]._replace(last=number)
        elif kind:
            spans.append(Span(kind, number, number))
        open_kind = "" if prefix in END else kind
    return spans


def entity_metrics(
    tags: Sequence[Sequence[str] | None],
    predicted: Sequence[Sequence[tuple[str, int, int]]],
    words: Sequence[int],
    labels: Sequence[str],
    label_map: Mapping[str, str] | None = None,
    seed: int = 0,
    *,
    limit: int = RESAMPLED_ROWS,
) -> tuple[dict, dict[str, int]]:
    """Precision, recall and F1 of entities with 95 % intervals, equal to nervaluate's where both are defined.

    Args:
        tags: of each row's words; ``None`` leaves the row out, as does another number of tags than of words.
        predicted: type, first and last word (from 1) of each entity of a row.
        words: of each row.
        labels: of the model; types of the user that it does not know are left out.
        label_map: type of the user to type or label of the model, where they differ.
        seed: of the resampling of rows.
        limit: most different rows that are resampled.

    Returns:
        As :func:`core.metrics.classification_metrics` (``metrics``, ``per_class``, ``notes``); and how often each unknown type occurs.
    """
    found = entity_table(tags, predicted, words, labels, label_map)
    notes = []
    left = sum(given is not None for given in tags) - len(found.rows)
    if left:
        notes.append(f"{left:,} {'row is' if left == 1 else 'rows are'} left out: another number of tags than of words.")
    figures = table_metrics(found.table, found.kinds, seed, limit=limit)
    return {"metrics": figures, "per_class": _per_kind(found.table.sum(0), found.kinds), "notes": notes}, found.unmatched


class EntityTable(NamedTuple):
    """What entity figures sum up: float64 ``[rows, 22 + 6 kinds]``, see :data:`OUTCOMES`.

    First correct, incorrect, partial, missed and spurious entities under each scheme; then entities found and true; then for each kind
    correct, incorrect, missed and spurious under the strict scheme, found and true.
    """

    rows: np.ndarray
    kinds: tuple[str, ...]
    table: np.ndarray
    unmatched: dict[str, int]


def entity_table(
    tags: Sequence[Sequence[str] | None],
    predicted: Sequence[Sequence[tuple[str, int, int]]],
    words: Sequence[int],
    labels: Sequence[str],
    label_map: Mapping[str, str] | None = None,
) -> EntityTable:
    """Compares the entities of each row by nervaluate. ``Args`` as for :func:`entity_metrics`; ``rows`` are those that are compared."""
    rows = [row for row, given in enumerate(tags) if given is not None and len(given) == words[row]]
    unmatched: dict[str, int] = {}
    reader = _TypeReader(labels, label_map or {}, unmatched)
    truth = [reader.known(spans_of_tags(tags[row] or ())) for row in rows]
    found = [[Span(reader.said(kind), first, last) for kind, first, last in predicted[row]] for row in rows]
    kinds = tuple(sorted({span.kind for row in [*truth, *found] for span in row}))
    ordered = dict(sorted(unmatched.items(), key=lambda item: (-item[1], item[0])))
    return EntityTable(np.array(rows, np.int64), kinds, _table(truth, found, kinds), ordered)


def entity_counts(
    tags: Sequence[Sequence[str] | None],
    predicted: Sequence[Sequence[tuple[str, int, int]]],
    words: Sequence[int],
    labels: Sequence[str],
    label_map: Mapping[str, str] | None = None,
) -> np.ndarray:
    """Hits, entities found and entities true of each row, float64 ``[rows, 3]``: what entity F1 is made of.

    Args: as for :func:`entity_metrics`. A row that is left out has NaN.
    """
    reader = _TypeReader(labels, label_map or {}, {})
    counts = np.full((len(tags), 3), np.nan)
    for row, given in enumerate(tags):
        if given is not None and len(given) == words[row]:
            true = set(reader.known(spans_of_tags(given)))
            found = {Span(kind_of(kind), first, last) for kind, first, last in predicted[row]}
            counts[row] = len(true & found), len(found), len(true)
    return counts


class _TypeReader:
    """Puts the user's types into the model's words, and counts those that it does not know."""

    def __init__(self, labels: Sequence[str], label_map: Mapping[str, str], unmatched: dict[str, int]):
        self._kinds = frozenset(kind for label in labels if (kind := kind_of(label)))
        known = {normalised(kind): kind for kind in sorted(self._kinds)}
        self._mapped = {normalised(value): known.get(normalised(kind_of(target)), "") for value, target in label_map.items()}
        self._known = known | self._mapped
        self._unmatched = unmatched

    def said(self, label: str) -> str:
        """The type that the model names: ``E-mail`` is one where its labels are ``B-E-mail`` and ``I-E-mail``."""
        return label if label in self._kinds else kind_of(label)

    def _in_model(self, kind: str) -> str | None:
        """A model may have types that differ in case only."""
        if kind in self._kinds and normalised(kind) not in self._mapped:
            return kind
        return self._known.get(normalised(kind))

    def known(self, spans: list[Span]) -> list[Span]:
        """The spans whose type the model knows, in its words."""
        kept = []
        for span in spans:
            kind = self._in_model(span.kind)
            if kind is None:
                self._unmatched[span.kind] = self._unmatched.get(span.kind, 0) + 1
            elif kind:
                kept.append(span._replace(kind=kind))
        return kept


def _table(truth: list[list[Span]], found: list[list[Span]], kinds: Sequence[str]) -> np.ndarray:
    """The numbers of :class:`EntityTable`."""
    from nervaluate.entities import Entity
    from nervaluate.strategies import EntityTypeEvaluation, ExactEvaluation, PartialEvaluation, StrictEvaluation

    strategies = (StrictEvaluation(), EntityTypeEvaluation(), ExactEvaluation(), PartialEvaluation())
    table = np.zeros((len(truth), WHOLE + OF_KIND * len(kinds)))
    for row, (true_spans, found_spans) in enumerate(zip(truth, found, strict=True)):
        if not true_spans and not found_spans:
            continue
        true, guessed = ([Entity(span.kind, span.first, span.last) for span in spans] for spans in (true_spans, found_spans))
        for number, strategy in enumerate(strategies):
            result, _ = strategy.evaluate(true, guessed, list(kinds))
            table[row, len(OUTCOMES) * number :][: len(OUTCOMES)] = [getattr(result, outcome) for outcome in OUTCOMES]
        table[row, WHOLE - 2 : WHOLE] = len(guessed), len(true)
        for kind in {span.kind for span in (*true_spans, *found_spans)}:
            of_kind = [[entity for entity in entities if entity.label == kind] for entities in (true, guessed)]
            result, _ = strategies[0].evaluate(*of_kind, [kind])
            counts = [getattr(result, outcome) for outcome in STRICT_OUTCOMES]
            table[row, WHOLE + OF_KIND * kinds.index(kind) :][:OF_KIND] = [*counts, len(of_kind[1]), len(of_kind[0])]
    return table


def scheme_counts(sums: np.ndarray) -> dict[str, np.ndarray]:
    """Of sums ``[draws, columns]`` the outcomes under each scheme, ``[draws, 5]`` in the order of :data:`OUTCOMES`."""
    return {scheme: sums[:, len(OUTCOMES) * number :][:, : len(OUTCOMES)] for number, scheme in enumerate(SCHEMES)}


def kind_counts(sums: np.ndarray, kinds: int) -> np.ndarray:
    """Of sums ``[draws, columns]`` what each kind has: ``[draws, kinds, 6]``, see :class:`EntityTable`."""
    return sums[:, WHOLE:].reshape(len(sums), kinds, OF_KIND)


def scheme_values(sums: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    """Precision, recall and F1 of each scheme, each ``[draws]``; a partial match counts by half."""
    found, true = sums[:, WHOLE - 2], sums[:, WHOLE - 1]
    values = {}
    with np.errstate(invalid="ignore", divide="ignore"):
        for scheme, counts in scheme_counts(sums).items():
            hits = counts[:, 0] + counts[:, 2] / 2
            values[scheme] = {"precision": hits / found, "recall": hits / true, "f1": 2 * hits / (found + true)}
    return values


def _values(sums: np.ndarray, kinds: int) -> dict[str, np.ndarray]:
    """Every metric of sums over rows ``[draws, columns]``: name to float64 ``[draws]``, NaN where not defined."""
    schemes = scheme_values(sums)
    values = {name: schemes[scheme]["f1"] for name, scheme in zip(NAMES, SCHEMES, strict=True)}
    values |= {f"entity_{name}": schemes["strict"][name] for name in ("precision", "recall")}
    by_kind = kind_counts(sums, kinds)
    with np.errstate(invalid="ignore", divide="ignore"):
        f1 = 2 * by_kind[:, :, 0] / (by_kind[:, :, -2] + by_kind[:, :, -1])
        occurs = ~np.isnan(f1)
        values["entity_f1_macro"] = np.where(occurs, f1, 0).sum(1) / occurs.sum(1)
    return values


ORDER = ("entity_f1", "entity_precision", "entity_recall", "entity_f1_macro", *NAMES[1:])


def table_metrics(table: np.ndarray, kinds: Sequence[str], seed: int = 0, *, limit: int = RESAMPLED_ROWS) -> dict[str, dict]:
    """The metrics of some rows of an :class:`EntityTable` with intervals."""
    figures = figures_of_sums(table, lambda sums: _values(sums, len(kinds)), seed, limit=limit)
    return {name: figures[name] for name in ORDER}


def _per_kind(sums: np.ndarray, kinds: Sequence[str]) -> dict[str, dict]:
    figures = {}
    for kind, (hits, *_, found, true) in zip(kinds, kind_counts(sums[None], len(kinds))[0], strict=True):
        figures[kind] = {
            "precision": float(hits / found) if found else None,
            "recall": float(hits / true) if true else None,
            "f1": float(2 * hits / (found + true)),
            "support": int(true),
            "predicted": int(found),
        }
    return figures
