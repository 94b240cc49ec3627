"""Two strips of a language model: the same text under another model, or an edited text under the same one."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from core import charts
from core.inspect.aligned import Aligned, Stretch, aligned, kept_tokens
from core.inspect.causal import Surprisal
from pages.parts import numbers
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.logits.against.two import Two
from pages.parts.logits.tokens import headed
from pages.parts.text import count, plain
from pages.parts.visit import Visit

DRAWN = 120  # tokens of a strip
ALTERNATIVES = 10
NAMES_OF_EDIT = ("the first text", "the changed text")


def show(visit: Visit, two: Two) -> None:
    """Which of the two was less surprised, the strips (of an edit the second: the first is above), and where they differ most."""
    found, other = two.ask(visit, "surprisal", top=ALTERNATIVES)
    one, second = Surprisal.model_validate(found), Surprisal.model_validate(other)
    if two.moved:
        names = NAMES_OF_EDIT
        stretches = kept_tokens(one, second)
        _moved(one, second, stretches)
    else:
        names = two.names
        both = aligned(one, second)
        stretches = both.stretches
        _verdict(both, names)
    if not two.moved:
        _strip(found, names[0], f"{two.kind}-first")
    _strip(other, "After the edit, it" if two.moved else names[1], f"{two.kind}-strip")
    rows = [_row(stretch, names) for stretch in stretches]
    draw(charts.surprisal_pair(rows, names=names, link="in" if two.moved else "under"), f"{two.kind}-bars")
    with st.expander("Every stretch", icon=":material/table_rows:"):
        grid(headed(pd.DataFrame(rows)), alt="A row for each stretch.", limit=visit.settings.max_shown_characters, key=f"{two.kind}-rows")
    numbers.offer(pd.DataFrame(rows), two.kind)


def _strip(found: dict[str, Any], whose: str, name: str) -> None:
    draw(charts.surprisal_strip(found["tokens"][:DRAWN], model=whose, perplexity=found["perplexity"]), name)


def _row(stretch: Stretch, names: tuple[str, str]) -> dict[str, Any]:
    one, other = stretch.surprisals
    row = {"start": stretch.start, "end": stretch.end, "text": stretch.text, f"{names[0]}_bits": one, f"{names[1]}_bits": other}
    return row | {"difference_bits": None if one is None or other is None else other - one}


def _moved(before: Surprisal, after: Surprisal, kept: list[Stretch]) -> None:
    """Bits per token of both texts, and of the tokens that stand in both."""
    known = [stretch.surprisals for stretch in kept if None not in stretch.surprisals]
    if before.mean is None or after.mean is None:
        st.info("One of the texts is too short to have a surprisal.", icon=":material/info:")
        return
    st.markdown(f"**{before.mean:.2f} bits per token before, {after.mean:.2f} after.**")
    if known:
        sums = [sum(pair[side] or 0.0 for pair in known) for side in (0, 1)]
        words = f"{count(len(known), 'token')} that both texts have took {sums[0]:.1f} bits before and {sums[1]:.1f} after"
        st.caption(f"{words}: what stands before a token decides how it is expected.")


def _verdict(both: Aligned, names: tuple[str, str]) -> None:
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
