"""How long texts are: those that a model wrote, beside those that it read."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts import words
from core.charts.figure import framed, pattern

BINS = 24
HEIGHT = 300
FEW_BARS = 5
TAIL = 0.99  # the few longest texts share the last bar: one of them would press all others into the first


def lengths(counts: pd.DataFrame) -> go.Figure:
    """Texts by their number of words.

    Args:
        counts: columns words, rows.
    """
    values, rows = counts["words"].to_numpy(np.int64), counts["rows"].to_numpy(np.int64)
    total = int(rows.sum())
    if not total:
        return framed(go.Figure(), finding="No row has a text yet", alt="Histogram of lengths: no rows.", height=HEIGHT, legend=False)
    order = np.argsort(values, kind="stable")
    values, rows = values[order], rows[order]
    reached = np.cumsum(rows)
    median = int(values[np.searchsorted(reached, total / 2)])
    last = int(values[np.searchsorted(reached, total * TAIL)])
    step = max(1, -(-(last + 1 - int(values[0])) // BINS))
    first = int(values[0])
    place = np.minimum((values - first) // step, (last - first) // step)
    sums = np.bincount(place, weights=rows).astype(np.int64)
    names = [_range(first, step, number, len(sums), int(values[-1])) for number in range(len(sums))]
    figure = go.Figure()
    figure.add_bar(
        x=list(range(len(sums))),
        y=sums,
        marker={"pattern": pattern(0)},
        customdata=[[name] for name in names],
        hovertemplate="%{customdata[0]} words<br>%{y:,} rows<extra></extra>",
    )
    every = max(1, len(sums) // 6)
    ticks = list(range(0, len(sums), every))
    figure.update_xaxes(
        title_text="Words of the answer", tickvals=ticks, ticktext=[f"{first + step * number:,}" for number in ticks], tickangle=0
    )
    figure.update_yaxes(title_text="Rows", rangemode="tozero")
    figure.update_layout(bargap=0.08)
    if len(sums) < FEW_BARS:  # a lone bar as wide as the chart reads as a wall
        figure.update_xaxes(range=[-FEW_BARS / 2, len(sums) - 1 + FEW_BARS / 2])
    finding = f"Half of {words.rows(total, 'answer')} have {median:,} word{'' if median == 1 else 's'} or fewer"
    if first == values[-1]:
        finding = f"{words.rows(total, 'answer')}, each of {first:,} word{'' if first == 1 else 's'}"
    alt = f"Histogram of the words of {words.rows(total, 'answer')}: median {median:,}, longest {int(values[-1]):,}."
    return framed(figure, finding=finding, alt=alt, height=HEIGHT, legend=False)


def _range(first: int, step: int, number: int, bars: int, longest: int) -> str:
    low = first + number * step
    high = longest if number == bars - 1 else low + step - 1
    return f"{low:,}" if high <= low else f"{low:,}–{high:,}"
