"""From filters to SQL: identifiers of ours, values bound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.runs.columns import ResultColumn, named, output_of
from core.runs.filters import ColumnFilter, ResultFilters
from core.runs.result import NOT_SCORED, SKIPPED_PREFIX


class Condition(NamedTuple):
    """A piece of SQL and the values bound to its question marks, in order."""

    sql: str
    parameters: list[object]


@dataclass(frozen=True)
class Rows:
    """What conditions are asked of: the columns, what the values of a label column mean, and the column whose values are the labels."""

    columns: Sequence[ResultColumn]
    truths: Callable[[str], dict[str, str]]
    counted: ResultColumn | None

    def output(self, name: str) -> ResultColumn | None:
        return output_of(self.columns, name)

    def text(self, name: str) -> str:
        """A column of the user's choice as text; ``BadInput`` where there is none."""
        return named(self.columns, name).text


def condition(rows: Rows, filters: ResultFilters, search: str = "") -> Condition:
    """What a row must fulfil. Without filters and search: true."""
    pieces = [
        *_labels(rows, filters),
        *_confidence(rows, filters),
        *(piece for column in filters.columns for piece in _column(rows, column)),
        *_state(rows, filters),
        *_disagreement(rows, filters),
        *_outputs(rows, filters),
        *_search(rows, search),
    ]
    sql = " AND ".join(f"({piece.sql})" for piece in pieces) or "true"
    return Condition(sql, [value for piece in pieces for value in piece.parameters])


def _labels(rows: Rows, filters: ResultFilters) -> list[Condition]:
    if not filters.labels or rows.counted is None:
        return []
    return [Condition(f"{rows.counted.text} IN (SELECT unnest(CAST(? AS VARCHAR[])))", [list(filters.labels)])]


def _confidence(rows: Rows, filters: ResultFilters) -> list[Condition]:
    confidence = rows.output("confidence")
    if filters.confidence is None or confidence is None:
        return []
    return [Condition(f"{confidence.identifier} BETWEEN ? AND ?", list(filters.confidence))]


def _column(rows: Rows, wanted: ColumnFilter) -> list[Condition]:
    text = rows.text(wanted.column)
    pieces = []
    if wanted.one_of is not None:
        values = [value for value in wanted.one_of if value is not None]
        blank = f" OR {text} IS NULL OR {text} = ''" if None in wanted.one_of else ""
        pieces.append(Condition(f"{text} IN (SELECT unnest(CAST(? AS VARCHAR[]))){blank}", [values]))
    if wanted.contains:
        pieces.append(Condition(f"contains(lower({text}), lower(?))", [wanted.contains]))
    return pieces


def _state(rows: Rows, filters: ResultFilters) -> list[Condition]:
    error = rows.output("error")
    if filters.state == "all" or error is None:
        return []
    name = error.identifier
    sql = {
        "scored": f"{name} IS NULL",
        "skipped": f"starts_with({name}, '{SKIPPED_PREFIX}')",
        "failed": f"NOT starts_with({name}, '{SKIPPED_PREFIX}') AND {name} <> '{NOT_SCORED}'",
    }[filters.state]
    return [Condition(sql, [])]


def _disagreement(rows: Rows, filters: ResultFilters) -> list[Condition]:
    prediction = rows.output("prediction")
    if filters.disagrees_with is None or prediction is None:
        return []
    text = rows.text(filters.disagrees_with)
    truths = rows.truths(filters.disagrees_with)
    sql = f"list_extract(CAST(? AS VARCHAR[]), list_position(CAST(? AS VARCHAR[]), {text})) <> {prediction.text}"
    return [Condition(sql, [list(truths.values()), list(truths)])]


def _outputs(rows: Rows, filters: ResultFilters) -> list[Condition]:
    """Conditions on outputs that only some tasks have; a run without the output is not asked."""
    filled = [column for name in filters.filled if (column := rows.output(name))]
    pieces = [Condition(f"{column.identifier} IS NOT NULL", []) for column in filled]
    items = rows.output("entities")
    if filters.item_labels and items is not None:
        sql = f"list_has_any([item.label FOR item IN {items.identifier}], CAST(? AS VARCHAR[]))"
        pieces.append(Condition(sql, [list(filters.item_labels)]))
    return pieces


def _search(rows: Rows, search: str) -> list[Condition]:
    if not search:
        return []
    texts = [column.identifier for column in rows.columns if column.kind == "text"]
    sql = " OR ".join(f"contains(lower({text}), lower(?))" for text in texts) or "false"
    return [Condition(sql, [search] * len(texts))]
