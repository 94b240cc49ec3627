"""What a model says of one text: a bar for each label, one for each of two answers that are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts import words
from core.charts.figure import BAR_PIXELS, FRAME_PIXELS, MOST_LABELS, framed, legend_lines, pattern

MORE = 1.22  # room for the number beside the longest bar
MOST_PAIRS = 12  # labels with two bars each
TWO_PIXELS = 50  # of such a pair


def label_scores(
    labels: Sequence[str],
    series: Mapping[str, Sequence[float]],
    *,
    finding: str,
    logits: Mapping[str, Sequence[float]] | None = None,
    thresholds: Sequence[float] = (),
    probability: bool = True,
    whole: bool = True,
) -> go.Figure:
    """Horizontal bars, the likeliest label of the first answer first; at most twenty labels, or twelve with two bars each.

    Args:
        labels: names of the outputs, of the same order as the numbers.
        series: name of each answer to its numbers; one or two.
        finding: the title.
        logits: of the same answers, for the hover.
        thresholds: from which probability on each label is predicted; a mark on its bar.
        probability: the numbers are probabilities, from 0 to 1.
        whole: the axis of probabilities reaches 1; else it ends where the longest bar does.
    """
    table = np.asarray(list(series.values()), np.float64)
    pairs = len(series) > 1
    order = np.argsort(-table[0], kind="stable")[: MOST_PAIRS if pairs else MOST_LABELS]
    figure = go.Figure()
    written = "{:.1%}" if probability else "{:.3g}"
    for number, (name, values) in enumerate(zip(series, table, strict=True)):
        logit = np.asarray((logits or {}).get(name, values), np.float64)
        figure.add_bar(
            x=values[order],
            y=list(range(len(order))),
            orientation="h",
            name=words.shown(name, words.TICK_LETTERS),
            text=[written.format(value) for value in values[order]],
            textposition="outside",
            cliponaxis=False,
            marker={"pattern": pattern(number)},
            customdata=[
                (words.shown(labels[place]), written.format(values[place]), f"{logit[place]:.3f}", words.shown(name)) for place in order
            ],
            hovertemplate="%{customdata[0]}<br>%{customdata[1]}, logit %{customdata[2]}<extra>%{customdata[3]}</extra>",
        )
    if len(thresholds):
        _marks(figure, np.asarray(thresholds)[order], [words.shown(labels[place]) for place in order])
    _axes(figure, table[:, order], words.ticks(labels[place] for place in order), probability, whole)
    legend = pairs or bool(len(thresholds))
    height = FRAME_PIXELS + (TWO_PIXELS if pairs else BAR_PIXELS) * max(len(order), 1) + 24 * legend_lines(list(series)) * legend
    return framed(figure, finding=finding, alt=_alt(labels, series, order, written), height=height, legend=legend)


def _marks(figure: go.Figure, thresholds: np.ndarray, names: Sequence[str]) -> None:
    """A line across each bar, from where on its label is predicted."""
    figure.add_scatter(
        x=thresholds,
        y=list(range(len(thresholds))),
        mode="markers",
        name="predicted from here on",
        marker={"symbol": "line-ns-open", "size": 18, "line": {"width": 2}},
        customdata=list(names),
        hovertemplate="%{customdata} is predicted from %{x:.1%} on<extra></extra>",
    )


def _axes(figure: go.Figure, table: np.ndarray, names: Sequence[str], probability: bool, whole: bool) -> None:
    low, high = float(table.min(initial=0.0)), float(table.max(initial=0.0))
    span = [0, (1.0 if whole else high) * MORE] if probability else [low * MORE, high * MORE if high > 0 else 0]
    ticks = {"tickformat": ".0%", "tickvals": [0, 0.25, 0.5, 0.75, 1]} if probability and whole else {}
    ticks |= {"tickformat": ".0%" if high > 0.05 else ".2%", "nticks": 5} if probability and not whole else {}
    figure.update_layout(barmode="group", bargap=0.25)
    figure.update_xaxes(title_text="Probability" if probability else "Output", range=span, **ticks)
    figure.update_yaxes(tickvals=list(range(len(names))), ticktext=names, autorange="reversed", showgrid=False, zeroline=False)


def _alt(labels: Sequence[str], series: Mapping[str, Sequence[float]], order: np.ndarray, written: str) -> str:
    said = [
        f"{words.elided(name)}: {', '.join(f'{words.elided(labels[place])} {written.format(values[place])}' for place in order)}"
        for name, values in series.items()
    ]
    more = f" Another {len(labels) - len(order)} labels are not drawn." if len(labels) > len(order) else ""
    return f"Bar chart of a score for each label. {'; '.join(said)}.{more}"
