"""Labels over time."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from core.charts import words
from core.charts.change import ENOUGH_ROWS, clearly_differ
from core.charts.figure import DASHES, GREY, MARKERS, MOST_TRACES, framed, label_order, legend_lines, other_name

TEN_MINUTES = "10 minutes"
FREQUENCIES = {
    "minute": "min",
    TEN_MINUTES: "10min",
    "hour": "h",
    "day": "D",
    "week": "W-MON",
    "month": "MS",
    "quarter": "QS",
    "year": "YS",
}
_CLOCK = "%-d %b %Y, %H:%M"
FORMATS = {
    **dict.fromkeys(("minute", TEN_MINUTES, "hour"), _CLOCK),
    "day": "%-d %b %Y",
    "week": "week of %-d %b %Y",
    "month": "%B %Y",
    "quarter": "quarter from %b %Y",
    "year": "%Y",
}


def over_time(
    counts: pd.DataFrame, labels: Sequence[str] | None = None, *, granularity: str | None = None, column: str = "", as_share: bool = True
) -> go.Figure:
    """A line for each label: its share of the rows of each period, or their number.

    Args:
        counts: columns period (its start), label, rows.
        labels: the model's labels in order.
        granularity: minute, 10 minutes, hour, day, week, month, quarter or year; found from the periods without it.
        column: name of the column of dates.
        as_share: shares; counts without. A period without rows is a gap, not a zero.
    """
    table = counts.pivot_table(index="period", columns="label", values="rows", aggfunc="sum", fill_value=0)
    granularity = granularity or _granularity(table.index)
    table = _with_gaps(table, granularity)
    totals = table.sum(axis=1)
    found = {label: float(rows) for label, rows in table.sum().items()}
    order, rest = label_order(found, labels, MOST_TRACES)
    figure = go.Figure()
    periods = [period.strftime(FORMATS[granularity]) for period in table.index]
    for number, label in enumerate([*order, *([None] if rest else [])]):
        rows = table[rest].sum(axis=1) if label is None else table[label] if label in table else totals * 0
        _line(figure, number, table.index, rows, totals, periods, label, rest, as_share)
    figure.update_layout(hovermode="closest")
    figure.update_xaxes(
        title_text=f"{words.shown(column, words.TICK_LETTERS)}, by {granularity}" if column else granularity.capitalize(),
        type="date",
        nticks=8,
    )
    figure.update_yaxes(title_text="Share of rows" if as_share else "Rows", rangemode="tozero", tickformat=".0%" if as_share else ",")
    if as_share:
        figure.update_yaxes(range=[0, 1.03])
    finding, alt = _words(table, totals, found, granularity)
    return framed(figure, finding=finding, alt=alt, height=340 + 20 * legend_lines(order), legend=True)


def _line(
    figure: go.Figure,
    number: int,
    index: pd.Index,
    rows: pd.Series,
    totals: pd.Series,
    periods: list[str],
    label: str | None,
    rest: Sequence[str],
    as_share: bool,
) -> None:
    color = {"color": GREY} if label is None else {}
    name = other_name(rest) if label is None else words.shown(label, words.TICK_LETTERS)
    whole = name if label is None else words.shown(label)
    values = (rows / totals) if as_share else rows.where(totals > 0, 0)
    figure.add_scatter(
        x=[period.isoformat() for period in index],
        y=[None if pd.isna(value) else float(value) for value in values],
        mode="lines+markers",
        connectgaps=False,
        name=name,
        line={"dash": DASHES[number % len(DASHES)], "width": 2, **color},
        marker={"symbol": MARKERS[number % len(MARKERS)], "size": 7, **color},
        customdata=list(zip([whole] * len(index), periods, rows.astype(int), totals.astype(int), strict=True)),
        hovertemplate="%{customdata[1]}<br>%{customdata[0]}: %{customdata[2]:,} of %{customdata[3]:,} rows<extra></extra>",
    )


def _granularity(index: pd.Index) -> str:
    """The coarsest step that the periods' starts allow."""
    days = pd.DatetimeIndex(index)
    if len(days) and (days.normalize() != days).any():
        return "hour" if (days.minute == 0).all() else "minute"
    if len(days) and (days.day == 1).all():
        return "year" if (days.month == 1).all() and len(days) > 1 else "month"
    return "week" if len(days) and (days.dayofweek == 0).all() else "day"


