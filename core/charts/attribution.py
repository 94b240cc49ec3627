"""How far each word moved a number: a bar for each of the strongest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts import words
from core.charts.figure import bars_height, framed, pattern

MOST_BARS = 15
ROOM = 0.22  # of the longest bars of both sides together: for the number beside a bar
SIDES = ("raises it", "lowers it")


def attribution_bars(
    texts: Sequence[str], values: Sequence[float], *, what: str, errors: Sequence[float | None] = (), most: int = MOST_BARS
) -> go.Figure:
    """Horizontal bars of the strongest words, the strongest first: to the right what raises the number, to the left what lowers it.

    Args:
        texts: the words, in the order of the text.
        values: of the same words.
        what: the number that they move, in words.
        errors: standard error of each value, drawn as a whisker where there is one.
        most: bars drawn.
    """
    numbers = np.asarray(values, np.float64)
    order = np.argsort(-np.abs(numbers), kind="stable")[:most]
    whole = [f"{words.shown(texts[place])}, word {place + 1} of {len(texts)}" for place in order]
    spread = [errors[place] if len(errors) and errors[place] else None for place in order]
    figure = go.Figure()
    for side, name in enumerate(SIDES):
        mine = [bar for bar, place in enumerate(order) if (numbers[place] < 0) == bool(side)]
        figure.add_bar(
            x=[numbers[order[bar]] for bar in mine],
            y=mine,
            orientation="h",
            name=name,
            marker={"pattern": pattern(side)},
            error_x={"type": "data", "array": [spread[bar] or 0 for bar in mine], "thickness": 1} if any(spread) else None,
            text=[_written(numbers[order[bar]], spread[bar]) for bar in mine],
            textposition="outside",
            cliponaxis=False,
            customdata=[(whole[bar], _written(numbers[order[bar]], spread[bar])) for bar in mine],
            hovertemplate="%{customdata[0]}<br>%{customdata[1]}<extra>" + name + "</extra>",
            width=0.7,
        )
    reach = [abs(numbers[place]) + (error or 0) for place, error in zip(order, spread, strict=True)]
    low, high = (max((far for far, place in zip(reach, order, strict=True) if side * numbers[place] > 0), default=0.0) for side in (-1, 1))
    room = ROOM * (low + high)
    span = [-low - (room if low else room / 4), high + (room if high else room / 4)] if room else [-1, 1]
    figure.update_xaxes(title_text="Moves the number by", range=span)
    figure.update_yaxes(
        tickvals=list(range(len(order))),
        ticktext=words.ticks(_apart([texts[place] for place in order], order)),
        range=[len(order) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    finding = _finding(texts, numbers, what)
    told = ", ".join(f"{words.elided(texts[place])} {_written(numbers[place], error)}" for place, error in zip(order, spread, strict=True))
    left = f" The other {len(texts) - len(order)} words move it less." if len(texts) > len(order) else ""
    return framed(figure, finding=finding, alt=f"Bar chart. {finding}. {told}.{left}", height=bars_height(len(order), 1), legend=True)


def _apart(texts: Sequence[str], places: np.ndarray) -> list[str]:
    """Words that stand in the chart twice get their number in the text."""
    return [f"{text} ({place + 1})" if list(texts).count(text) > 1 else text for text, place in zip(texts, places, strict=True)]


def _finding(texts: Sequence[str], values: np.ndarray, what: str) -> str:
    said = words.elided(what, 60)
    if not len(values) or not np.abs(values).max():
        return f"No word moves the {said}"
    best, worst = int(values.argmax()), int(values.argmin())
    same = best != worst and texts[best] == texts[worst]
    names = {place: f"“{words.elided(texts[place], 30)}”" + (f" ({place + 1})" if same else "") for place in (best, worst)}
    parts = [f"{names[best]} raises the {said} most"] if values[best] > 0 else []
    if values[worst] < 0:
        parts.append(f"{names[worst]} lowers {'it' if parts else f'the {said}'} most")
    return ", ".join(parts)


def _written(value: float, error: float | None) -> str:
    """+0.85, or -0.85 ± 0.1; with a minus sign as print has it."""
    text = f"{value:+.3g}".replace("-", "−")
    return f"{text} ± {error:.1g}" if error else text
