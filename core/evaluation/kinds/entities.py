"""Entities against tags of words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from core.errors import BadInput
from core.evaluation.columns import Sheet, confidence_in
from core.evaluation.kinds.judged import NOT_DRAWN, Figures, Judged, drawn, interval_of, left_out
from core.evaluation.kinds.one import NO_PREDICTION
from core.evaluation.results import ClassFigures, EntityErrors, EvaluationSpec
from core.metrics.entities import (
    OUTCOMES,
    SCHEMES,
    STRICT_OUTCOMES,
    EntityTable,
    entity_table,
    kind_counts,
    kind_of,
    scheme_counts,
    scheme_values,
    spans_of_tags,
    table_metrics,
)
from core.metrics.resampling import figures_of_sums
from core.settings import Settings
from core.tasks.spans.word_lists import read_words

BRIEF = ("entity_f1", "entity_precision", "entity_recall")
LOSS = "Entities that are missing, wrong or too many"
OTHER_LENGTH = "Another number of tags than of words"
Spans = list[tuple[str, int, int]]


def judge(settings: Settings, sheet: Sheet, spec: EvaluationSpec) -> Judged:
    """Compares entities, from a run's ``entities`` or from predicted tags, with the user's tags.

    Raises:
        BadInput: no such column, or entities whose words are not known.
    """
    tags = [read_words(cell) if cell and cell.strip() else None for cell in sheet.texts(spec.columns["label"])]
    given, words = _predicted(sheet, spec)
    known, has = np.array([row is not None for row in tags], bool), np.array([row is not None for row in given], bool)
    asked, note = drawn(known & has, settings.scored_texts, spec.seed)
    rows = np.flatnonzero(asked)
    counts = [words[row] if words[row] is not None else len(tags[row] or ()) for row in rows]
    labels = spec.labels or _types(tags, given)
    found = entity_table([tags[row] for row in rows], [given[row] or [] for row in rows], counts, labels, spec.label_map)
    kept = rows[found.rows]
    compared = np.zeros(sheet.rows, bool)
    compared[kept] = True
    place = np.full(sheet.rows, -1, np.int64)
    place[kept] = np.arange(len(kept))
    three = _of_rows(found)

    def spread(values: np.ndarray) -> np.ndarray:
        whole = np.full((sheet.rows, *values.shape[1:]), np.nan)
        whole[kept] = values
        return whole

    return Judged(
        spec=spec.model_copy(update={"problem": "entities", "labels": tuple(labels)}),
        compared=compared,
        left_out=left_out((NO_PREDICTION, ~has), ("No tags in the cell", ~known), (NOT_DRAWN, ~asked), (OTHER_LENGTH, asked & ~compared)),
        right=spread((three[:, :1] == three[:, 1:]).all(axis=1).astype(float)),
        loss=spread(scheme_counts(found.table)["strict"][:, 1:].sum(axis=1)),
        measure=LOSS,
        scores={"entity_f1": spread(three)},
        figures=lambda chosen, brief: _figures(settings, found, place[chosen][compared[chosen]], brief, spec.seed),
        cells=lambda chosen: ([_shown(spans_of_tags(tags[row] or ())) for row in chosen], [_shown(given[row] or ()) for row in chosen]),
        unmatched=found.unmatched,
        confidence=confidence_in(sheet, spec.columns.get("confidence")),
        notes=(note,) if note else (),
    )


def _predicted(sheet: Sheet, spec: EvaluationSpec) -> tuple[list[Spans | None], list[int | None]]:
    """Entities of each row, ``None`` where it failed; and how many words it has, ``None`` where nothing says so."""
    name = spec.columns.get("entities") or spec.columns["prediction"]
    column = sheet.read([name])[name]
    words = _word_counts(sheet, spec)
    structured = pa.types.is_list(column.type) and pa.types.is_struct(column.type.value_type)
    listed = column.to_pylist() if structured else _written_entities(sheet.texts(name))
    if listed is None:
        tags = [None if cell is None else read_words(cell) for cell in sheet.texts(name)]
        counts = [None if row is None else len(row) for row in tags]
        return [None if row is None else list(spans_of_tags(row)) for row in tags], words or counts
    rows: list[Spans | None] = []
    for cell in listed:
        if any(entity.get("first_word") is None for entity in cell or ()):
            raise BadInput("entities whose words are known", "tokens, or entities without a place", "Score again with another aggregation.")
        rows.append(None if cell is None else [(entity["label"], entity["first_word"], entity["last_word"]) for entity in cell])
    return rows, words or [None] * sheet.rows


def _written_entities(cells: Sequence[str | None]) -> list[list[dict] | None] | None:
    """Entities as an exported file has them: a JSON list of objects with label, first_word and last_word; ``None`` for anything else."""
    found: list[list[dict] | None] = []
    for cell in cells:
        try:
            entities = json.loads(cell) if cell and cell.strip() else None
        except (ValueError, RecursionError):
            return None
        if entities is not None and not (isinstance(entities, list) and all(isinstance(one, dict) and "label" in one for one in entities)):
            return None
        found.append(entities)
    return found if any(found) else None


def _word_counts(sheet: Sheet, spec: EvaluationSpec) -> list[int | None] | None:
    """Words of each row from its tokens or its text, where the spec names such a column."""
    if "tokens" in spec.columns:
        return [None if cell is None else len(read_words(cell)) for cell in sheet.texts(spec.columns["tokens"])]
    if "text" in spec.columns:
        return [None if cell is None else len(cell.split()) for cell in sheet.texts(spec.columns["text"])]
    return None


def _types(tags: Sequence[Sequence[str] | None], given: Sequence[Spans | None]) -> tuple[str, ...]:
    """Every type that occurs: without a model at hand all of them count."""
    found = {kind for row in tags for tag in row or () if (kind := kind_of(tag))}
    return tuple(sorted(found | {kind for row in given for kind, _, _ in row or ()}))


def _of_rows(found: EntityTable) -> np.ndarray:
    """Hits, entities found and true of each row, float64 ``[rows, 3]``."""
    kinds = kind_counts(found.table, len(found.kinds))
    hits = scheme_counts(found.table)["strict"][:, 0]
    return np.column_stack([hits, kinds[:, :, -2].sum(axis=1), kinds[:, :, -1].sum(axis=1)])


def _figures(settings: Settings, found: EntityTable, places: np.ndarray, brief: bool, seed: int) -> Figures:
    table, limit = found.table[places], settings.resampled_rows
    metrics = table_metrics(table, found.kinds, seed, limit=limit)
    if brief:
        return Figures({name: metrics[name] for name in BRIEF})
    return Figures(metrics, _by_type(table, found.kinds, seed, limit), entity_errors=_by_scheme(table, seed, limit))


def _by_type(table: np.ndarray, kinds: Sequence[str], seed: int, limit: int) -> tuple[ClassFigures, ...]:
    """Precision, recall and F1 of each type. An interval resamples rows: entities of one row stand or fall together."""

    def values(sums: np.ndarray) -> dict[str, np.ndarray]:
        counts = kind_counts(sums, len(kinds))
        with np.errstate(invalid="ignore", divide="ignore"):
            hits, said, true = counts[:, :, 0], counts[:, :, -2], counts[:, :, -1]
            each = {"precision": hits / said, "recall": hits / true, "f1": 2 * hits / (said + true)}
        return {f"{name} {number}": value[:, number] for name, value in each.items() for number in range(len(kinds))}

    figures, sums = figures_of_sums(table, values, seed, limit=limit), kind_counts(table.sum(0)[None], len(kinds))[0]
    return tuple(
        ClassFigures(
            label=kind,
            support=int(sums[number, -1]),
            predicted=int(sums[number, -2]),
            kinds={name: int(sums[number, place]) for place, name in enumerate(STRICT_OUTCOMES)},
            **{name: interval_of(figures[f"{name} {number}"]) for name in ("precision", "recall", "f1")},
        )
        for number, kind in enumerate(kinds)
    )


def _by_scheme(table: np.ndarray, seed: int, limit: int) -> tuple[EntityErrors, ...]:
    def values(sums: np.ndarray) -> dict[str, np.ndarray]:
        return {f"{name} {scheme}": value for scheme, each in scheme_values(sums).items() for name, value in each.items()}

    figures, counts = figures_of_sums(table, values, seed, limit=limit), scheme_counts(table.sum(0)[None])
    return tuple(
        EntityErrors(
            scheme=scheme,
            **{name: int(count) for name, count in zip(OUTCOMES, counts[scheme][0], strict=True)},
            **{name: interval_of(figures[f"{name} {scheme}"]) for name in ("precision", "recall", "f1")},
        )
        for scheme in SCHEMES
    )


def _shown(spans: Sequence[Any]) -> str:
    """Entities of a row in words."""
    return "; ".join(f"{kind}: word {first}" if first == last else f"{kind}: words {first} to {last}" for kind, first, last in spans)
