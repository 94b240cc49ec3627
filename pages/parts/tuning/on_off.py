"""What a fine-tune changed: the same validation rows with it and without it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st
from streamlit import column_config

from core.evaluation.words import p_words, title_of, verdict
from core.runs import RunFolder
from core.tasks.scoring import LOWER_IS_BETTER
from core.training.outcome.changes import BETTER, BROKEN, FIXED, UNCHANGED, WORSE
from core.training.outcome.on_off import ON_OFF
from core.training.outcome.without import BASE, ZERO_SHOT
from pages.parts.frames import grid
from pages.parts.text import count, plain

TILE_PIXELS = 150
TEXT_PIXELS, LABEL_PIXELS = 300, 165  # text and three labels fit on a page of 1280 pixels
SCORE_PIXELS = 90
LONGEST = 300  # characters of a cell shown
WITHOUT = {
    BASE: "Without it, the base answers by itself.",
    ZERO_SHOT: "The base has no answers of its own for these labels. Without it stands what you could do untrained: "
    "each text gets the label whose name is closest to it in the base's vectors (zero-shot).",
}
SHOWN = {BROKEN: "Broken", FIXED: "Fixed", WORSE: "Worse", BETTER: "Better", UNCHANGED: "Unchanged", "": "All rows"}
HELP = {
    FIXED: "Wrong without it, right with it.",
    BROKEN: "Right without it, wrong with it.",
    UNCHANGED: "Right both times, or wrong both times.",
}
READ = {
    "text": "Text",
    "text_pair": "Second text",
    "tokens": "Words",
    "question": "Question",
    "context": "Text to search",
    "prompt": "Prompt",
}
"""Names of what was read of a row; a column of a template has its own."""

ANSWERS = {"truth": "Yours", "off": "Without", "on": "With", "score_off": "Score without", "score_on": "Score with"}


def show(run: RunFolder, made: str) -> None:
    """Three counts, what they mean, and the rows. Nothing where the run has not compared.

    Args:
        made: what the fine-tune made, in a word.
    """
    found: dict[str, Any] = run.summary().get("on_off") or {}
    if not found:
        return
    st.subheader(f"What the {made} changed", anchor=False)
    if "why_not" in found:
        st.caption(plain(found["why_not"], 500))
        return
    st.caption(WITHOUT[found["how"]])
    if "one_answer" in found:
        st.warning(_all_alike(found, made), icon=":material/warning:")
    if "score" in found:
        _scores(found)
    else:
        _counts(found)
    path = run.path / ON_OFF
    if path.is_file():
        _rows(pd.read_parquet(path), run.id)


def _all_alike(found: dict[str, Any], made: str) -> str:
    """That every row gets the same answer, and what the counts are worth then."""
    said = f"the same answer: {plain(found['one_answer'])}" if found["one_answer"].strip() else "an empty answer"
    more = f" Rows count as fixed only because that is {'their' if found.get(FIXED) != 1 else 'its'} label." if found.get(FIXED) else ""
    return f"The {made} gives every row {said}. It has learned nothing that tells rows apart.{more}"


def _counts(found: dict[str, Any]) -> None:
    """Rows that are right or wrong."""
    _tiles({kind: found[kind] for kind in (FIXED, BROKEN, UNCHANGED)}, HELP)
    rows = found["rows"]
    if not rows:
        return
    st.markdown(
        f"Right on **{found['right_off'] / rows:.1%}** of {count(rows, 'validation row')} without it and on "
        f"**{found['right_on'] / rows:.1%}** with it (McNemar p {p_words(found['mcnemar'], equals='= ')})."
    )
    if found.get("most_frequent"):
        share = found["most_frequent_rows"] / rows
        st.caption(f"Who gives every row the most frequent label, {plain(found['most_frequent'])}, is right on {share:.1%}.")


def _scores(found: dict[str, Any]) -> None:
    """Rows whose answers are nearer or further."""
    name = found["score"]
    title, lower = title_of(name), name in LOWER_IS_BETTER
    sides = {BETTER: "A lower" if lower else "A higher", WORSE: "A higher" if lower else "A lower"}
    helps = {kind: f"{side} {title} with it than without it." for kind, side in sides.items()}
    _tiles({kind: found[kind] for kind in (BETTER, WORSE, UNCHANGED)}, {**helps, UNCHANGED: f"The same {title} both times."})
    off, on = ("not defined" if found[side] is None else f"{found[side]:.3f}" for side in ("off", "on"))
    st.markdown(f"{title} of **{off}** on {count(found['rows'], 'validation row')} without it and of **{on}** with it.")
    paired = {"differences": {name: found["difference"]}, "mcnemar": None}
    st.caption(plain(verdict(paired, name, "without it", "with it"), 300))


def _tiles(counts: dict[str, int], helps: dict[str, str]) -> None:
    with st.grid(columns=3, min_column_width=TILE_PIXELS):
        for kind, rows in counts.items():
            st.metric(SHOWN[kind], f"{rows:,}", help=helps[kind], border=True)


def _rows(frame: pd.DataFrame, run_id: str) -> None:
    """The rows, the broken or worse ones first: they are what there is to learn from."""
    kinds = [kind for kind in SHOWN if not kind or (frame["change"] == kind).any()]
    which, search = st.columns([1, 2], vertical_alignment="bottom")
    kind = which.selectbox("Rows", kinds, format_func=SHOWN.__getitem__, key=f"on-off-kind-{run_id}")
    words = search.text_input("Search", key=f"on-off-search-{run_id}", type="search", placeholder="Text or answer")
    chosen = frame[frame["change"] == kind] if kind else frame
    if words:
        texts = chosen.select_dtypes(include=["str", "object"]).drop(columns="change")
        chosen = chosen[texts.apply(lambda column: column.str.contains(words, case=False, regex=False, na=False)).any(axis=1)]
    if chosen.empty:
        st.caption("No row matches.")
        return
    display = pd.DataFrame({"Row": chosen["row"] + 1})
    read = [name for name in chosen.columns if name not in ("row", "change", *ANSWERS)]
    for name in read:
        display[READ.get(name) or own_name(name)] = chosen[name]
    for name in ANSWERS:
        if name in chosen:
            display[ANSWERS[name]] = chosen[name]
    if not kind:
        display["Change"] = chosen["change"].map(SHOWN)
    alt = f"{count(len(display), 'validation row')} with the answers without it and with it."
    grid(display, alt=alt, limit=LONGEST, config=_config(display))
    st.caption(f"{count(len(display), 'row')}. Rows are numbered as in your table, the first one under the header is 1.")


def own_name(name: str) -> str:
    """The column of a template's place: ``note`` of ``prompt_template ({{note}})``."""
    return name.partition("{{")[2].removesuffix("}})") or name


def _config(display: pd.DataFrame) -> dict[str, Any]:
    """Widths with which a text and its answers fit on a page."""
    config: dict[str, Any] = {name: column_config.TextColumn(name, width=LABEL_PIXELS) for name in ("Yours", "Without", "With")}
    config |= {name: column_config.NumberColumn(name, format="%.3f", width=SCORE_PIXELS) for name in ("Score without", "Score with")}
    config["Text"] = column_config.TextColumn("Text", width=TEXT_PIXELS)
    return {name: value for name, value in config.items() if name in display}
