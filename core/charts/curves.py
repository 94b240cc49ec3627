"""Curves of probabilities: ROC, precision and recall, thresholds, and what it costs to answer every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from core.charts import words
from core.charts.figure import DASHES, GREY, MARKERS, MOST_TRACES, framed, legend_lines
from core.charts.intervals import interval_words

SQUARE = 420
WIDE = 340
GUESS = {"dash": "dot", "width": 1.5, "color": GREY}
ENDS = [-0.01, 1.02]
CURVE_MARKERS = 5


def roc(curves: Sequence[Mapping[str, Any]]) -> go.Figure:
    """ROC curves: the share of other rows given a label against the share of its own rows given it.

    Args:
        curves: mappings with ``label``, ``x``, ``y``, ``thresholds``, ``area`` {value, low, high, n} and ``base``; the first eight
            are drawn.
    """
    figure = go.Figure()
    _lines(figure, curves, "false alarms", "found")
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line=GUESS, name="guessing", hoverinfo="skip")
    figure.update_xaxes(title_text="False alarms: share of other rows", range=ENDS, tickformat=".0%")
    figure.update_yaxes(title_text="Found: share of its rows", range=ENDS, tickformat=".0%")
    return _framed(figure, curves, "ROC AUC", "ROC curve")


def precision_recall(curves: Sequence[Mapping[str, Any]]) -> go.Figure:
    """Precision against recall; arguments as for :func:`roc`. What guessing gives is drawn where there is one curve."""
    figure = go.Figure()
    _lines(figure, curves, "recall", "precision")
    if len(curves) == 1:
        base = curves[0]["base"]
        figure.add_scatter(x=[0, 1], y=[base, base], mode="lines", line=GUESS, name="guessing", hoverinfo="skip")
    figure.update_xaxes(title_text="Recall: share of its rows found", range=ENDS, tickformat=".0%")
    figure.update_yaxes(title_text="Precision: share of found rows", range=ENDS, tickformat=".0%")
    return _framed(figure, curves, "Average precision", "Precision-recall curve")


def threshold_curve(label: str, points: Sequence[Mapping[str, Any]], chosen: int) -> go.Figure:
    """Precision, recall and F1 of a label over the probability from which on rows are given it.

    Args:
        points: mappings with ``threshold``, ``precision``, ``recall``, ``f1`` (``None`` where not defined) and ``predicted`` (rows).
        chosen: place of the operating point.
    """
    figure = go.Figure()
    for number, (name, title) in enumerate({"precision": "Precision", "recall": "Recall", "f1": "F1"}.items()):
        figure.add_scatter(
            x=[point["threshold"] for point in points],
            y=[point[name] for point in points],
            name=title,
            mode="lines",
            line={"dash": DASHES[number], "width": 2},
            customdata=[point["predicted"] for point in points],
            hovertemplate=f"from %{{x:.3f}} on<br>{title} %{{y:.3f}}<br>%{{customdata:,}} rows given the label<extra></extra>",
        )
    figure.update_xaxes(title_text="Least probability for the label", range=ENDS)
    figure.update_yaxes(title_text="Share", range=ENDS, tickformat=".0%")
    whose = words.elided(label, words.TITLE_LETTERS)
    if not points:
        return framed(figure, finding=f"{whose}: no threshold to choose", alt="Chart without points.", height=WIDE, legend=False)
    at = points[chosen]
    figure.add_vline(x=at["threshold"], line={"dash": "dot", "width": 2, "color": GREY})
    finding = f"{whose}: from {at['threshold']:.2f} on, precision {_number(at['precision'])}, recall {_number(at['recall'])}"
    alt = f"Precision, recall and F1 over thresholds. {finding}, F1 {_number(at['f1'])}; {words.rows(at['predicted'])} given the label."
    return framed(figure, finding=finding, alt=alt, height=WIDE, legend=True)


def abstention_curve(points: Sequence[Mapping[str, Any]], chosen: int) -> go.Figure:
    """Accuracy of the answered rows over the share of rows that are answered, the surest first.

    Args:
        points: mappings with ``threshold``, ``coverage``, ``accuracy`` (``None`` where not defined), ``rows`` and ``wrong``.
        chosen: place of the operating point, marked with a star.
    """
    known = [(place, point) for place, point in enumerate(points) if point["accuracy"] is not None]
    hover = (
        "%{customdata[1]:,} rows answered, %{customdata[2]:,} of them wrong<br>accuracy %{y:.3f}<br>from confidence %{customdata[0]:.3f} on"
    )
    figure = go.Figure(
        go.Scatter(
            x=[point["coverage"] for _, point in known],
            y=[point["accuracy"] for _, point in known],
            mode="lines",
            line={"width": 2},
            customdata=[(point["threshold"], point["rows"], point["wrong"], place) for place, point in known],
            hovertemplate=hover + "<extra></extra>",
            name="Accuracy",
        )
    )
    figure.update_xaxes(title_text="Rows answered, the surest first", range=[0, 1.02], tickformat=".0%")
    figure.update_yaxes(title_text="Accuracy of the answered rows", tickformat=_percent([point["accuracy"] for _, point in known]))
    if not known:
        return framed(figure, finding="No row has a confidence", alt="Chart without points.", height=WIDE, legend=False)
    at, every = points[chosen], max((point for _, point in known), key=lambda point: point["coverage"])
    if at["accuracy"] is not None:
        figure.add_scatter(
            x=[at["coverage"]],
            y=[at["accuracy"]],
            mode="markers",
            marker={"symbol": "star", "size": 16},
            name="Operating point",
            customdata=[(at["threshold"], at["rows"], at["wrong"], chosen)],
            hovertemplate=hover + "<extra></extra>",
        )
    finding = f"Answering {words.share(at['coverage'], 1)} of the rows: accuracy {_number(at['accuracy'])}"
    if at["coverage"] < every["coverage"]:
        finding += f" instead of {_number(every['accuracy'])}"
    alt = f"Line chart of accuracy over the share of rows answered. {finding}; rows below confidence {at['threshold']:.3f} get no answer."
    return framed(figure, finding=finding, alt=alt, height=WIDE, legend=True)


def _lines(figure: go.Figure, curves: Sequence[Mapping[str, Any]], across: str, up: str) -> None:
    marked = len(curves) > 1  # a dash alone is hard to follow where curves cross
    for number, curve in enumerate(curves[:MOST_TRACES]):
        whole = words.shown(curve["label"])
        thresholds = ["none" if one is None else f"{one:.3f}" for one in curve["thresholds"]]
        figure.add_scatter(
            x=list(curve["x"]),
            y=list(curve["y"]),
            mode="lines+markers" if marked else "lines",
            line={"dash": DASHES[number % len(DASHES)], "width": 2},
            marker={"symbol": MARKERS[number % len(MARKERS)], "size": 8, "maxdisplayed": CURVE_MARKERS},
            name=words.shown(curve["label"], words.TICK_LETTERS),
            customdata=[(whole, threshold) for threshold in thresholds],
            hovertemplate=f"%{{customdata[0]}}, from %{{customdata[1]}} on<br>{across} %{{x:.3f}}<br>{up} %{{y:.3f}}<extra></extra>",
        )


def _framed(figure: go.Figure, curves: Sequence[Mapping[str, Any]], area: str, kind: str) -> go.Figure:
    known = [curve for curve in curves[:MOST_TRACES] if curve["area"]["value"] is not None]
    if not known:
        return framed(figure, finding=f"{area} is not defined for these rows", alt=f"{kind} without rows.", height=SQUARE, legend=False)
    weakest = min(known, key=lambda curve: curve["area"]["value"])
    strongest = max(known, key=lambda curve: curve["area"]["value"])
    if len(known) == 1:
        finding = f"{area} of {words.elided(weakest['label'], words.TICK_LETTERS)}: {interval_words(weakest['area'])}"
    elif f"{weakest['area']['value']:.3f}" == f"{strongest['area']['value']:.3f}":
        finding = f"{area} of each label: {weakest['area']['value']:.3f}"
    else:
        finding = f"{area} from {weakest['area']['value']:.3f} ({words.elided(weakest['label'], words.TICK_LETTERS)})"
        finding += f" to {strongest['area']['value']:.3f} ({words.elided(strongest['label'], words.TICK_LETTERS)})"
    listed = ". ".join(f"{words.elided(curve['label'])} {interval_words(curve['area'])}" for curve in known)
    lines = legend_lines([str(curve["label"]) for curve in known])
    return framed(figure, finding=finding, alt=f"{kind}, area with 95 % interval: {listed}.", height=SQUARE + 20 * lines, legend=True)


def _percent(shares: Sequence[float]) -> str:
    """A format with as many decimals as tell the ticks of an axis apart."""
    span = max(shares, default=1.0) - min(shares, default=0.0)
    return ".0%" if span > 0.06 or span == 0 else ".1%" if span > 0.006 else ".2%"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
