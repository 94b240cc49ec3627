"""The logit lens as a heat map: what each layer would say at each place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from core.charts import words
from core.charts.figure import framed
from core.charts.token_words import marked, percent, shade, spoken

MOST_WITH_TEXT = 12
CELL_LETTERS = 5
ROW_PIXELS = 30


def lens_map(places: Sequence[Mapping[str, Any]], layers: Sequence[Mapping[str, Any]], *, model: str, unit: str = "bits") -> go.Figure:
    """Layers by places: each cell the layer's likeliest token, coloured by its probability. The last layer is on top: the answer.

    Args:
        places: {place, id, text}, ``id`` ``None`` behind the text.
        layers: {name, cells of {id, text, probability, surprisal, rank}}, the first one first.
    """
    across, down = list(range(len(places))), list(range(len(layers)))
    with_text = len(places) <= MOST_WITH_TEXT
    figure = go.Figure(
        go.Heatmap(
            z=[[shade(cell["probability"]) for cell in layer["cells"]] for layer in layers],
            x=across,
            y=down,
            zmin=0,
            zmax=1,
            xgap=2,
            ygap=2,
            text=[[marked(cell["text"], CELL_LETTERS) for cell in layer["cells"]] for layer in layers] if with_text else None,
            texttemplate="%{text}" if with_text else None,
            textfont={"size": 11},
            customdata=[
                [[_told(layer, place, cell, unit)] for place, cell in zip(places, layer["cells"], strict=True)] for layer in layers
            ],
            hovertemplate="%{customdata[0]}<extra></extra>",
            showscale=False,
        )
    )
    names = [f"{marked(place['text'], CELL_LETTERS + 5)}" if place["id"] is not None else "(next)" for place in places]
    figure.update_xaxes(
        title_text="Token that stands there", tickvals=across, ticktext=names, tickangle=-45, showgrid=False, zeroline=False
    )
    figure.update_yaxes(tickvals=down, ticktext=[words.shown(layer["name"]) for layer in layers], showgrid=False, zeroline=False)
    finding, alt = _in_words(places, layers, model)
    return framed(figure, finding=finding, alt=alt, height=170 + ROW_PIXELS * len(layers), legend=False)


def _told(layer: Mapping[str, Any], place: Mapping[str, Any], cell: Mapping[str, Any], unit: str) -> str:
    says = f"{words.shown(layer['name'])} says <b>{marked(cell['text'])}</b> ({percent(cell['probability'])})"
    if place["id"] is None:
        return f"behind the text<br>{says}"
    real = f"real token {marked(place['text'])}: surprisal {cell['surprisal']:.2f} {unit}, rank {cell['rank']:,}"
    return f"token {place['place']:,} (id {place['id']})<br>{says}<br>{real}"


def settled(layers: Sequence[Mapping[str, Any]], at: int) -> int:
    """Number of the first layer from which on every layer says at a place what the last one says."""
    last, number = layers[-1]["cells"][at]["id"], len(layers) - 1
    while number and layers[number - 1]["cells"][at]["id"] == last:
        number -= 1
    return number


def _in_words(places: Sequence[Mapping[str, Any]], layers: Sequence[Mapping[str, Any]], model: str) -> tuple[str, str]:
    name = words.elided(model, words.TICK_LETTERS)
    first = [settled(layers, at) for at in range(len(places))]
    early = sum(number < len(layers) - 1 for number in first)
    finding = f"{name}: {early:,} of {words.rows(len(places), 'answer')} stand before the last layer"
    told = "; ".join(
        f"{spoken(place['text']) if place['id'] is not None else 'next token'}: {spoken(layers[-1]['cells'][at]['text'])} "
        f"from {layers[number]['name']} on"
        for at, (place, number) in enumerate(zip(places, first, strict=True))
    )
    return finding, f"Heat map of the likeliest token of {len(layers):,} layers at {words.rows(len(places), 'place')}. {told}."
