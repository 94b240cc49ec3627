"""How good predictions are: the confusion table, and metrics with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts import words
from core.charts.figure import MOST_LABELS, bars_height, framed, other_name
from core.charts.intervals import interval_words

CELLS_WITH_TEXT = 8
SMALL_TICKS = 9  # pixels; twenty names stand side by side on a telephone


def confusion(
    labels: Sequence[str], counts: Sequence[Sequence[int]], *, chosen: Sequence[str] | None = None, cells: bool = False
) -> go.Figure:
    """Heat map of the truth (rows) against the prediction (columns): counts, coloured by the share of their row.

    Args:
        labels: of both axes.
        counts: ``[labels, labels]``, the truth in rows.
        chosen: labels that get a row and a column of their own, at most 20; the most frequent ones without it.
        cells: a click chooses a cell: its point begins its ``customdata`` with the places of both in ``labels``, ``None`` for "other".
    """
    table = np.asarray(counts, dtype=np.int64).reshape(len(labels), len(labels))
    places_of, names, table = _grouped(list(labels), table, chosen)
    whole = [words.shown(name) for name in names]
    sums = table.sum(1, keepdims=True)
    shares = np.divide(table, sums, out=np.zeros(table.shape), where=sums > 0)
    texts = [[f"{table[i, j]:,}<br>{shares[i, j]:.0%}" for j in range(len(names))] for i in range(len(names))]
    places = list(range(len(names)))
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=places,
            y=places,
            zmin=0,
            zmax=1,
            text=texts if len(names) <= CELLS_WITH_TEXT else None,
            texttemplate="%{text}" if len(names) <= CELLS_WITH_TEXT else None,
            xgap=2,
            ygap=2,
            customdata=[[(whole[i], whole[j], int(table[i, j]), int(sums[i, 0])) for j in places] for i in places],
            hovertemplate="your label: %{customdata[0]}<br>prediction: %{customdata[1]}<br>"
            "%{customdata[2]:,} of %{customdata[3]:,} rows (%{z:.1%})<extra></extra>",
            showscale=False,  # its bar would take half of a telephone's width
        )
    )
    axis = {
        "tickvals": places,
        "ticktext": words.ticks(names, 16 if len(names) <= CELLS_WITH_TEXT else 12),
        "showgrid": False,
        "zeroline": False,
    }
    if len(names) > CELLS_WITH_TEXT:
        axis["tickfont"] = {"size": SMALL_TICKS}
    by_colour = "" if len(names) <= CELLS_WITH_TEXT else " (colour: share of row)"
    figure.update_xaxes(
        title_text=f"Prediction{by_colour}", **axis, tickangle=0 if len(names) <= 2 else -45 if len(names) <= CELLS_WITH_TEXT else -90
    )
    figure.update_yaxes(title_text="Your label", **axis, autorange="reversed")
    finding, alt = _confusion_words(list(labels), np.asarray(counts, dtype=np.int64).reshape(len(labels), len(labels)))
    if cells:
        _points(figure, [*places_of, *[None] * (len(names) - len(places_of))])
    height = 140 + max(150, min(70, max(24, 420 // max(len(names), 1))) * len(names))
    return framed(figure, finding=finding, alt=alt, height=height, legend=False)


def metric_intervals(metrics: Mapping[str, Mapping], titles: Mapping[str, str] | None = None) -> go.Figure:
    """A dot for each metric and a line for its 95 % interval; a metric without a value is left out.

    Args:
        metrics: name to {value, low, high, n}.
        titles: name to the title to show.
    """
    known = [(name, figure) for name, figure in metrics.items() if figure["value"] is not None]
    names = [words.elided((titles or {}).get(name, name)) for name, _ in known]
    values = [figure["value"] for _, figure in known]
    lows = [figure["value"] if figure["low"] is None else figure["low"] for _, figure in known]
    highs = [figure["value"] if figure["high"] is None else figure["high"] for _, figure in known]
    texts = [interval_words(figure) for _, figure in known]
    figure = go.Figure(
        go.Scatter(
            x=values,
            y=list(range(len(known))),
            mode="markers+text",
            text=[f"{value:.3f}" for value in values],
            textposition="top center",
            cliponaxis=False,
            marker={"size": 10},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [max(0.0, high - value) for high, value in zip(highs, values, strict=True)],
                "arrayminus": [max(0.0, value - low) for low, value in zip(lows, values, strict=True)],
                "thickness": 2,
                "width": 6,
            },
            customdata=[(words.shown(name), text, facts["n"]) for name, text, (_, facts) in zip(names, texts, known, strict=True)],
            hovertemplate="%{customdata[0]}<br>%{customdata[1]}<br>%{customdata[2]:,} rows<extra></extra>",
        )
    )
    low, high = min([0.0, *lows]), max([1.0, *highs])
    figure.update_xaxes(title_text="Value, with 95 % interval", range=[low, high * 1.05])
    figure.update_yaxes(
        tickvals=list(range(len(known))), ticktext=words.ticks(names, 24), range=[len(known) - 0.5, -0.7], showgrid=False, zeroline=False
    )
    finding = f"{names[0]} {texts[0]}" if known else "No metric is defined for these rows"
    alt = "Metrics with 95 % intervals. " + " ".join(f"{name}: {text}." for name, text in zip(names, texts, strict=True))
    return framed(figure, finding=finding, alt=alt, height=bars_height(len(known)) + 14 * len(known), legend=False)


def _points(figure: go.Figure, places: Sequence[int | None]) -> None:
    """A point in the middle of each cell, seen only when chosen: cells of a heat map cannot be selected, points can.

    With no limit to the distance a click or a hover finds the nearest point, and that is the one of the cell under the pointer.
    """
    heat = figure.data[0]
    size = len(places)
    figure.add_scatter(
        x=[j for _ in range(size) for j in range(size)],
        y=[i for i in range(size) for _ in range(size)],
        mode="markers",
        marker={"symbol": "square-open", "size": 44 if size <= CELLS_WITH_TEXT else 14, "opacity": 0, "line": {"width": 3}},
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 0}},
        customdata=[(places[i], places[j], *heat.customdata[i][j], heat.z[i][j]) for i in range(size) for j in range(size)],
        hovertemplate="your label: %{customdata[2]}<br>prediction: %{customdata[3]}<br>"
        "%{customdata[4]:,} of %{customdata[5]:,} rows (%{customdata[6]:.1%})<extra></extra>",
        showlegend=False,
    )
    heat.update(hoverinfo="skip", hovertemplate=None)
    figure.update_xaxes(range=[-0.5, size - 0.5])  # points would get room of their own at the sides
    figure.update_yaxes(range=[size - 0.5, -0.5], autorange=False)
    figure.update_layout(hoverdistance=-1, hovermode="closest", clickmode="event+select", dragmode=False)


def _grouped(labels: list[str], table: np.ndarray, chosen: Sequence[str] | None) -> tuple[list[int], list[str], np.ndarray]:
    """Places of the labels with a row of their own, names on the axes, and the table: one more row stands for all others, above 20."""
    if chosen is not None:
        picked = np.array([place for place, label in enumerate(labels) if label in set(chosen)][:MOST_LABELS], np.int64)
    elif len(labels) > MOST_LABELS:
        picked = np.sort(np.argsort(-(table.sum(0) + table.sum(1)), kind="stable")[:MOST_LABELS])
    else:
        picked = np.arange(len(labels))
    names = [labels[place] for place in picked]
    rest = np.setdiff1d(np.arange(len(labels)), picked)
    if not len(rest):
        return picked.tolist(), names, table
    group = np.full(len(labels), len(names))
    group[picked] = np.arange(len(names))
    small = np.zeros((len(names) + 1, len(names) + 1), np.int64)
    np.add.at(small, (group[:, None], group[None, :]), table)
    return picked.tolist(), [*names, other_name([labels[place] for place in rest])], small


def _confusion_words(labels: list[str], table: np.ndarray) -> tuple[str, str]:
    total, right = int(table.sum()), int(np.trace(table))
    if not total:
        return "No row has both a label and a prediction", "Confusion table without rows."
    agree = words.share(right, total)
    finding = f"{agree[:1].upper()}{agree[1:]} of {words.rows(total)} agree with your label"
    wrong = table.copy()
    np.fill_diagonal(wrong, 0)
    worst = [divmod(int(place), len(labels)) for place in np.argsort(-wrong, axis=None, kind="stable")[:3]]
    mistakes = [f"{words.elided(labels[i])} taken for {words.elided(labels[j])} {wrong[i, j]:,} times" for i, j in worst if wrong[i, j]]
    alt = f"Heat map of your labels against predictions: {right:,} of {total:,} rows agree."
    return finding, f"{alt} Most frequent mistakes: {words.listing(mistakes)}." if mistakes else alt
