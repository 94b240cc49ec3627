"""Reading a column of text as dates, whatever way they are written, without guessing silently."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

SAMPLE = 2_000
PERIODS = 60
ROWS_PER_PERIOD = 5
TEN_MINUTES = "10 minutes"
GRANULARITIES = ("minute", TEN_MINUTES, "hour", "day", "week", "month", "quarter", "year")
DAYS = {"minute": 1 / 1440, TEN_MINUTES: 1 / 144, "hour": 1 / 24, "day": 1, "week": 7, "month": 30.4, "quarter": 91.3, "year": 365.2}

_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_NAMED_DAYS = ("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y", "%d-%b-%y", "%d-%b-%Y", "%d. %B %Y")
_STAMPS = ("%a, %d %b %Y %H:%M:%S", "%a, %d %b %Y %H:%M:%S +0000", "%a, %d %b %Y %H:%M:%S GMT", "%a %b %d %H:%M:%S +0000 %Y")
_OTHERS = (*_STAMPS, "%a %b %d %H:%M:%S %Y", "%Y%m%d", "%Y-%m", "%Y/%m", "%b %Y", "%B %Y", "%m/%Y", "%b-%y", "%Y")


def _numeric(first: str, second: str) -> tuple[str, ...]:
    # two-digit years first: "%m/%d/%Y" would read the year 99 in 1/11/99
    return tuple(f"{first}{mark}{second}{mark}{year}{clock}" for mark in "/-." for year in ("%y", "%Y") for clock in _CLOCKS)


MONTH_FIRST = _numeric("%m", "%d")
DAY_FIRST = _numeric("%d", "%m")
NAMED = tuple(day + clock for day in _NAMED_DAYS for clock in _CLOCKS) + tuple(f"%Y/%m/%d{clock}" for clock in _CLOCKS) + _OTHERS


@dataclass(frozen=True)
class DateReading:
    """How a column's text is read.

    Attributes:
        formats: strptime formats tried after ISO 8601.
        order: which of two numbers is the month, where the column holds such dates; ``None`` where there is no doubt.
        ambiguous: nothing in the column decides between the two orders.
        share: share of the sampled values that are read.
    """

    formats: tuple[str, ...] = ()
    order: str | None = None
    ambiguous: bool = False
    share: float = 1.0

    def expression(self, column: str) -> tuple[str, list[object]]:
        """SQL giving a TIMESTAMP or null, and its parameters. ``column`` is an identifier of ours."""
        text = f"trim({column})"
        iso = _iso(text)
        if not self.formats:
            return iso, []
        return f"COALESCE({iso}, {_dated(text, f'try_strptime({text}, CAST(? AS VARCHAR[]))')})", [list(self.formats)]


def find_reading(connection: duckdb.DuckDBPyConnection, relation: str, column: str) -> DateReading:
    """Chooses the formats that read the most values of a text column.

    Between month first and day first the whole column decides: one 25/12 settles it. Where nothing does, the month
    comes first and ``ambiguous`` says so.
    """
    values = _sample(connection, relation, column)
    if not values:
        return DateReading(share=0.0)
    named = _useful(connection, values, NAMED)
    month, day = _useful(connection, values, MONTH_FIRST), _useful(connection, values, DAY_FIRST)
    order, ambiguous, chosen = None, False, ()
    if month or day:
        counts = [_count_read(connection, relation, column, formats) for formats in (month, day)]
        ambiguous = counts[0] == counts[1]
        order, chosen = ("month first", month) if counts[0] >= counts[1] else ("day first", day)
    formats = (*chosen, *named)
    reading = DateReading(formats, order, ambiguous)
    sql, parameters = reading.expression("value")
    read = connection.execute(f"SELECT count({sql}) FROM (SELECT unnest(?) AS value)", [*parameters, values]).fetchall()[0][0]
    return DateReading(formats, order, ambiguous, read / len(values))


def granularity_of(days: float, rows: int, whole_days: bool) -> str:
    """The finest step that gives a chart neither too many periods nor too few rows in each.

    Args:
        days: from the first to the last moment.
        rows: how many have one.
        whole_days: none of them has a time of the day.
    """
    most = max(2.0, min(PERIODS, rows / ROWS_PER_PERIOD))
    steps = GRANULARITIES[GRANULARITIES.index("day") :] if whole_days else GRANULARITIES
    return next((name for name in steps if days / DAYS[name] + 1 <= most), "year")


def period_of(stamp: str, granularity: str) -> str:
    """SQL giving the start of the period that ``stamp``, SQL for a TIMESTAMP, lies in."""
    if granularity == TEN_MINUTES:
        return f"time_bucket(INTERVAL '10 minutes', {stamp})"
    return f"date_trunc('{GRANULARITIES[GRANULARITIES.index(granularity)]}', {stamp})"


def _sample(connection: duckdb.DuckDBPyConnection, relation: str, column: str) -> list[str]:
    filled = f"SELECT trim({column}) AS value FROM {relation} WHERE trim({column}) <> '' LIMIT {10 * SAMPLE}"
    sql = f"SELECT DISTINCT value FROM ({filled}) LIMIT {SAMPLE}"
    return [row[0] for row in connection.execute(sql).fetchall()]


def _useful(connection: duckdb.DuckDBPyConnection, values: list[str], formats: tuple[str, ...]) -> tuple[str, ...]:
    """The formats that read at least one value that ISO 8601 does not."""
    counts = ", ".join("count(try_strptime(value, ?))" for _ in formats)
    sql = f"SELECT {counts} FROM (SELECT unnest(?) AS value) WHERE {_iso('value')} IS NULL"
    row = connection.execute(sql, [*formats, values]).fetchall()[0]
    return tuple(name for name, read in zip(formats, row, strict=True) if read)


def _count_read(connection: duckdb.DuckDBPyConnection, relation: str, column: str, formats: tuple[str, ...]) -> int:
    if not formats:
        return 0
    sql = f"SELECT count(try_strptime(value, CAST(? AS VARCHAR[]))) FROM (SELECT DISTINCT trim({column}) AS value FROM {relation})"
    return connection.execute(sql, [list(formats)]).fetchall()[0][0]


def _iso(text: str) -> str:
    """ISO 8601, to a TIMESTAMP or null. DuckDB alone would read 5/6/25 as the year 5."""
    return _dated(text, f"TRY_CAST({text} AS TIMESTAMP)")


def _dated(text: str, timestamp: str) -> str:
    """``timestamp`` where it lies in the years 1000 to 2999 and ``text`` is none of the words that DuckDB takes for times."""
    believable = f"list_filter([{timestamp}], lambda t: t >= TIMESTAMP '1000-01-01' AND t < TIMESTAMP '3000-01-01')[1]"
    return f"CASE WHEN lower({text}) NOT IN ('infinity', '-infinity', 'epoch') THEN {believable} END"