def _with_gaps(table: pd.DataFrame, granularity: str) -> pd.DataFrame:
    if table.empty:
        return table
    index = pd.DatetimeIndex(table.index)
    whole = pd.date_range(index.min(), index.max(), freq=FREQUENCIES[granularity])
    table.index = index
    return table.reindex(whole.union(index), fill_value=0) if len(whole) <= 5_000 else table


def _words(table: pd.DataFrame, totals: pd.Series, found: dict[str, float], granularity: str) -> tuple[str, str]:
    """The finding is a change that is more than chance, or that there is none to tell of."""
    if not found:
        return "No scored row has a date", "Line chart of predicted labels over time: no rows with a date."
    when, total = FORMATS[granularity], totals.sum()
    filled = totals.index[totals > 0]
    first, last = filled[0], filled[-1]
    frequent = sorted(found, key=lambda label: -found[label])
    shares = words.apart(f"{words.share(found[label], total)} {words.elided(label, words.TICK_LETTERS)}" for label in frequent[:3])
    if len(filled) == 1:
        finding = f"One {_step(granularity)} only ({first.strftime(when)}), so no trend: {shares}"
    else:
        finding = _change(table, totals, granularity) or _no_change(table, totals, granularity)
    span = f"{first.strftime(when)} to {last.strftime(when)}"
    alt = f"Line chart of predicted labels by {granularity}, {span}, {words.rows(total)}. {finding}. "
    alt += " ".join(
        f"{words.elided(label)}: {words.share(found[label], total)} in all, "
        f"{words.share(table[label][first], totals[first])} of {words.rows(totals[first])} at first, "
        f"{words.share(table[label][last], totals[last])} of {words.rows(totals[last])} at last."
        for label in frequent[:5]
    )
    return finding, alt


def _sides(totals: pd.Series) -> list[tuple[pd.Index, pd.Index]]:
    """What is compared: the first period with the last, then the first half of the time with the second; with enough rows each."""
    filled = totals.index[totals > 0]
    middle = filled[0] + (filled[-1] - filled[0]) / 2
    sides = [(filled[:1], filled[-1:]), (filled[filled < middle], filled[filled >= middle])]
    return [(before, after) for before, after in sides if min(totals[before].sum(), totals[after].sum()) >= ENOUGH_ROWS]


def _no_change(table: pd.DataFrame, totals: pd.Series, granularity: str) -> str:
    why = "no clear change" if _sides(totals) else f"too few rows per {_step(granularity)} to tell a change"
    return f"Share of each label by {granularity}, {_steps(len(table), granularity)}: {why}"


def _change(table: pd.DataFrame, totals: pd.Series, granularity: str) -> str:
    """The label whose share moved most, where it is beyond chance; nothing where none is."""
    when = FORMATS[granularity]
    for number, (before, after) in enumerate(sides := _sides(totals)):
        rows = float(totals[before].sum()), float(totals[after].sum())
        moves = []
        for label in table.columns:
            parts = float(table.loc[before, label].sum()), float(table.loc[after, label].sum())
            if clearly_differ(parts[0], rows[0], parts[1], rows[1], comparisons=len(table.columns) * len(sides)):
                moves.append((abs(parts[0] / rows[0] - parts[1] / rows[1]), -number, label, parts))
        if not moves:
            continue
        _, _, label, parts = max(moves, key=lambda move: move[:2])
        named = words.elided(label, words.TICK_LETTERS)
        shares = words.share(parts[0], rows[0]), words.share(parts[1], rows[1])
        if len(before) == 1 and len(after) == 1:
            return f"{named}: from {shares[0]} ({before[0].strftime(when)}) to {shares[1]} ({after[0].strftime(when)})"
        return f"{named}: {shares[0]} before {after[0].strftime(when)}, {shares[1]} since"
    return ""


def _step(granularity: str) -> str:
    return "step of 10 minutes" if granularity == TEN_MINUTES else granularity


def _steps(number: int, granularity: str) -> str:
    return f"{number:,} steps" if granularity == TEN_MINUTES else f"{number:,} {granularity}{'' if number == 1 else 's'}"
