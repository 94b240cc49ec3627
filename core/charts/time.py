"""Labels over time."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from core.charts import words
from core.charts.figure import DASHES, GREY, MARKERS, MOST_TRACES, framed, label_order, legend_lines, other_name

FREQUENCIES = {"day": "D", "week": "W-MON", "month": "MS", "quarter": "QS", "year": "YS"}
FORMATS = {"day": "%-d %b %Y", "week": "week of %-d %b %Y", "month": "%B %Y", "quarter": "quarter from %b %Y", "year": "%Y"}
FEW_ROWS = 5


def over_time(
    counts: pd.DataFrame, labels: Sequence[str] | None = None, *, granularity: str | None = None, column: str = "", as_share: bool = True
) -> go.Figure:
    """A line for each label: its share of the rows of each period, or their number.

    Args:
        counts: columns period (first day of it), label, rows.
        labels: the model's labels in order.
        granularity: day, week, month, quarter or year; found from the periods without it.
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
    """The coarsest step that the periods' first days allow."""
    days = pd.DatetimeIndex(index)
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
    """The finding is the label whose share moves most between two periods with enough rows, and when."""
    if not found:
        return "No scored row has a date", "Line chart of predicted labels over time: no rows with a date."
    enough = totals[totals >= min(FEW_ROWS, totals.max())].index
    shares = table.loc[enough].div(totals[enough], axis=0)
    moved = (shares.max() - shares.min()).sort_values(ascending=False, kind="stable")
    label = moved.index[0]
    low, high = sorted([shares[label].idxmin(), shares[label].idxmax()])
    named = words.elided(label, words.TICK_LETTERS)
    when = FORMATS[granularity]
    span = f"{table.index[0].strftime(when)} to {table.index[-1].strftime(when)}"
    alt = f"Line chart of predicted labels by {granularity}, {span}, {words.rows(totals.sum())}. "
    alt += " ".join(
        f"{words.elided(one)}: {words.share(shares[one].iloc[0], 1)} at first, {words.share(shares[one].iloc[-1], 1)} at last, "
        f"highest {words.share(shares[one].max(), 1)} in {shares[one].idxmax().strftime(when)}."
        for one in list(moved.index)[:5]
    )
    if moved.iloc[0] == 0 or len(enough) < 2:
        return f"{words.share(shares[label].iloc[0], 1)} {named}, {span}", alt
    first, second = words.share(shares[label][low], 1), words.share(shares[label][high], 1)
    return f"{named}: from {first} ({low.strftime(when)}) to {second} ({high.strftime(when)})", alt
