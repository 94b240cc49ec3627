"""The likeliest tokens for one place, as bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from core.charts import words
from core.charts.figure import bars_height, framed, pattern
from core.charts.token_words import marked, percent, spoken

OWN = 1  # the pattern of bars for the user's own words


def token_bars(
    candidates: Sequence[Mapping[str, Any]], *, where: str, real: Mapping[str, Any] | None = None, own: Sequence[Mapping[str, Any]] = ()
) -> go.Figure:
    """A bar for each token's probability, numbered by its rank.

    Args:
        candidates: {id, text, probability}, the likeliest first.
        where: names the place: "gap 1".
        real: the token that stands there: {id, text, rank, probability}; drawn below the others where it is not among them.
        own: words of the user's own: {id, word, probability, rank}, drawn below with a pattern.
    """
    bars = [(f"{number}. {marked(one['text'])}", one, number, "") for number, one in enumerate(candidates, start=1)]
    known = {one["id"] for one in candidates}
    if real is not None and real["id"] not in known:
        bars.append((f"{real['rank']:,}. {marked(real['text'])}", real, real["rank"], "stands there"))
    bars += [(f"{one['rank']:,}. {marked(one['word'])}", one, one["rank"], "your word") for one in own]
    figure = go.Figure(
        go.Bar(
            x=[one["probability"] for _, one, _, _ in bars],
            y=list(range(len(bars))),
            orientation="h",
            text=[_beside(one, note, real) for _, one, _, note in bars],
            textposition="outside",
            cliponaxis=False,
            width=0.7,
            marker={"pattern": {**pattern(OWN), "shape": [pattern(OWN)["shape"] if note == "your word" else "" for *_, note in bars]}},
            customdata=[[name, one["id"], f"{rank:,}"] for name, one, rank, _ in bars],
            hovertemplate="%{customdata[0]}<br>id %{customdata[1]}, rank %{customdata[2]}<br>probability %{x:.4%}<extra></extra>",
        )
    )
    most = max((one["probability"] for _, one, _, _ in bars), default=1.0)
    ticks = {"tickvals": [0, 0.25, 0.5, 0.75, 1]} if most > 0.5 else {"nticks": 5}  # the room for words beside a bar is no probability
    figure.update_xaxes(title_text="Probability", tickformat=".0%" if most > 0.05 else ".2%", range=[0, most * 1.6], **ticks)
    figure.update_yaxes(
        tickvals=list(range(len(bars))), ticktext=[name for name, *_ in bars], autorange="reversed", showgrid=False, zeroline=False
    )
    finding, alt = _in_words(candidates, where, real, own)
    return framed(figure, finding=finding, alt=alt, height=bars_height(len(bars)), legend=False)


def _beside(one: Mapping[str, Any], note: str, real: Mapping[str, Any] | None) -> str:
    note = note or ("stands there" if real is not None and one["id"] == real["id"] else "")
    return f"{percent(one['probability'])}{' · ' + note if note else ''}"


def _in_words(
    candidates: Sequence[Mapping[str, Any]], where: str, real: Mapping[str, Any] | None, own: Sequence[Mapping[str, Any]]
) -> tuple[str, str]:
    place = words.elided(where)
    if not candidates:
        return f"{place}: no token", f"Bars for {place}: no token."
    best = candidates[0]
    finding = f"{place}: {spoken(best['text'])} is likeliest, {percent(best['probability'])}"
    if real is not None and real["id"] != best["id"]:
        finding += f"; {spoken(real['text'])} stands there, rank {real['rank']:,}"
    listed = [f"{spoken(one['text'])} {percent(one['probability'])}" for one in candidates]
    listed += [f"your word {words.elided(one['word'])} {percent(one['probability'])}, rank {one['rank']:,}" for one in own]
    return finding, f"Bar chart of the likeliest tokens for {place}. {finding}. {', '.join(listed)}."
