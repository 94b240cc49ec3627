"""Bars: how many rows got each label, how sure the model was, and how labels differ between values of a column."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import pandas as pd
import plotly.graph_objects as go

from core.charts import words
from core.charts.change import ENOUGH_ROWS, clearly_differ
from core.charts.figure import GREY, MOST_TRACES, bars_height, framed, label_order, legend_lines, other_name, pattern


def label_counts(
    counts: pd.DataFrame, labels: Sequence[str] | None = None, *, counted: tuple[str, str] = ("scored row", "scored rows")
) -> go.Figure:
    """Rows for each label, the most frequent first, each bar named and numbered.

    Args:
        counts: columns label, rows.
        labels: the model's labels in order, which gives each its colour.
        counted: what is counted where it is not rows: one of them and several.
    """
    found = _by_label(counts)
    total = sum(found.values())
    order, rest = label_order(found, labels)
    bars = sorted(((found.get(label, 0), label) for label in order if found.get(label, 0) or len(order) <= 5), key=lambda bar: -bar[0])
    places = {label: place for place, (_, label) in enumerate(bars)}
    figure = go.Figure()
    for label in order:
        if label in places:
            _count_bar(figure, places[label], found.get(label, 0), total, words.shown(label))
    names = words.ticks(label for _, label in bars)
    if rest:
        names.append(other_name(rest))
        _count_bar(figure, len(bars), sum(found[label] for label in rest), total, names[-1], color=GREY)
    one, many = counted
    noun = many.rpartition(" ")[2]
    figure.update_xaxes(
        title_text=noun.capitalize(),
        rangemode="tozero",
        range=[0, max([rows for rows, _ in bars] + [sum(found[label] for label in rest), 1]) * 1.45],
    )
    figure.update_yaxes(tickvals=list(range(len(names))), ticktext=names, autorange="reversed", showgrid=False, zeroline=False)
    finding = f"{_shares(bars, total)} of {int(total):,} {one if total == 1 else many}" if total else "No row has a label yet"
    listed = words.apart(
        [f"{words.elided(label)} {int(rows):,} ({words.share(rows, total)})" for rows, label in bars] + _rest_words(rest, found)
    )
    alt = f"Bar chart of {noun} per predicted label, {int(total):,} {noun} in all: {listed}."
    return framed(figure, finding=finding, alt=alt, height=bars_height(len(names)), legend=False)


def confidence_histogram(counts: pd.DataFrame, labels: Sequence[str] | None = None) -> go.Figure:
    """Rows by confidence, stacked by label.

    Args:
        counts: columns low, high (bounds of each bin, 0 to 1), label, rows.
        labels: the model's labels in order.
    """
    found = _by_label(counts)
    total = sum(found.values())
    order, rest = label_order(found, labels, MOST_TRACES)
    figure = go.Figure()
    for number, label in enumerate([*order, *([None] if rest else [])]):
        mine = counts[counts["label"].isin(rest)] if label is None else counts[counts["label"] == label]
        mine = mine.groupby(["low", "high"], as_index=False)["rows"].sum()
        if mine.empty:
            figure.add_bar(x=[None], y=[None], showlegend=False)  # keeps the colours of the labels that follow
            continue
        name = other_name(rest) if label is None else words.shown(label, words.TICK_LETTERS)
        whole = name if label is None else words.shown(label)
        figure.add_bar(
            x=(mine["low"] + mine["high"]) / 2,
            y=mine["rows"],
            width=(mine["high"] - mine["low"]) * 0.94,
            name=name,
            marker={"pattern": pattern(number), **({"color": GREY} if label is None else {})},
            customdata=list(zip([whole] * len(mine), mine["low"], mine["high"], strict=True)),
            hovertemplate="%{customdata[0]}<br>confidence %{customdata[1]:.2f} to %{customdata[2]:.2f}<br>%{y:,} rows<extra></extra>",
        )
    figure.update_layout(barmode="stack", bargap=0)
    low = float(counts["low"].min()) if len(counts) else 0.0
    figure.update_xaxes(title_text="Confidence", range=[min(low, 0.5), 1.0], tickformat=".1f")
    figure.update_yaxes(title_text="Rows", rangemode="tozero")
    sure = float(counts.loc[counts["low"] >= 0.9 - 1e-9, "rows"].sum())
    unsure = float(counts.loc[counts["high"] <= 0.6 + 1e-9, "rows"].sum())
    finding = (
        f"{words.share(sure, total)} of {words.rows(total)} have a confidence of 0.9 or more" if total else "No row has a confidence yet"
    )
    alt = f"Histogram of confidence, {words.rows(total)}: {words.rows(sure)} at 0.9 or more, {words.rows(unsure)} at 0.6 or less."
    return framed(figure, finding=finding, alt=alt, height=320 + 20 * legend_lines(order), legend=True)


def breakdown(
    counts: pd.DataFrame,
    labels: Sequence[str] | None = None,
    *,
    column: str = "",
    other: pd.DataFrame | None = None,
    other_values: int = 0,
) -> go.Figure:
    """Share of each label among the rows of each value of a column, with the number of rows.

    Args:
        counts: columns value (``None`` for blank cells), label, rows; values in the order to draw.
        labels: the model's labels in order.
        column: name of the column.
        other: columns label, rows: the rows of values that are not in ``counts``; ``other_values`` how many those are.
    """
    values = [None if pd.isna(value) else value for value in counts["value"].drop_duplicates()]
    places = {value: place for place, value in enumerate(values)}
    table: dict[tuple[int, str], float] = {}
    for value, label, rows in zip(counts["value"], counts["label"], counts["rows"], strict=True):
        table[places[None if pd.isna(value) else value], label] = float(rows)
    names, whole = words.ticks(values), [words.shown(value) for value in values]
    if other is not None and len(other):
        table |= {(len(values), label): float(rows) for label, rows in zip(other["label"], other["rows"], strict=True)}
        names.append(f"other ({other_values:,} value{'' if other_values == 1 else 's'})")
        whole.append(names[-1])
    found: dict[str, float] = {}
    totals = [0.0] * len(names)
    for (place, label), rows in table.items():
        found[label] = found.get(label, 0) + rows
        totals[place] += rows
    order, rest = label_order(found, labels, MOST_TRACES)
    figure = go.Figure()
    for number, label in enumerate([*order, *([None] if rest else [])]):
        rows = [sum(table.get((place, one), 0) for one in (rest if label is None else [label])) for place in range(len(names))]
        _share_bars(figure, label, number, rows, totals, whole, other_name(rest) if label is None else None)
    figure.update_layout(barmode="stack")
    figure.update_xaxes(title_text="Share of rows", range=[0, 1], tickformat=".0%")
    ticktext = [f"{name} · {int(total):,}" for name, total in zip(names, totals, strict=True)]
    figure.update_yaxes(tickvals=list(range(len(names))), ticktext=ticktext, autorange="reversed", showgrid=False, zeroline=False)
    finding, alt = _breakdown_words(values, totals, table, found, column)
    return framed(figure, finding=finding, alt=alt, height=bars_height(len(names), legend_lines(order)), legend=True)


def _share_bars(
    figure: go.Figure, label: str | None, number: int, rows: list[float], totals: list[float], whole: list[str], other: str | None
) -> None:
    shares = [part / total if total else 0 for part, total in zip(rows, totals, strict=True)]
    figure.add_bar(
        x=shares,
        y=list(range(len(rows))),
        orientation="h",
        name=other or words.shown(label, words.TICK_LETTERS),
        marker={"pattern": pattern(number), **({"color": GREY} if other else {})},
        text=[f"{share:.0%}" if share >= 0.08 else "" for share in shares],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        constraintext="none",
        customdata=[(value, other or words.shown(label), part, total) for value, part, total in zip(whole, rows, totals, strict=True)],
        hovertemplate="%{customdata[0]}<br>%{customdata[1]}: %{customdata[2]:,} of %{customdata[3]:,} rows (%{x:.1%})<extra></extra>",
    )


def _count_bar(figure: go.Figure, place: int, rows: float, total: float, name: str, color: str | None = None) -> None:
    figure.add_bar(
        x=[rows],
        y=[place],
        orientation="h",
        marker={"color": color} if color else {},
        text=[f"{int(rows):,} · {words.share(rows, total)}"],
        textposition="outside",
        cliponaxis=False,
        customdata=[[name]],
        hovertemplate="%{customdata[0]}<br>%{x:,} rows<extra></extra>",
        width=0.7,
    )


def _by_label(counts: pd.DataFrame) -> dict[str, float]:
    return {label: float(rows) for label, rows in counts.groupby("label", sort=False)["rows"].sum().items()}


def _shares(bars: list[tuple[float, str]], total: float) -> str:
    """62 % positive, 38 % negative; semicolons stand between them where a name has a comma of its own."""
    named = [f"{words.share(rows, total)} {words.elided(label, words.TICK_LETTERS)}" for rows, label in bars[:3] if rows]
    return words.apart(named)


def _rest_words(rest: Sequence[str], found: dict[str, float]) -> list[str]:
    return [f"{other_name(rest)} {int(sum(found[label] for label in rest)):,}"] if rest else []


def _breakdown_words(
    values: list[object], totals: list[float], table: dict[tuple[int, str], float], found: dict[str, float], column: str
) -> tuple[str, str]:
    """The finding is about the label whose share differs most between two values, where that is beyond chance."""
    enough = [place for place in range(len(values)) if totals[place] >= ENOUGH_ROWS]
    by = f" by {words.elided(column, words.TICK_LETTERS)}" if column else ""
    if not totals:
        return f"No scored rows{by}", f"Stacked bars of predicted labels{by}: no rows."
    pairs = list(combinations(enough, 2))
    gaps = []
    for label in found:
        for one, other in pairs:
            parts = table.get((one, label), 0), table.get((other, label), 0)
            if clearly_differ(parts[0], totals[one], parts[1], totals[other], comparisons=len(pairs) * len(found)):
                shares = sorted([(parts[0] / totals[one], one), (parts[1] / totals[other], other)])
                gaps.append((shares[1][0] - shares[0][0], -found[label], label, shares[1], shares[0]))
    listed = "; ".join(
        f"{words.elided(values[place])}: "
        + ", ".join(f"{words.elided(label)} {words.share(table.get((place, label), 0), totals[place])}" for label in list(found)[:5])
        + f" of {words.rows(totals[place])}"
        for place in range(len(values))
    )
    alt = f"Stacked bars of the share of predicted labels{by}. {listed}."
    if not gaps:
        if len(values) < 2:
            return f"Share of each label{by}", alt
        return f"Share of each label{by}: {'no clear difference' if pairs else 'too few rows per value to tell a difference'}", alt
    _, _, label, (most, most_at), (least, least_at) = max(gaps, key=lambda gap: gap[:2])
    finding = (
        f"{words.elided(label, words.TICK_LETTERS)}: {words.share(most, 1)} in {words.elided(values[most_at], words.TICK_LETTERS)}, "
        f"{words.share(least, 1)} in {words.elided(values[least_at], words.TICK_LETTERS)}"
    )
    return finding, alt
