"""Figures with their 95 % intervals, a row for each label or each value of a column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

import plotly.graph_objects as go

from core.charts import words
from core.charts.figure import GREY, MOST_LABELS, bars_height, framed

TOO_FEW = "too few rows to tell"
Z_95 = 1.959963984540054


class Known(NamedTuple):
    """One dot: where it stands among what was given, its name, and its figure {value, low, high, n}."""

    place: int
    name: str
    figure: Mapping[str, Any]


def interval_dots(known: Sequence[Known]) -> go.Scatter:
    """A dot and a line for each figure, the first on top; ``customdata[0]`` of a dot is its ``place``."""
    values = [dot.figure["value"] for dot in known]
    bounds = [_bounds(dot.figure) for dot in known]
    return go.Scatter(
        x=values,
        y=list(range(len(known))),
        mode="markers",
        marker={"size": 10},
        cliponaxis=False,
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [max(0.0, high - value) for value, (_, high) in zip(values, bounds, strict=True)],
            "arrayminus": [max(0.0, value - low) for value, (low, _) in zip(values, bounds, strict=True)],
            "thickness": 2,
            "width": 5,
        },
        customdata=[(dot.place, words.shown(dot.name), interval_words(dot.figure), dot.figure["n"]) for dot in known],
        hovertemplate="%{customdata[1]}<br>%{customdata[2]}<br>%{customdata[3]:,} rows<extra></extra>",
        showlegend=False,
    )


def interval_words(figure: Mapping[str, Any]) -> str:
    """``0.910 (0.880 to 0.940)``, without the range where there is none; a dash where the figure is not defined."""
    if figure["value"] is None:
        return "–"
    if figure["low"] is None or figure["high"] is None:
        return f"{figure['value']:.3f}"
    return f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"


def class_intervals(classes: Sequence[Mapping[str, Any]], name: str = "f1", title: str = "F1") -> go.Figure:
    """A figure of each label with its interval, the weakest first; of more than 20 labels the 20 weakest.

    Args:
        classes: mappings with ``label``, ``support`` and under ``name`` a figure {value, low, high, n}.
        name: of the figure to draw.
        title: of the figure.
    """
    known = [Known(place, str(one["label"]), one[name]) for place, one in enumerate(classes) if one[name]["value"] is not None]
    known.sort(key=lambda dot: dot.figure["value"])
    shown = known[:MOST_LABELS]
    figure = go.Figure(interval_dots(shown))
    _axes(figure, shown, title)
    if not known:
        return framed(
            figure, finding=f"{title} is not defined for any label", alt="A chart without rows.", height=bars_height(1), legend=False
        )
    weakest, strongest = known[0], known[-1]
    said = title if title == "F1" else title.lower()
    finding = f"Lowest {said}: {words.elided(weakest.name, words.TITLE_LETTERS)} {weakest.figure['value']:.3f}"
    if len(known) > 1:
        finding += f"; highest: {words.elided(strongest.name, words.TITLE_LETTERS)} {strongest.figure['value']:.3f}"
    if len(known) > len(shown):
        finding += f"; the {len(shown)} lowest of {len(known):,} labels"
    listed = ". ".join(f"{words.elided(dot.name)} {interval_words(dot.figure)}" for dot in shown)
    alt = f"{title} of each label with 95 % intervals, the lowest first. {listed}."
    return framed(figure, finding=finding, alt=alt, height=bars_height(len(shown)), legend=False)


def slice_intervals(slices: Sequence[Mapping[str, Any]], *, title: str, overall: float | None, column: str) -> go.Figure:
    """A figure for each value of a column with its interval, beside that of all rows; values with few rows say so.

    Args:
        slices: mappings with ``value``, ``rows`` and ``figure``: {value, low, high, n}, or ``None`` where the rows are too few to
            tell; the first 20 are drawn.
        title: of the figure.
        overall: the figure of all rows.
        column: name of the column.
    """
    shown = list(slices)[:MOST_LABELS]
    names = [str(one["value"]) or words.BLANK for one in shown]
    figure = go.Figure()
    told = [
        (at, Known(at, names[at], one["figure"])) for at, one in enumerate(shown) if one["figure"] and one["figure"]["value"] is not None
    ]
    dots = interval_dots([dot for _, dot in told])
    dots.update(y=[at for at, _ in told])
    figure.add_trace(dots)
    few = [at for at in range(len(shown)) if at not in {place for place, _ in told}]
    low, high = _axes(figure, [dot for _, dot in told], title, ticks=names)
    at_left = overall is None or overall > (low + high) / 2  # away from the line of all rows, which would cross the words
    figure.add_scatter(
        x=[low if at_left else high] * len(few),
        y=few,
        mode="text",
        text=[TOO_FEW] * len(few),
        textposition="middle right" if at_left else "middle left",
        customdata=[(at, words.shown(names[at]), shown[at]["rows"]) for at in few],
        hovertemplate=f"%{{customdata[1]}}<br>{TOO_FEW}<br>%{{customdata[2]:,}} rows<extra></extra>",
        showlegend=False,
    )
    if overall is not None:
        figure.add_vline(x=overall, line={"dash": "dot", "width": 2, "color": GREY})
    finding, alt = _slice_words([dot for _, dot in told], len(few), len(slices), title, overall, column)
    return framed(figure, finding=finding, alt=alt, height=bars_height(len(shown)), legend=False)


def _slice_words(told: Sequence[Known], few: int, values: int, title: str, overall: float | None, column: str) -> tuple[str, str]:
    by = words.elided(column, words.TICK_LETTERS)
    apart = [
        (abs(dot.figure["value"] - overall), dot) for dot in told if overall is not None and _clearly_off(dot.figure, overall, len(told))
    ]
    if not told:
        finding = f"{title} by {by}: {TOO_FEW}"
    elif apart:
        _, most = max(apart, key=lambda pair: pair[0])
        side = "below" if most.figure["value"] < (overall or 0) else "above"
        finding = (
            f"{words.elided(most.name, words.TICK_LETTERS)} is {side} all rows: {title} {most.figure['value']:.3f} against {overall:.3f}"
        )
    else:
        finding = f"{title} by {by}: no value clearly differs from all rows"
    listed = ". ".join(f"{words.elided(dot.name)} {interval_words(dot.figure)}" for dot in told)
    alt = f"{title} for each value of {words.elided(column)} with 95 % intervals. {listed}."
    alt += f" {few} more: {TOO_FEW}." if few else ""
    alt += f" The first {MOST_LABELS} of {values:,} values." if values > MOST_LABELS else ""
    return finding, alt


def _clearly_off(figure: Mapping[str, Any], overall: float, comparisons: int) -> bool:
    """Whether the interval leaves out ``overall``, widened for how many are looked at (Bonferroni)."""
    if figure["low"] is None or figure["high"] is None:
        return False
    wider = NormalDist().inv_cdf(1 - 0.025 / max(comparisons, 1)) / Z_95
    low = figure["value"] - (figure["value"] - figure["low"]) * wider
    high = figure["value"] + (figure["high"] - figure["value"]) * wider
    return not low <= overall <= high


def _axes(figure: go.Figure, known: Sequence[Known], title: str, ticks: Sequence[str] | None = None) -> tuple[float, float]:
    """Names at the left, values from 0 to 1 or as far as they go. Returns the ends of the axis."""
    names = [dot.name for dot in known] if ticks is None else list(ticks)
    bounds = [_bounds(dot.figure) for dot in known]
    low, high = min([0.0, *(low for low, _ in bounds)]), max([1.0, *(high for _, high in bounds)])
    figure.update_xaxes(title_text=f"{title}, with 95 % interval", range=[low, high * 1.03], zeroline=False)
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=words.ticks(names, 24),
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    return low, high


def _bounds(figure: Mapping[str, Any]) -> tuple[float, float]:
    value = figure["value"]
    return (value if figure["low"] is None else figure["low"]), (value if figure["high"] is None else figure["high"])
