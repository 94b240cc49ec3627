"""Where a model sees the beginning and the end of an answer, and how spans compare."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts import words
from core.charts.figure import DASHES, FRAME_PIXELS, GREY, framed

STRIP_PIXELS = 320
CELL_PIXELS = 34
POINTS_MARKED = 80  # tokens up to which each has a marker of its own


def answer_logits(
    tokens: Sequence[str], start: Sequence[float], end: Sequence[float], *, finding: str, span: tuple[int, int] | None = None
) -> go.Figure:
    """Start and end logits over the tokens of a context, in reading order.

    Args:
        span: numbers of the first and last token of the answer, which is shaded.
    """
    figure = go.Figure()
    names = [words.shown(token, 40) for token in tokens]
    for number, (name, values) in enumerate((("start", start), ("end", end))):
        figure.add_scatter(
            x=list(range(len(tokens))),
            y=list(values),
            mode="lines+markers" if len(tokens) <= POINTS_MARKED else "lines",
            name=f"{name} of the answer",
            line={"dash": DASHES[number], "width": 2},
            marker={"symbol": ("circle", "square")[number], "size": 6},
            customdata=names,
            hovertemplate=f"%{{customdata}} (token %{{x}})<br>{name} logit %{{y:.2f}}<extra></extra>",
        )
    if span is not None:
        figure.add_vrect(x0=span[0] - 0.5, x1=span[1] + 0.5, fillcolor=GREY, opacity=0.35, line_width=0)
    step = max(1, len(tokens) // 12)
    places = list(range(0, len(tokens), step))
    figure.update_xaxes(
        title_text="Tokens of the text", tickvals=places, ticktext=words.ticks([tokens[place] for place in places], 12), tickangle=-45
    )
    figure.update_yaxes(title_text="Logit")
    peaks = [
        f"{name} logit highest at {words.elided(tokens[int(np.argmax(values))], 40)} ({max(values):.2f})"
        for name, values in (("start", start), ("end", end))
        if len(values)
    ]
    alt = f"Line chart of start and end logits over {len(tokens)} tokens; {' and '.join(peaks)}."
    return framed(figure, finding=finding, alt=alt, height=STRIP_PIXELS, legend=True)


def span_matrix(
    starts: Sequence[str],
    ends: Sequence[str],
    sums: Sequence[Sequence[float]],
    reasons: Sequence[Sequence[str]],
    *,
    finding: str,
    texts: Sequence[Sequence[str]] | None = None,
) -> go.Figure:
    """Likely first tokens against likely last tokens: the sum of their logits, and for spans that cannot be answers the reason.

    Args:
        starts: first tokens, from top to bottom.
        ends: last tokens, from left to right.
        sums: ``[starts, ends]``.
        reasons: ``[starts, ends]``, one word or two, "" where the span can be an answer.
        texts: what each span says, for the hover.
    """
    table = np.asarray(sums, np.float64).reshape(len(starts), len(ends))
    places = [(i, j) for i in range(len(starts)) for j in range(len(ends))]
    rounded = np.round(table, 1) + 0.0  # no minus before a nought
    cells = [[f"{rounded[i, j]:.1f}" + ("" if not reasons[i][j] else "<br>✕") for j in range(len(ends))] for i in range(len(starts))]
    said = [
        [
            (words.shown(texts[i][j] if texts else f"{starts[i]} … {ends[j]}"), f"{table[i, j]:.2f}", reasons[i][j] or "can be an answer")
            for j in range(len(ends))
        ]
        for i in range(len(starts))
    ]
    figure = go.Figure(
        go.Heatmap(
            z=[[table[i, j] if not reasons[i][j] else None for j in range(len(ends))] for i in range(len(starts))],
            x=list(range(len(ends))),
            y=list(range(len(starts))),
            xgap=1,
            ygap=1,
            showscale=False,
            hoverongaps=False,
            customdata=said,
            hovertemplate="%{customdata[0]}<br>sum of logits %{customdata[1]}<br>%{customdata[2]}<extra></extra>",
            text=[[cells[i][j] if not reasons[i][j] else "" for j in range(len(ends))] for i in range(len(starts))],
            texttemplate="%{text}",
        )
    )
    barred = [(i, j) for i, j in places if reasons[i][j]]
    if barred:
        figure.add_scatter(
            x=[j for _, j in barred],
            y=[i for i, _ in barred],
            mode="markers",
            marker={"symbol": "x-thin", "size": 9, "line": {"width": 2, "color": GREY}},
            customdata=[said[i][j] for i, j in barred],
            hovertemplate="%{customdata[0]}<br>sum of logits %{customdata[1]}<br>%{customdata[2]}<extra></extra>",
            showlegend=False,
        )
    grid = {"showgrid": False, "zeroline": False}
    figure.update_xaxes(
        title_text="Ends with",
        tickvals=list(range(len(ends))),
        ticktext=words.ticks(ends, 12),
        tickangle=-45,
        range=[-0.5, len(ends) - 0.5],
        **grid,
    )
    figure.update_yaxes(
        title_text="Begins with",
        tickvals=list(range(len(starts))),
        ticktext=words.ticks(starts, 12),
        range=[len(starts) - 0.5, -0.5],
        **grid,
    )
    allowed = sorted(((table[i, j], i, j) for i, j in places if not reasons[i][j]), reverse=True)[:5]
    best = ", ".join(f"{words.elided(said[i][j][0], 40)} {value:.2f}" for value, i, j in allowed)
    alt = (
        f"Matrix of {len(starts)} first tokens against {len(ends)} last tokens; highest sums of logits that can be answers: "
        f"{best or 'none'}. {len(barred)} spans cannot be answers."
    )
    return framed(figure, finding=finding, alt=alt, height=FRAME_PIXELS + 60 + CELL_PIXELS * max(len(starts), 1), legend=False)
