"""Beam search as a tree: steps down the page, the beams of a step side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from core.charts import words
from core.charts.figure import GREY, framed
from core.charts.token_words import marked, spoken

STEP_PIXELS = 44
TOKEN_LETTERS = 12
SYMBOLS = {"open": "circle", "ended": "square", "dropped": "circle-open"}


def beam_tree(nodes: Sequence[Mapping[str, Any]], *, chosen: int = 0, first: int = 1, steps: int | None = None) -> go.Figure:
    """Tokens as points, joined to the token before; the way of one answer is drawn thick, ended beams are squares.

    Args:
        nodes: {step, slot, id, text, parent, total, state, answers}; parents come before their children.
        chosen: number of the answer whose way is thick.
        first: the first step to draw; ``steps`` how many, all where ``None``.
    """
    last = max((node["step"] for node in nodes), default=0)
    until = last if steps is None else min(last, first + steps - 1)
    shown = [(number, node) for number, node in enumerate(nodes) if first <= node["step"] <= until]
    figure = go.Figure()
    for thick in (False, True):
        _lines(figure, nodes, shown, chosen, first, thick)
    for state, symbol in SYMBOLS.items():
        _points(figure, [node for _, node in shown if node["state"] == state], chosen, symbol, state)
    width = max((node["slot"] for _, node in shown), default=0)
    figure.update_xaxes(visible=False, range=[-0.3, width + 0.8], fixedrange=True)
    figure.update_yaxes(
        title_text="Step", range=[until + 0.6, first - 0.6], tickvals=list(range(first, until + 1)), showgrid=False, zeroline=False
    )
    finding, alt = _in_words(nodes, chosen, last)
    return framed(figure, finding=finding, alt=alt, height=110 + STEP_PIXELS * max(until - first + 1, 1), legend=True)


def _lines(
    figure: go.Figure,
    nodes: Sequence[Mapping[str, Any]],
    shown: Sequence[tuple[int, Mapping[str, Any]]],
    chosen: int,
    first: int,
    thick: bool,
) -> None:
    across: list[float | None] = []
    down: list[float | None] = []
    for _, node in shown:
        if node["parent"] is None or node["step"] == first or (chosen in node["answers"]) != thick:
            continue
        before = nodes[node["parent"]]
        across += [before["slot"], node["slot"], None]
        down += [before["step"], node["step"], None]
    style = {"width": 4} if thick else {"width": 1.5, "color": GREY}
    figure.add_scatter(x=across, y=down, mode="lines", line=style, hoverinfo="skip", showlegend=thick, name="the answer")


def _points(figure: go.Figure, nodes: Sequence[Mapping[str, Any]], chosen: int, symbol: str, state: str) -> None:
    figure.add_scatter(
        x=[node["slot"] for node in nodes],
        y=[node["step"] for node in nodes],
        mode="markers+text",
        name={"open": "goes on", "ended": "ended", "dropped": "dropped"}[state],
        text=[
            f"<b>{marked(node['text'], TOKEN_LETTERS)}</b>" if chosen in node["answers"] else marked(node["text"], TOKEN_LETTERS)
            for node in nodes
        ],
        textposition="top right",  # the line to the step before comes from above or from the left
        textfont={"size": 11},
        marker={"symbol": symbol, "size": [11 if chosen in node["answers"] else 8 for node in nodes]},
        customdata=[
            [f"{marked(node['text'], words.HOVER_LETTERS)}", node["id"], node["step"], f"{node['total']:.3f}", _standing(node)]
            for node in nodes
        ],
        hovertemplate="%{customdata[0]} (id %{customdata[1]})<br>step %{customdata[2]}, cumulated log-probability %{customdata[3]}"
        "<br>%{customdata[4]}<extra></extra>",
        cliponaxis=False,
    )


def _standing(node: Mapping[str, Any]) -> str:
    answers = words.listing([str(number + 1) for number in node["answers"]])
    way = f"on the way to answer {answers}" if node["answers"] else "on the way to no answer"
    return {"open": way, "ended": f"ended here; {way}", "dropped": "dropped: others were better"}[node["state"]]


def _in_words(nodes: Sequence[Mapping[str, Any]], chosen: int, steps: int) -> tuple[str, str]:
    ended = sum(node["state"] == "ended" for node in nodes)
    way = [node for node in nodes if chosen in node["answers"]]
    behind = next((node for node in way if node["slot"] > 0), None)
    if not way:
        return "Beam search followed no beam", "Tree of beams without nodes."
    finding = f"Answer {chosen + 1} led at each of its {len(way):,} steps"
    if behind is not None:
        worst = max(node["slot"] for node in way)
        finding = f"Answer {chosen + 1} was as low as place {worst + 1} on its way of {len(way):,} steps"
    told = " ".join(spoken(node["text"]) for node in way)
    alt = f"Tree of {len(nodes):,} tokens over {steps:,} steps; {ended:,} beams ended. {finding}. Its tokens: {told}; "
    return finding, alt + f"cumulated log-probability {way[-1]['total']:.3f}."
