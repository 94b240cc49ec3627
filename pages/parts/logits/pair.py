"""The same text under a second language model."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from core import charts, models
from core.inspect.aligned import Aligned, aligned
from core.inspect.causal import Surprise
from core.schema import LookSpec
from pages.parts import address, numbers
from pages.parts.choices import model_picker
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.logits import looking
from pages.parts.text import count, plain
from pages.parts.visit import Visit, errors_shown

TOKENS = 120


def show(visit: Visit, look: LookSpec, found: dict[str, Any]) -> None:
    """A second strip, and where the two models differ most.

    Args:
        found: the surprisal view of the first model.
    """
    entries = {entry.reference: entry for entry in models.list_models(visit.settings, look.task, visit.workspace)}
    here = {name: at for name, entry in entries.items() if (at := model_picker.at_hand(entry)) and at != look.model}
    if not here:
        st.info("There is no second model for this task on this machine. Register one, or fetch one above.", icon=":material/info:")
        return
    address.take("other-model", "other", address.one_of(here))
    name = st.selectbox(
        "Compare with",
        list(here),
        index=None,
        format_func=lambda one: model_picker.line(entries[one]),
        placeholder="Choose a second model",
        key="other-model",
    )
    address.put("other", *([name] if name else []))
    if name is None:
        return
    with errors_shown():
        second = looking.spec(visit, look.task, here[name], look.cells, look.options)
        other = looking.ask(visit, "surprisal", second, top=5)
        _side_by_side(visit, found, other)


def _side_by_side(visit: Visit, found: dict[str, Any], other: dict[str, Any]) -> None:
    both = aligned(Surprise.model_validate(found), Surprise.model_validate(other))
    names = [model.rpartition(":")[2].partition("@")[0] for model in both.models]
    _verdict(both, names)
    strip = charts.surprisal_strip(other["tokens"][:TOKENS], model=names[1], perplexity=other["perplexity"])
    draw(strip, "other-strip")
    rows = [
        {
            "start": one.start,
            "end": one.end,
            "text": one.text,
            f"{names[0]}_bits": one.surprisals[0],
            f"{names[1]}_bits": one.surprisals[1],
            "difference_bits": None if None in one.surprisals else (one.surprisals[1] or 0.0) - (one.surprisals[0] or 0.0),
        }
        for one in both.stretches
    ]
    if names[0] == names[1]:
        names = list(both.models)
    draw(charts.surprisal_pair(rows, names=(names[0], names[1])), "pair-bars")
    with st.expander("Every stretch", icon=":material/table_rows:"):
        grid(pd.DataFrame(rows), alt="A row for each stretch of the text.", limit=visit.settings.max_shown_characters, key="pair-rows")
    numbers.offer(pd.DataFrame(rows), "two-models")


def _verdict(both: Aligned, names: list[str]) -> None:
    """Which model was less surprised, and how the two were laid side by side."""
    first, second = both.per_character
    if first is None or second is None:
        st.info("No stretch of this text has a score under both models: it is too short.", icon=":material/info:")
        return
    less = names[0] if first <= second else names[1]
    st.markdown(
        f"**{plain(less)}** was less surprised: {first:.2f} bits per character under {plain(names[0])}, "
        f"{second:.2f} under {plain(names[1])}."
    )
    st.caption(f"Over {count(both.characters, 'character')} that both models have scored.")
    if both.same_tokens:
        st.caption("Both models read the same tokens, so they are compared token by token.")
    else:
        st.caption(
            "Their tokens differ, so they are aligned by characters: the text is cut where tokens of both end, and the bits of each "
            "stretch add up. Perplexities of different tokenizers do not compare; bits per character do."
        )
