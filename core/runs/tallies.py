"""Counts for charts: each function asks one or two questions and returns a small frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from core.runs.columns import ResultColumn
from core.runs.conditions import Condition
from core.runs.dates import DateReading, granularity_of, period_of
from core.runs.duck import ROW
from core.runs.result import NOT_SCORED
from core.runs.source import VIEW

RANGES = 10
Ask = Callable[[Condition], pd.DataFrame]


@dataclass(frozen=True)
class Breakdown:
    """Predictions by the values of a column.

    Attributes:
        counts: columns value (``None`` for blank cells), label, rows; values in the order to show.
        other_values: distinct values beyond the ones shown.
        other: columns label, rows: predictions of the rows with those values.
        ranges: the values are ranges of numbers.
    """

    counts: pd.DataFrame
    other_values: int
    other: pd.DataFrame
    ranges: bool = False


@dataclass(frozen=True)
class TimeCounts:
    """Predictions by period.

    Attributes:
        counts: columns period (its start), label, rows; in order of time, periods without rows left out.
        granularity: minute, 10 minutes, hour, day, week, month, quarter or year.
        read: scored rows with a date; ``unread`` those whose cell is no date that is understood; ``blank`` the empty ones.
        order: "month first" or "day first" where numbers had to be told apart.
        ambiguous: nothing in the column told them apart.
    """

    counts: pd.DataFrame
    granularity: str
    read: int
    unread: int
    blank: int
    order: str | None = None
    ambiguous: bool = False


def label_counts(prediction: str, where: Condition) -> Condition:
    scored = f"{prediction} IS NOT NULL AND {where.sql}"
    return Condition(
        f"SELECT {prediction} AS label, count(*) AS rows FROM {VIEW} WHERE {scored} GROUP BY 1 ORDER BY 2 DESC, 1", where.parameters
    )


def confidence_histogram(confidence: str, prediction: str, where: Condition, bins: int) -> Condition:
    step = f"least(greatest(floor({confidence} * {int(bins)}), 0), {int(bins) - 1})"
    sql = (
        f"SELECT {step} / {int(bins)} AS low, ({step} + 1) / {int(bins)} AS high, {prediction} AS label, count(*) AS rows "
        f"FROM {VIEW} WHERE isfinite({confidence}) AND {prediction} IS NOT NULL AND {where.sql} GROUP BY ALL ORDER BY 1, 3"
    )
    return Condition(sql, where.parameters)


def places(x: str, y: str, label: str, text: str, where: Condition, limit: int) -> Condition:
    """Points of a map, evenly chosen: rows by the hash of their number, so that the same ones come each time."""
    sql = (
        f"SELECT {x} AS x, {y} AS y, {label} AS label, {text} AS text, {ROW} + 1 AS row FROM {VIEW} "
        f"WHERE isfinite({x}) AND {where.sql} ORDER BY hash({ROW}) LIMIT {int(limit)}"
    )
    return Condition(sql, where.parameters)


def items(items: str, fields: tuple[str, ...], where: Condition, limit: int) -> Condition:
    """How often the items of a list column have the same values in some fields, and in how many rows; the most frequent first.

    Args:
        fields: names of ours, never the user's.
    """
    named = ", ".join(f"item.{field} AS {field}" for field in fields)
    sql = (
        f"SELECT {named}, count(*) AS items, count(DISTINCT row) AS rows "
        f"FROM (SELECT unnest({items}) AS item, {ROW} AS row FROM {VIEW} WHERE {where.sql}) GROUP BY ALL "
        f"ORDER BY items DESC, {', '.join(fields)} LIMIT ?"
    )
    return Condition(sql, [*where.parameters, limit])


def lengths(text: str, where: Condition) -> Condition:
    """Rows for each number of words; blank cells are left out."""
    words, filled = f"len(regexp_split_to_array(trim({text}), '\\s+'))", f"nullif(trim({text}), '') IS NOT NULL"
    return Condition(
        f"SELECT {words} AS words, count(*) AS rows FROM {VIEW} WHERE {filled} AND {where.sql} GROUP BY 1 ORDER BY 1", where.parameters
    )


def values(text: str, contains: str, limit: int) -> Condition:
    sql = f"SELECT nullif({text}, '') AS value, count(*) AS rows FROM {VIEW} WHERE true"
    parameters: list[object] = []
    if contains:
        sql += f" AND contains(lower({text}), lower(?))"
        parameters.append(contains)
    return Condition(f"{sql} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?", [*parameters, limit])


def failures(error: str, skipped: str) -> Condition:
    kind = f"CASE WHEN starts_with({error}, '{skipped}') THEN 'skipped' WHEN {error} = '{NOT_SCORED}' THEN 'waiting' ELSE 'failed' END"
    sql = (
        f"SELECT {error} AS error, {kind} AS kind, count(*) AS rows, min({ROW}) AS first_row "
        f"FROM {VIEW} WHERE {error} IS NOT NULL GROUP BY 1 ORDER BY kind, rows DESC, error"
    )
    return Condition(sql, [])


def breakdown(ask: Ask, column: ResultColumn, prediction: str, where: Condition, top: int, numeric: bool) -> Breakdown:
    """Shares of labels in each value of ``column``; numbers with more than ``top`` distinct values are put into ranges."""
    text = f"nullif({column.text}, '')"
    scored = f"{prediction} IS NOT NULL AND {where.sql}"
    grouped = f"SELECT {text} AS value, count(*) AS rows FROM {VIEW} WHERE {scored} GROUP BY 1"
    totals = ask(
        Condition(
            f"WITH grouped AS MATERIALIZED ({grouped}) SELECT value, (SELECT count(*) FROM grouped) AS distinct_values "
            f"FROM grouped ORDER BY rows DESC, value NULLS LAST LIMIT {int(top)}",
            where.parameters,
        )
    )
    distinct = int(totals["distinct_values"].max()) if len(totals) else 0
    if numeric and distinct > top:
        return _ranges(ask, column, prediction, scored, where.parameters)
    chosen = [None if pd.isna(value) else value for value in totals["value"]]
    within = f"({text} IN (SELECT unnest(CAST(? AS VARCHAR[])))" + (f" OR {text} IS NULL)" if None in chosen else ")")
    parameters = [*where.parameters, [value for value in chosen if value is not None]]
    counts = ask(
        Condition(
            f"SELECT {text} AS value, {prediction} AS label, count(*) AS rows FROM {VIEW} WHERE {scored} AND {within} GROUP BY 1, 2",
            parameters,
        )
    )
    order = {value: place for place, value in enumerate(chosen)}
    places = [order[None if pd.isna(value) else value] for value in counts["value"]]
    counts = counts.assign(place=places).sort_values(["place", "label"]).drop(columns="place").reset_index(drop=True)
    everything = ask(Condition(f"SELECT {prediction} AS label, count(*) AS rows FROM {VIEW} WHERE {scored} GROUP BY 1", where.parameters))
    left = everything.set_index("label")["rows"].sub(counts.groupby("label")["rows"].sum(), fill_value=0).astype("int64")
    other = left[left > 0].rename_axis("label").reset_index(name="rows")
    return Breakdown(counts, distinct - len(chosen), other)


def _ranges(ask: Ask, column: ResultColumn, prediction: str, scored: str, parameters: list[object]) -> Breakdown:
    number = f"TRY_CAST({column.identifier} AS DOUBLE)"
    finite = f"CASE WHEN isfinite({number}) THEN {number} END"
    bounds = ask(Condition(f"SELECT min({finite}) AS low, max({finite}) AS high FROM {VIEW} WHERE {scored}", parameters)).iloc[0]
    low, width = float(bounds["low"]), (float(bounds["high"]) - float(bounds["low"])) / RANGES or 1.0
    counts = ask(
        Condition(
            f"SELECT CASE WHEN step >= {RANGES} THEN {RANGES - 1} ELSE step END AS step, label, count(*) AS rows "
            f"FROM (SELECT floor(({finite} - ?) / ?) AS step, {prediction} AS label FROM {VIEW} WHERE {scored}) "
            f"GROUP BY 1, 2 ORDER BY 1 NULLS LAST, 2",
            [low, width, *parameters],
        )
    )
    names = [None if pd.isna(step) else f"{low + step * width:.4g} to {low + (step + 1) * width:.4g}" for step in counts["step"]]
    counts = pd.DataFrame({"value": names, "label": counts["label"], "rows": counts["rows"]})
    return Breakdown(counts, 0, pd.DataFrame({"label": [], "rows": []}), ranges=True)


def over_time(
    ask: Ask, column: ResultColumn, reading: DateReading, prediction: str, where: Condition, granularity: str | None
) -> TimeCounts:
    """Counts by period; without ``granularity`` the finest that gives at most 60 periods with some rows each."""
    if column.kind == "time":
        stamp, parameters = f"CAST({column.identifier} AS TIMESTAMP)", []
    else:
        stamp, parameters = reading.expression(column.text)
    scored = f"{prediction} IS NOT NULL AND {where.sql}"
    inner = f"SELECT {stamp} AS stamp, {column.text} AS cell FROM {VIEW} WHERE {scored}"
    blank = "count(*) FILTER (nullif(trim(cell), '') IS NULL)"
    facts = ask(
        Condition(
            f"SELECT count(*) AS rows, count(stamp) AS read, {blank} AS blank, min(stamp) AS first, max(stamp) AS last, "
            f"coalesce(bool_and(stamp = date_trunc('day', stamp)), true) AS whole_days FROM ({inner})",
            [*parameters, *where.parameters],
        )
    ).iloc[0]
    read, blanks = int(facts["read"]), int(facts["blank"])
    days = (facts["last"] - facts["first"]) / pd.Timedelta(days=1) if read else 0.0
    granularity = granularity or granularity_of(days, read, bool(facts["whole_days"]))
    counts = ask(
        Condition(
            f"SELECT {period_of('stamp', granularity)} AS period, label, count(*) AS rows "
            f"FROM (SELECT {stamp} AS stamp, {prediction} AS label FROM {VIEW} WHERE {scored}) "
            f"WHERE stamp IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2",
            [*parameters, *where.parameters],
        )
    )
    return TimeCounts(counts, granularity, read, int(facts["rows"]) - read - blanks, blanks, reading.order, reading.ambiguous)
