"""Tokens of a column: how long its rows are beside what the model reads, and what they cost under several tokenizers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts import words
from core.charts.figure import GREY, bars_height, framed, pattern

BINS = 32
HEIGHT = 330
FAR = 4  # a limit so many times the longest row is named at the edge: drawn to scale, it would press the rows together


def token_lengths(lengths: Sequence[tuple[int, int]], limit: int, *, lost: int = 0) -> go.Figure:
    """Rows by their number of tokens, with the longest input that the model reads.

    Args:
        lengths: tokens and rows.
        limit: in tokens.
        lost: tokens beyond it, in all rows.
    """
    total = sum(rows for _, rows in lengths)
    if not total:
        return framed(go.Figure(), finding="No row has a text", alt="Histogram of tokens: no rows.", height=HEIGHT, legend=False)
    values, rows = (np.array(column, np.int64) for column in zip(*sorted(lengths), strict=True))
    cut = int(rows[values > limit].sum())
    longest = int(values[-1])
    figure = go.Figure()
    _bars(figure, values, rows, limit)
    drawn = limit <= FAR * longest
    figure.update_xaxes(title_text="Tokens of a row", range=[0, max(longest, limit if drawn else 0) * 1.06 + 1], zeroline=False)
    figure.update_yaxes(title_text="Rows", rangemode="tozero")
    if drawn:
        figure.add_vline(x=limit, line_dash="dash", line_width=3, line_color=GREY)
    figure.add_annotation(
        x=limit if drawn else 1,
        xref="x" if drawn else "paper",
        y=1,
        yref="paper",
        yanchor="top",
        xanchor="right" if not drawn or limit > longest / 2 else "left",
        text=f"limit {limit:,}" if drawn else f"limit {limit:,}, far to the right",
        showarrow=False,
    )
    figure.update_layout(bargap=0)
    finding = _finding(total, cut, lost, limit, longest)
    alt = f"Histogram of the tokens of {words.rows(total)}: longest {longest:,}, limit {limit:,}. {finding}."
    return framed(figure, finding=finding, alt=alt, height=HEIGHT, legend=False)


def _bars(figure: go.Figure, values: np.ndarray, rows: np.ndarray, limit: int) -> None:
    """Bins of one width; none lies on both sides of the limit, and those behind it are hatched."""
    longest = int(values[-1])
    step = max(1, -(-longest // BINS))
    edges = np.array([*range(0, min(limit, longest) + 1, step), *range(limit + 1, longest + 1, step)])
    place = np.searchsorted(edges, values, side="right") - 1
    sums = np.bincount(place, weights=rows, minlength=len(edges)).astype(np.int64)
    width = np.diff([*edges, edges[-1] + step])
    kept = sums > 0
    last = edges + width - 1
    names = [f"{low:,}" if low == high else f"{low:,} to {high:,}" for low, high in zip(edges, last, strict=True)]
    figure.add_bar(
        x=(edges + width / 2 - 0.5)[kept],
        y=sums[kept],
        width=(width * 0.92)[kept],
        marker={"pattern": {**pattern(0), "shape": ["x" if low > limit else "" for low in edges[kept]]}},
        customdata=[
            [name, "longer than the model reads" if low > limit else "read whole"]
            for name, low, keep in zip(names, edges, kept, strict=True)
            if keep
        ],
        hovertemplate="%{customdata[0]} tokens: %{y:,} rows<br>%{customdata[1]}<extra></extra>",
    )


def _finding(total: int, cut: int, lost: int, limit: int, longest: int) -> str:
    if not cut:
        return f"No row is cut: the longest of {words.rows(total)} has {longest:,} of {limit:,} tokens"
    part = f"{words.rows(cut)} of {total:,} ({words.share(cut, total)})"
    return f"{part} {'is' if cut == 1 else 'are'} longer than {limit:,} tokens: {lost:,} token{'' if lost == 1 else 's'} lost"


def token_costs(names: Sequence[str], tokens: Sequence[float | None]) -> go.Figure:
    """Tokens of an average row, or of one text, under each tokenizer.

    Args:
        names: of the tokenizers; the first is what the others are compared with.
        tokens: of each, ``None`` where there is no row.
    """
    shown = words.ticks(names, 24)
    figure = go.Figure()
    known = [value or 0.0 for value in tokens]
    first = known[0] if known else 0.0
    for place, (name, value) in enumerate(zip(names, known, strict=True)):
        figure.add_bar(
            x=[value],
            y=[place],
            orientation="h",
            width=0.6,
            marker={"pattern": pattern(place)},
            text=[f"{_amount(value)}{f' · {value / first:.2f} times' if place and first else ''}"],
            textposition="outside",
            cliponaxis=False,
            customdata=[[words.shown(name)]],
            hovertemplate="%{customdata[0]}<br>%{x:,.2f} tokens<extra></extra>",
        )
    figure.update_xaxes(title_text="Tokens", range=[0, max([*known, 1.0]) * 1.5], zeroline=False)
    figure.update_yaxes(tickvals=list(range(len(shown))), ticktext=shown, range=[len(shown) - 0.5, -0.5], showgrid=False, zeroline=False)
    finding = _cost_finding(names, known)
    told = ", ".join(f"{words.elided(name)} {_amount(value)}" for name, value in zip(names, known, strict=True))
    return framed(figure, finding=finding, alt=f"Bars of tokens: {told}. {finding}.", height=bars_height(len(shown)), legend=False)


def _amount(tokens: float) -> str:
    """Of one text whole, of an average row to a tenth."""
    return f"{tokens:,.1f}".removesuffix(".0")


def _cost_finding(names: Sequence[str], tokens: Sequence[float]) -> str:
    if len(tokens) < 2 or not min(tokens):
        return "Tokens of each tokenizer"
    most, least = max(range(len(tokens)), key=tokens.__getitem__), min(range(len(tokens)), key=tokens.__getitem__)
    if tokens[most] == tokens[least]:
        return "All need the same number of tokens"
    ratio = tokens[most] / tokens[least]
    return f"{words.elided(names[most], 30)} needs {ratio:.2f} times as many tokens as {words.elided(names[least], 30)}"
