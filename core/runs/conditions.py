"""From filters to SQL: identifiers of ours, values bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.runs.filters import ColumnFilter, ResultFilters
from core.runs.result import NOT_SCORED, SKIPPED_PREFIX

if TYPE_CHECKING:
    from core.runs.query import ResultQuery
    from core.runs.source import ResultColumn


class Condition(NamedTuple):
    """A piece of SQL and the values bound to its question marks, in order."""

    sql: str
    parameters: list[object]


def text_of(column: ResultColumn) -> str:
    """The column's value as text."""
    return column.identifier if column.kind == "text" else f"CAST({column.identifier} AS VARCHAR)"


def condition(query: ResultQuery, filters: ResultFilters, search: str = "") -> Condition:
    """What a row must fulfil. Without filters and search: true."""
    pieces = [
        *_labels(query, filters),
        *_confidence(query, filters),
        *(piece for column in filters.columns for piece in _column(query, column)),
        *_state(query, filters),
        *_disagreement(query, filters),
        *_search(query, search),
    ]
    sql = " AND ".join(f"({piece.sql})" for piece in pieces) or "true"
    return Condition(sql, [value for piece in pieces for value in piece.parameters])


def _labels(query: ResultQuery, filters: ResultFilters) -> list[Condition]:
    prediction = query.output("prediction")
    if not filters.labels or prediction is None:
        return []
    return [Condition(f"{text_of(prediction)} IN (SELECT unnest(CAST(? AS VARCHAR[])))", [list(filters.labels)])]


def _confidence(query: ResultQuery, filters: ResultFilters) -> list[Condition]:
    confidence = query.output("confidence")
    if filters.confidence is None or confidence is None:
        return []
    return [Condition(f"{confidence.identifier} BETWEEN ? AND ?", list(filters.confidence))]


def _column(query: ResultQuery, wanted: ColumnFilter) -> list[Condition]:
    text = text_of(query.column(wanted.column))
    pieces = []
    if wanted.one_of is not None:
        values = [value for value in wanted.one_of if value is not None]
        blank = f" OR {text} IS NULL OR {text} = ''" if None in wanted.one_of else ""
        pieces.append(Condition(f"{text} IN (SELECT unnest(CAST(? AS VARCHAR[]))){blank}", [values]))
    if wanted.contains:
        pieces.append(Condition(f"contains(lower({text}), lower(?))", [wanted.contains]))
    return pieces


def _state(query: ResultQuery, filters: ResultFilters) -> list[Condition]:
    error = query.output("error")
    if filters.state == "all" or error is None:
        return []
    name = error.identifier
    sql = {
        "scored": f"{name} IS NULL",
        "skipped": f"starts_with({name}, '{SKIPPED_PREFIX}')",
        "failed": f"NOT starts_with({name}, '{SKIPPED_PREFIX}') AND {name} <> '{NOT_SCORED}'",
    }[filters.state]
    return [Condition(sql, [])]


def _disagreement(query: ResultQuery, filters: ResultFilters) -> list[Condition]:
    prediction = query.output("prediction")
    if filters.disagrees_with is None or prediction is None:
        return []
    text = text_of(query.column(filters.disagrees_with))
    truths = query.truths(filters.disagrees_with)
    sql = f"list_extract(CAST(? AS VARCHAR[]), list_position(CAST(? AS VARCHAR[]), {text})) <> {text_of(prediction)}"
    return [Condition(sql, [list(truths.values()), list(truths)])]


def _search(query: ResultQuery, search: str) -> list[Condition]:
    if not search:
        return []
    texts = [column.identifier for column in query.columns if column.kind == "text"]
    sql = " OR ".join(f"contains(lower({text}), lower(?))" for text in texts) or "false"
    return [Condition(sql, [search] * len(texts))]
