"""The map of texts: a point for each, coloured and shaped by its cluster."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from core.charts import words
from core.charts.figure import GREY, MARKERS, MOST_TRACES, framed, label_order, legend_lines, other_name

HEIGHT = 480
POINT_PIXELS = 7


def flat_map(points: pd.DataFrame, *, rows: int, labels: Sequence[str] | None = None) -> go.Figure:
    """Points on a plane without axes: only nearness means something.

    Args:
        points: columns x, y, label (the cluster; ``None`` without one), text, row (number of the row in the table, from 1).
        rows: rows that have a place; ``points`` may be some of them.
        labels: all clusters, the largest first.
    """
    points = points.assign(label=points["label"].fillna("")).dropna(subset=["x", "y"])
    found = {str(label): float(count) for label, count in points["label"].value_counts(sort=False).items()}
    order, rest = label_order(found, labels, MOST_TRACES)
    figure = go.Figure()
    for number, label in enumerate([*order, *([None] if rest else [])]):
        mine = points[points["label"].isin(rest)] if label is None else points[points["label"] == label]
        name = other_name(rest) if label is None else words.shown(label, words.TICK_LETTERS)
        figure.add_scatter(
            x=mine["x"],
            y=mine["y"],
            mode="markers",
            name=name,
            marker={
                "size": POINT_PIXELS,
                "opacity": 0.8,
                "symbol": MARKERS[number % len(MARKERS)],
                **({"color": GREY} if label is None else {}),
            },
            customdata=[
                (words.shown(text), f"{row:,}", words.shown(cluster))
                for text, row, cluster in zip(mine["text"], mine["row"], mine["label"], strict=True)
            ],
            hovertemplate="row %{customdata[1]} · %{customdata[2]}<br>%{customdata[0]}<extra></extra>",
        )
    for update in (figure.update_xaxes, figure.update_yaxes):
        update(visible=False)
    figure.update_yaxes(scaleanchor="x")
    shown = words.rows(len(points)) if len(points) == rows else f"{len(points):,} of {words.rows(rows)}"
    finding, alt = _in_words(found, labels, shown)
    return framed(figure, finding=finding, alt=alt, height=HEIGHT + 20 * legend_lines(order), legend=bool(found.keys() - {""}))


def _in_words(found: dict[str, float], labels: Sequence[str] | None, shown: str) -> tuple[str, str]:
    named = {label: count for label, count in found.items() if label}
    if not named:
        return f"A map of {shown}: what lies together is alike", f"Scatter plot of {shown}; nearness means likeness."
    total = sum(named.values())
    largest = max(named, key=lambda label: (named[label], label))
    groups = f"{len(labels or named)} clusters"
    listed = words.apart(
        f"{words.elided(label)} {words.share(count, total)}" for label, count in sorted(named.items(), key=lambda one: -one[1])
    )
    finding = f"{groups} on a map of {shown}; the largest is {words.elided(largest, words.TITLE_LETTERS)}"
    return finding, f"Scatter plot of {shown} in {groups}; nearness means likeness. Share of each cluster: {listed}."
