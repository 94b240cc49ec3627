"""A text as a strip of cells, one for each token, coloured by how much the model was surprised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from core.charts import words
from core.charts.figure import framed
from core.charts.tokens import MOST_NAMED, alternatives_lines, marked, spoken, width_of

LINE = 44  # columns of fixed width: what 390 pixels hold
LEAST = 4  # columns of the narrowest cell, which holds its number
LINE_PIXELS = 42
FONT = "ui-monospace, SF Mono, Menlo, Consolas, Liberation Mono, monospace"
MOST_BITS = 16.0  # from here on all are coloured alike: what is as rare as one in 65,536 is a surprise in any text


def surprisal_strip(
    tokens: Sequence[Mapping[str, Any]], *, model: str, perplexity: float | None, unit: str = "bits", selected: int | None = None
) -> go.Figure:
    """Tokens in reading order, in lines that break where they are full or the text breaks.

    Each cell shows the token over its surprisal, so that colour is not the only carrier; ``customdata`` begins with its place.

    Args:
        tokens: {place, id, text, special, surprisal, rank, entropy, alternatives}; ``surprisal`` may be ``None``.
        model: whose surprisal it is.
        perplexity: of the whole text, which may be longer than what is drawn.
        selected: place of the token that gets a frame.
    """
    names = [marked(token["text"]) for token in tokens]
    lefts, widths, lines = _laid_out([max(LEAST, width_of(spoken(token["text"])) + 1) for token in tokens], tokens)
    known = [token["surprisal"] for token in tokens if token["surprisal"] is not None]
    figure = go.Figure(
        go.Bar(
            base=lefts,
            x=widths,
            y=lines,
            orientation="h",
            width=0.92,
            text=[f"{name}<br><sub>{_number(token)}</sub>" for name, token in zip(names, tokens, strict=True)],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            constraintext="none",
            textfont={"family": FONT, "size": 12},
            marker={
                "color": [min(token["surprisal"] or 0.0, MOST_BITS) for token in tokens],
                "cmin": 0,
                "cmax": max(4.0, min(max(known, default=0.0), MOST_BITS)),
                "coloraxis": None,
                "colorbar": {"title": {"text": unit, "side": "right"}, "thickness": 10, "len": 1.0},
                "showscale": False,
                "line": {"width": [3 if token["place"] == selected else 0 for token in tokens]},
            },
            customdata=[[token["place"], *_told(token, unit)] for token in tokens],
            hovertemplate="%{customdata[1]}<extra></extra>",
            cliponaxis=False,
        )
    )
    rows = max(lines, default=0) + 1
    figure.update_xaxes(visible=False, range=[0, LINE], fixedrange=True)
    figure.update_yaxes(visible=False, range=[rows - 0.5, -0.5], fixedrange=True)
    figure.update_layout(bargap=0, barmode="overlay", clickmode="event+select", dragmode=False)
    finding, alt = _in_words(tokens, model, perplexity, unit)
    return framed(figure, finding=finding, alt=alt, height=60 + LINE_PIXELS * rows, legend=False)


def _laid_out(widths: Sequence[int], tokens: Sequence[Mapping[str, Any]]) -> tuple[list[float], list[float], list[int]]:
    """Left edge, width and line of each cell."""
    lefts: list[float] = []
    lines: list[int] = []
    at, line = 0, 0
    for width, token in zip(widths, tokens, strict=True):
        if at and at + width > LINE:
            at, line = 0, line + 1
        lefts.append(at)
        lines.append(line)
        at += width
        if "\n" in token["text"]:
            at, line = 0, line + 1
    return lefts, [min(width, LINE) - 0.25 for width in widths], lines


def _number(token: Mapping[str, Any]) -> str:
    return "–" if token["surprisal"] is None else f"{token['surprisal']:.1f}"


def _told(token: Mapping[str, Any], unit: str) -> list[str]:
    """The lines of a hover text."""
    head = f"<b>{marked(token['text'], words.HOVER_LETTERS)}</b> · token {token['place']:,} · id {token['id']}"
    if token["surprisal"] is None:
        return [f"{head}<br>nothing stands before it, so it has no surprisal"]
    score = f"surprisal {token['surprisal']:.2f} {unit} · rank {token['rank']:,} · entropy {token['entropy']:.2f} {unit}"
    return [f"{head}<br>{score}{alternatives_lines(token['alternatives'][:MOST_NAMED])}"]


def _in_words(tokens: Sequence[Mapping[str, Any]], model: str, perplexity: float | None, unit: str) -> tuple[str, str]:
    known = sorted((token for token in tokens if token["surprisal"] is not None), key=lambda token: -token["surprisal"])
    name = words.elided(model, words.TICK_LETTERS)
    if not known:
        return f"{name}: no token has a surprisal", "Strip of tokens; none has a surprisal."
    figure = f", perplexity {perplexity:,.1f}" if perplexity is not None else ""
    most = known[0]
    finding = f"{name} was most surprised by {spoken(most['text'])}: {most['surprisal']:.1f} {unit}{figure}"
    listed = ", ".join(f"{spoken(token['text'])} {token['surprisal']:.1f}" for token in known[:MOST_NAMED])
    first = sum(token["rank"] == 1 for token in known)
    alt = f"Strip of {len(tokens):,} tokens coloured by surprisal under {name}{figure}. Most surprising, in {unit}: {listed}. "
    return finding, alt + f"{words.share(first, len(known))} of the tokens were the model's first choice."
