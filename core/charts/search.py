"""A search over dials: what mattered, and how good each value of a dial was."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from core.charts import words
from core.charts.figure import bars_height, framed

LITTLE = 0.1  # a share below it is no finding
LOG_FROM = 10
DIGITS = (1, 2, 3, 5, 7)  # what a short axis by factors names
DIAL_HEIGHT = 260


def search_importance(shares: Mapping[str, float]) -> go.Figure:
    """A bar for each dial: its share of the differences between the trials.

    Args:
        shares: dial to 0 to 1, the largest first.
    """
    names, values = list(shares), list(shares.values())
    places = list(range(len(names)))
    figure = go.Figure(
        go.Bar(
            x=values,
            y=places,
            orientation="h",
            text=[f"{value:.0%}" for value in values],
            textposition="outside",
            cliponaxis=False,
            customdata=[words.shown(name) for name in names],
            hovertemplate="%{customdata} explains %{x:.1%} of the differences<extra></extra>",
        )
    )
    figure.update_xaxes(
        title_text="Part of the differences between trials", range=[0, 1.12], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1]
    )
    figure.update_yaxes(tickvals=places, ticktext=words.ticks(names, 24), range=[len(names) - 0.5, -0.5], showgrid=False, zeroline=False)
    told = ", ".join(f"{name} {value:.0%}" for name, value in shares.items())
    finding = _finding(shares)
    return framed(figure, finding=finding, alt=f"Bar chart. {finding}. {told}.", height=bars_height(len(names)), legend=False)


def search_dial(
    dial: str, values: Sequence[Any], figures: Sequence[float], *, measure: str, best: int, by_factors: bool | None = None
) -> go.Figure:
    """A point for each finished trial: the value of one dial, and what came of it.

    Args:
        dial: what it is called.
        values: of the dial, of each trial; numbers have an axis of numbers.
        figures: of each trial.
        measure: what the figures are.
        best: place of the best trial, marked with a star.
        by_factors: how the values were drawn, and so the axis of numbers; ``None``: by factors where they span ten or more.
    """
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    names = list(dict.fromkeys(_name(value) for value in values))
    across = list(values) if numbers else [names.index(_name(value)) for value in values]
    stars = [place == best for place in range(len(figures))]
    figure = go.Figure(
        go.Scatter(
            x=across,
            y=list(figures),
            mode="markers",
            marker={
                "symbol": ["star" if star else "circle" for star in stars],
                "size": [15 if star else 9 for star in stars],
                "opacity": [1.0 if star else 0.7 for star in stars],
            },
            cliponaxis=False,
            customdata=[(words.shown(_name(value)), "the best" if star else "") for value, star in zip(values, stars, strict=True)],
            hovertemplate="%{customdata[0]}<br>%{y:.4f} %{customdata[1]}<extra></extra>",
        )
    )
    figure.update_xaxes(title_text=words.shown(dial), zeroline=False)
    if numbers and _is_by_factors(values, by_factors):
        figure.update_xaxes(type="log", **_log_ticks(min(values), max(values)))
    elif not numbers:
        figure.update_xaxes(tickvals=list(range(len(names))), ticktext=words.ticks(names, 16), range=[-0.6, len(names) - 0.4])
    figure.update_yaxes(title_text=words.shown(measure), zeroline=False)
    finding = f"{words.elided(dial, 40)}: best at {words.elided(_name(values[best]), 40)}"
    told = ", ".join(f"{_name(value)} {figure:.4f}" for value, figure in zip(values, figures, strict=True))
    return framed(figure, finding=finding, alt=f"Points of {measure} over {dial}. {finding}. {told}.", height=DIAL_HEIGHT, legend=False)


def _is_by_factors(values: Sequence[float], drawn: bool | None) -> bool:
    """Whether an axis of numbers goes by factors."""
    return min(values) > 0 and (max(values) >= LOG_FROM * min(values) if drawn is None else drawn)


def _log_ticks(low: float, high: float) -> dict[str, Any]:
    """What an axis by factors names: powers, with 2 and 5 between them where it is short; numbers written out where it is shorter still."""
    if high >= LOG_FROM * low:
        return {"dtick": "D2" if high < 1_000 * low else 1, "exponentformat": "power"}
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    told = [tick for power in powers for digit in DIGITS if low <= (tick := float(f"{digit}e{power}")) <= high]
    told = told if len(told) > 1 else sorted({low, high})
    return {"tickvals": told, "ticktext": [f"{tick:g}" for tick in told]}


def _finding(shares: Mapping[str, float]) -> str:
    first = next(iter(shares), None)
    if first is None:
        return "Too few trials to say what mattered"
    if shares[first] < LITTLE:
        return "No dial stands out: the differences may be chance"
    return f"{first} mattered most: it explains {words.share(shares[first], 1)} of the differences"


def _name(value: Any) -> str:
    """A dial's value in words."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "all"
    return f"{value:g}" if isinstance(value, float) else value if isinstance(value, str) else json.dumps(value)
