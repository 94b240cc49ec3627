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
    rows = [row for row, given in enumerate(tags) if given is not None and len(given) == words[row]]
    unmatched: dict[str, int] = {}
    reader = _TypeReader(labels, label_map or {}, unmatched)
    truth = [reader.known(spans_of_tags(tags[row] or ())) for row in rows]
    found = [[Span(reader.said(kind), first, last) for kind, first, last in predicted[row]] for row in rows]
    kinds = sorted({span.kind for row in [*truth, *found] for span in row})
    table = _table(truth, found, kinds)
    notes = []
    left = sum(given is not None for given in tags) - len(rows)
    if left:
        notes.append(f"{left:,} {'row is' if left == 1 else 'rows are'} left out: another number of tags than of words.")
    figures = _figures(table, kinds, seed, limit)
    ordered = dict(sorted(unmatched.items(), key=lambda item: (-item[1], item[0])))
    return {"metrics": figures, "per_class": _per_kind(table.sum(0), kinds), "notes": notes}, ordered


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


def _table(truth: list[list[Span]], found: list[list[Span]], kinds: list[str]) -> np.ndarray:
    """float64 ``[rows, 4 + 2 + 3 * kinds]``: hits by scheme, entities found and true; then hits, found and true of each type."""
    from nervaluate.entities import Entity
    from nervaluate.strategies import EntityTypeEvaluation, ExactEvaluation, PartialEvaluation, StrictEvaluation

    strategies = (StrictEvaluation(), EntityTypeEvaluation(), ExactEvaluation(), PartialEvaluation())
    table = np.zeros((len(truth), len(SCHEMES) + 2 + 3 * len(kinds)))
    for row, (true_spans, found_spans) in enumerate(zip(truth, found, strict=True)):
        if not true_spans and not found_spans:
            continue
        true, guessed = ([Entity(span.kind, span.first, span.last) for span in spans] for spans in (true_spans, found_spans))
        for column, strategy in enumerate(strategies):
            result, _ = strategy.evaluate(true, guessed, kinds)
            table[row, column] = result.correct + result.partial / 2
        table[row, len(SCHEMES) : len(SCHEMES) + 2] = len(guessed), len(true)
        for number, kind in enumerate(kinds):
            of_kind = [[entity for entity in entities if entity.label == kind] for entities in (true, guessed)]
            if of_kind[0] or of_kind[1]:
                place = len(SCHEMES) + 2 + 3 * number
                result, _ = strategies[0].evaluate(*of_kind, [kind])
                table[row, place : place + 3] = result.correct, len(of_kind[1]), len(of_kind[0])
    return table


def _values(sums: np.ndarray, kinds: int) -> dict[str, np.ndarray]:
    """Every metric of sums over rows ``[draws, columns]``: name to float64 ``[draws]``, NaN where not defined."""
    found, true = sums[:, len(SCHEMES)], sums[:, len(SCHEMES) + 1]
    with np.errstate(invalid="ignore", divide="ignore"):
        values = {name: 2 * sums[:, column] / (found + true) for column, name in enumerate(NAMES)}
        values |= {"entity_precision": sums[:, 0] / found, "entity_recall": sums[:, 0] / true}
        by_kind = sums[:, len(SCHEMES) + 2 :].reshape(len(sums), kinds, 3)
        f1 = 2 * by_kind[:, :, 0] / (by_kind[:, :, 1] + by_kind[:, :, 2])
        occurs = ~np.isnan(f1)
        values["entity_f1_macro"] = np.where(occurs, f1, 0).sum(1) / occurs.sum(1)
    return values


ORDER = ("entity_f1", "entity_precision", "entity_recall", "entity_f1_macro", *NAMES[1:])


def _figures(table: np.ndarray, kinds: list[str], seed: int, limit: int) -> dict[str, dict]:
    """The metrics with intervals."""
    figures = figures_of_sums(table, lambda sums: _values(sums, len(kinds)), seed, limit=limit)
    return {name: figures[name] for name in ORDER}


def _per_kind(sums: np.ndarray, kinds: list[str]) -> dict[str, dict]:
    figures = {}
    for number, kind in enumerate(kinds):
        hits, found, true = sums[len(SCHEMES) + 2 + 3 * number :][:3]
        figures[kind] = {
            "precision": float(hits / found) if found else None,
            "recall": float(hits / true) if true else None,
            "f1": float(2 * hits / (found + true)),
            "support": int(true),
            "predicted": int(found),
        }
    return figures
