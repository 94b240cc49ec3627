"""How good predictions are: the confusion table, and metrics with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts import words
from core.charts.figure import MOST_LABELS, bars_height, framed, other_name

CELLS_WITH_TEXT = 8


def confusion(labels: Sequence[str], counts: Sequence[Sequence[int]]) -> go.Figure:
    """Heat map of the truth (rows) against the prediction (columns): counts, coloured by the share of their row.

    Args:
        labels: of both axes.
        counts: ``[labels, labels]``, the truth in rows.
    """
    table = np.asarray(counts, dtype=np.int64).reshape(len(labels), len(labels))
    names, table = _frequent(list(labels), table)
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
            showscale=len(names) > CELLS_WITH_TEXT,
            colorbar={"tickformat": ".0%", "title": {"text": "Share of row"}, "thickness": 10},
        )
    )
    axis = {
        "tickvals": places,
        "ticktext": words.ticks(names, 16 if len(names) <= CELLS_WITH_TEXT else 12),
        "showgrid": False,
        "zeroline": False,
    }
    figure.update_xaxes(title_text="Prediction", **axis, tickangle=0 if len(names) <= 2 else -45 if len(names) <= CELLS_WITH_TEXT else -90)
    figure.update_yaxes(title_text="Your label", **axis, autorange="reversed")
    finding, alt = _confusion_words(list(labels), np.asarray(counts, dtype=np.int64).reshape(len(labels), len(labels)))
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
    texts = [_interval_words(figure) for _, figure in known]
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


def _interval_words(figure: Mapping) -> str:
    if figure["low"] is None or figure["high"] is None:
        return f"{figure['value']:.3f}"
    return f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"


def _frequent(labels: list[str], table: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Above 20 labels: the most frequent ones, and one row and column for all others."""
    if len(labels) <= MOST_LABELS:
        return labels, table
    weight = table.sum(0) + table.sum(1)
    chosen = np.sort(np.argsort(-weight, kind="stable")[:MOST_LABELS])
    rest = np.setdiff1d(np.arange(len(labels)), chosen)
    group = np.full(len(labels), MOST_LABELS)
    group[chosen] = np.arange(MOST_LABELS)
    small = np.zeros((MOST_LABELS + 1, MOST_LABELS + 1), np.int64)
    np.add.at(small, (group[:, None], group[None, :]), table)
    return [*(labels[place] for place in chosen), other_name([labels[place] for place in rest])], small


def _confusion_words(labels: list[str], table: np.ndarray) -> tuple[str, str]:
    total, right = int(table.sum()), int(np.trace(table))
    if not total:
        return "No row has both a label and a prediction", "Confusion table without rows."
    finding = f"{words.share(right, total)} of {words.rows(total)} agree with your label"
    wrong = table.copy()
    np.fill_diagonal(wrong, 0)
    worst = [divmod(int(place), len(labels)) for place in np.argsort(-wrong, axis=None, kind="stable")[:3]]
    mistakes = [f"{words.elided(labels[i])} taken for {words.elided(labels[j])} {wrong[i, j]:,} times" for i, j in worst if wrong[i, j]]
    alt = f"Heat map of your labels against predictions: {right:,} of {total:,} rows agree."
    return finding, f"{alt} Most frequent mistakes: {words.listing(mistakes)}." if mistakes else alt
