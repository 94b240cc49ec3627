"""A text as a strip of cells, one for each token, coloured by how much the model was surprised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from core.charts import words
from core.charts.figure import GREY, bars_height, framed, legend_lines, pattern
from core.charts.token_words import MOST_NAMED, alternatives_lines, marked, shade, spoken, width_of

LINE = 44  # columns of fixed width: what 390 pixels hold
LEAST = 4  # columns of the narrowest cell, which holds its number
LINE_PIXELS = 42
FONT = "ui-monospace, SF Mono, Menlo, Consolas, Liberation Mono, monospace"
LEAST_BITS = 4.0  # a text without any surprise is not coloured as if it had some
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
    top = max(LEAST_BITS, min(max((token["surprisal"] or 0.0 for token in tokens), default=0.0), MOST_BITS))
    figure = go.Figure(
        go.Bar(
            base=lefts,
            x=widths,
            y=lines,
            orientation="h",
            width=0.92,
            text=[_cell(name, token, selected) for name, token in zip(names, tokens, strict=True)],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            constraintext="none",
            textfont={"family": FONT, "size": 12},
            marker={
                "color": [shade((token["surprisal"] or 0.0) / top) for token in tokens],
                "cmin": 0,
                "cmax": 1,
                "showscale": False,
                "line": {"width": [3 if token["place"] == selected else 0 for token in tokens], "color": GREY},
            },
            unselected={"marker": {"opacity": 1}},
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


def _cell(name: str, token: Mapping[str, Any], selected: int | None) -> str:
    """The token over its number; the selected one is bold and underlined."""
    number = "–" if token["surprisal"] is None else f"{token['surprisal']:.1f}"
    return f"{f'<b><u>{name}</u></b>' if token['place'] == selected else name}<br>{number}"


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


def surprisal_pair(rows: Sequence[Mapping[str, Any]], *, names: tuple[str, str], most: int = 12, link: str = "under") -> go.Figure:
    """Stretches of a text where two models, or two versions of a text, differ most: two bars for each, in the order of the text.

    Args:
        rows: {start, end, text, difference_bits} and ``<name>_bits`` of each model; ``None`` where there is no score. A step of an answer
            has ``step`` in the place of ``start`` and ``end``.
        names: of both models, or of both versions.
        most: stretches drawn.
        link: the word that says how a stretch stands to a name: ``under`` a model, ``in`` a version; may be empty.
    """
    known = [row for row in rows if row["difference_bits"] is not None]
    widest = sorted(known, key=lambda row: -abs(row["difference_bits"]))[:most]
    drawn = sorted(widest, key=lambda row: row["step"] if "step" in row else row["start"])
    figure = go.Figure()
    for number, name in enumerate(names):
        figure.add_bar(
            x=[row[f"{name}_bits"] for row in drawn],
            y=list(range(len(drawn))),
            orientation="h",
            name=words.shown(name, words.TICK_LETTERS),
            marker={"pattern": pattern(number)},
            text=[f"{row[f'{name}_bits']:.1f}" for row in drawn],
            textposition="outside",
            cliponaxis=False,
            customdata=[(marked(row["text"], words.HOVER_LETTERS), _where(row)) for row in drawn],
            hovertemplate="%{customdata[0]}<br>%{customdata[1]}<br>%{x:.2f} bits<extra>" + words.shown(name) + "</extra>",
        )
    top = max((row[f"{name}_bits"] for row in drawn for name in names), default=1.0)
    figure.update_layout(barmode="group")
    figure.update_xaxes(title_text="Surprisal in bits", range=[0, top * 1.2])
    ticks = [marked(row["text"]) for row in drawn]
    figure.update_yaxes(tickvals=list(range(len(drawn))), ticktext=ticks, autorange="reversed", showgrid=False, zeroline=False)
    finding = "No stretch has two scores"
    if widest:
        far = widest[0]
        more = names[1] if far["difference_bits"] > 0 else names[0]
        whose = f"{link} {words.elided(more, 22)}".strip()
        finding = f"They differ most at {spoken(far['text'])}: {abs(far['difference_bits']):.1f} bits more {whose}"
    told = "; ".join(f"{spoken(row['text'])} " + " and ".join(f"{row[f'{name}_bits']:.1f}" for name in names) for row in drawn)
    height = bars_height(2 * len(drawn), legend_lines(list(names)))
    return framed(figure, finding=finding, alt=f"Bars of surprisal, two for each stretch. {finding}. {told}.", height=height, legend=True)


def _where(row: Mapping[str, Any]) -> str:
    return f"step {row['step']}" if "step" in row else f"characters {row['start']} to {row['end']}"
