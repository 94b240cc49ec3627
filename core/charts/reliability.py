"""Whether a confidence of 0.8 means four right answers of five."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from core.charts import words
from core.charts.figure import DASHES, GREY, MARKERS, framed
from core.charts.intervals import interval_words

HEIGHT = 440
FEW_POINTS = 0.02  # a mean gap below two points is none that anybody acts on


def reliability(series: Mapping[str, Mapping[str, Any]]) -> go.Figure:
    """Accuracy against confidence, bin by bin; what lies on the diagonal can be believed.

    Args:
        series: name ("as it is", "with temperature 1.6") to a mapping with ``bins`` (mappings with ``low``, ``high``, ``rows``,
            ``confidence``, ``accuracy`` {value, low, high, n}), ``ece`` {value, low, high, n} and ``gap`` (mean confidence minus
            accuracy).
    """
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot", "width": 1.5, "color": GREY}, name="as sure as right", hoverinfo="skip"
    )
    for number, (name, one) in enumerate(series.items()):
        _bins(figure, name, one["bins"], number)
    figure.update_xaxes(title_text="Confidence", range=[-0.02, 1.02], tickformat=".0%")
    figure.update_yaxes(title_text="Share of right answers", range=[-0.02, 1.04], tickformat=".0%")
    known = {name: one for name, one in series.items() if one["ece"]["value"] is not None}
    if not known:
        return framed(figure, finding="No row has a confidence", alt="Reliability diagram without rows.", height=HEIGHT, legend=False)
    finding = _finding(known)
    told = ". ".join(f"{words.elided(name)}: expected calibration error {interval_words(one['ece'])}" for name, one in known.items())
    return framed(
        figure, finding=finding, alt=f"Reliability diagram: share of right answers over confidence. {told}.", height=HEIGHT, legend=True
    )


def _bins(figure: go.Figure, name: str, bins: Sequence[Mapping[str, Any]], number: int) -> None:
    filled = [
        (at, one) for at, one in enumerate(bins) if one["rows"] and one["confidence"] is not None and one["accuracy"]["value"] is not None
    ]
    accuracy = [one["accuracy"] for _, one in filled]
    figure.add_scatter(
        x=[one["confidence"] for _, one in filled],
        y=[figure_["value"] for figure_ in accuracy],
        mode="lines+markers",
        name=words.shown(name, words.TITLE_LETTERS),
        line={"dash": DASHES[number % len(DASHES)]},
        marker={"symbol": MARKERS[number % len(MARKERS)], "size": 9},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [0.0 if one["high"] is None else max(0.0, one["high"] - one["value"]) for one in accuracy],
            "arrayminus": [0.0 if one["low"] is None else max(0.0, one["value"] - one["low"]) for one in accuracy],
            "thickness": 1.5,
            "width": 4,
        },
        customdata=[(at, one["low"], one["high"], one["rows"], interval_words(one["accuracy"])) for at, one in filled],
        hovertemplate="confidence %{customdata[1]:.2f} to %{customdata[2]:.2f}, mean %{x:.3f}<br>right %{customdata[4]}<br>"
        "%{customdata[3]:,} rows<extra></extra>",
    )


def _finding(known: Mapping[str, Mapping[str, Any]]) -> str:
    """How far confidence and accuracy lie apart, and what the second series (a temperature) changes."""
    (_, first), *others = known.items()
    gap = first.get("gap")
    if gap is None or abs(gap) < FEW_POINTS:
        said = "Confidence and accuracy agree on the average"
    else:
        direction, side = ("Too sure", "above") if gap > 0 else ("Not sure enough", "below")
        said = f"{direction}: confidence is {abs(gap) * 100:.0f} points {side} accuracy"
    said += f" (ECE {first['ece']['value']:.3f}"
    return said + (f"; {others[0][0]}: {others[0][1]['ece']['value']:.3f})" if others else ")")
