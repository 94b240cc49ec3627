"""The logit lens: what each layer of a language model would say."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core import charts
from core.schema import LookSpec
from pages.parts import address, numbers
from pages.parts.figures import draw
from pages.parts.logits import looking
from pages.parts.visit import Visit

WIDTH = 8


def show(visit: Visit, look: LookSpec, chosen: int, tokens: int) -> None:
    """Layers by tokens, from a token on.

    Args:
        chosen: the token that is looked at; the map begins a little before it.
        tokens: of the text.

    Raises:
        BadInput: the model does not allow it; the message says why.
    """
    first, second = st.columns(2)
    start = max(1, min(chosen - WIDTH // 2, tokens + 1 - WIDTH))
    with first:
        key = f"lens-first-{chosen}"
        address.take(key, "from", address.whole(1, max(tokens, 1)), start)
        begin = st.number_input("First token", 1, max(tokens, 1), key=key)
        address.put("from", *([str(begin)] if begin != start else []))
    with second:
        most = visit.settings.max_lens_tokens
        address.take("lens-width", "layers-of", address.whole(1, most), min(WIDTH, most))
        width = st.number_input("Tokens", 1, most, key="lens-width")
        address.put("layers-of", *([str(width)] if width != min(WIDTH, most) else []))
    found = looking.ask(visit, "lens", look, first=int(begin), count=int(width))
    places, layers = found["places"], found["layers"]
    draw(charts.lens_map(places, layers, model=look.model.rpartition(":")[2].partition("@")[0]), "lens-map")
    left_out = f" {len(layers)} of {found['all_layers'] + 1} are shown." if len(layers) < found["all_layers"] else ""
    st.caption(
        "Each cell is the likeliest token if the model stopped at that layer: its hidden state goes through the final norm and the "
        "output head (nostalgebraist 2020). The further its colour is from the page's, the likelier it is. Nothing is trained for it, "
        f"so early layers may say nothing readable.{left_out}"
    )
    rows = [
        {
            "layer": layer["layer"],
            "name": layer["name"],
            "place": place["place"],
            "token": place["text"],
            "token_id": place["id"],
            "likeliest": cell["text"],
            "likeliest_id": cell["id"],
            "probability": cell["probability"],
            "entropy_bits": cell["entropy"],
            "surprisal_bits": cell["surprisal"],
            "rank": cell["rank"],
        }
        for layer in layers
        for place, cell in zip(places, layer["cells"], strict=True)
    ]
    numbers.offer(pd.DataFrame(rows), "logit-lens")
