"""The logits of a token classifier: the entities, every token's labels, and where aggregation decided."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core import charts
from core.schema import LookSpec
from pages.parts import address, numbers
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.highlight import Mark, marked
from pages.parts.logits import looking
from pages.parts.logits.labels import say_cut
from pages.parts.text import count, plain
from pages.parts.visit import Visit

PAGE_TOKENS = 40
MEANS = {
    "simple": "simple: each piece keeps its own label; neighbours of one type are joined",
    "first": "first: the first piece of a word decides",
    "average": "average: the highest mean probability over the pieces of a word decides",
    "max": "max: the surest piece of a word decides",
    "none": "none: each token for itself",
}


def show(visit: Visit, look: LookSpec) -> None:
    """Entities in the text, then tokens, then words whose pieces disagree."""
    found = looking.ask(visit, "entities", look)
    say_cut(found["lost"], found["limit"])
    strategy = _strategy(found)
    _entities(visit, found, strategy)
    if found["tokens"]:
        _tokens(visit, found)
        _words(visit, found, strategy)


def _strategy(found: dict[str, Any]) -> str:
    offered = list(found["entities"])
    address.take("logits-aggregation", "aggregation", lambda text: offered[offered.index(text)])
    chosen = st.selectbox(
        "How tokens become entities (aggregation)",
        offered,
        format_func=lambda name: MEANS[name] + (" (as in a run)" if name == found["strategy"] else ""),
        key="logits-aggregation",
    )
    address.put("aggregation", *([chosen] if chosen != offered[0] else []))
    return chosen


def _entities(visit: Visit, found: dict[str, Any], strategy: str) -> None:
    """The text with the entities in it, and how the other ways differ."""
    mine = found["entities"][strategy]
    kinds = list(dict.fromkeys(label.split("-", 1)[-1] if strategy != "none" else label for label in found["labels"]))
    with st.container(border=True):
        if all(one["start"] is not None for one in mine):
            st.markdown(marked(found["text"], [Mark(one["start"], one["end"], one["label"]) for one in mine], kinds))
        else:
            st.text(found["text"])
    if not mine:
        st.caption("No entity: every token's likeliest label is one that is left out.")
    else:
        frame = pd.DataFrame(mine).rename(columns={"label": "Type", "text": "Text", "start": "From", "end": "To", "score": "Score"})
        grid(frame, alt=f"{count(len(mine), 'entity', 'entities')} of this text.", limit=visit.settings.max_shown_characters)
    differ = [name for name, other in found["entities"].items() if name not in (strategy, "none") and _spans(other) != _spans(mine)]
    same = [name for name in found["entities"] if name not in (strategy, "none") and name not in differ]
    if strategy != "none":
        words = [
            f"The same entities under {', '.join(same)}." if same else "",
            f"Other entities under {', '.join(differ)}." if differ else "",
        ]
        st.caption(" ".join(filter(None, words)))


def _spans(entities: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(one["label"], one["text"], one["start"], one["end"]) for one in entities]


def _tokens(visit: Visit, found: dict[str, Any]) -> None:
    """Every label's probability at every token, a page of them at a time."""
    tokens, table = found["tokens"], np.array(found["probabilities"])
    pages = -(-len(tokens) // PAGE_TOKENS)
    place = st.session_state.get("logits-tokens-page", 1) if pages > 1 else 1
    first = (min(place, pages) - 1) * PAGE_TOKENS
    part = slice(first, first + PAGE_TOKENS)
    best = [found["labels"][label] for label in table.argmax(axis=1)]
    unsure = int(table.max(axis=1).argmin())
    draw(
        charts.label_heat(
            tokens[part],
            found["labels"],
            table[part],
            finding=f"Least sure at {tokens[unsure]}: {best[unsure]} at {table[unsure].max():.0%}",
            rows="Tokens",
            hover=[f"{token} → {label}" for token, label in zip(tokens[part], best[part], strict=True)],
        ),
        "logits-tokens",
    )
    if pages > 1:
        st.pagination(pages, key="logits-tokens-page")
    windows = max(found["window"]) + 1
    if windows > 1:
        st.caption(f"The text was read in {windows} overlapping windows; tokens that two of them share stand here twice.")
    with st.expander("Numbers", icon=":material/table:"):
        frame = token_table(found)
        grid(frame, alt=f"Logits and probabilities of {count(len(tokens), 'token')}.", limit=visit.settings.max_shown_characters)
        numbers.offer(frame, "tokens")


def token_table(found: dict[str, Any]) -> pd.DataFrame:
    """A row for each token with its place, its label, and the logit and probability of every label."""
    table = np.array(found["probabilities"])
    frame = pd.DataFrame(
        {
            "Token": found["tokens"],
            "Window": [window + 1 for window in found["window"]],
            "From": found["start"],
            "To": found["end"],
            "Label": [found["labels"][place] for place in table.argmax(axis=1)],
        }
    )
    scores = pd.DataFrame(table, columns=[f"p {label}" for label in found["labels"]])
    return pd.concat([frame, scores, pd.DataFrame(found["logits"], columns=[f"logit {label}" for label in found["labels"]])], axis=1)


def _words(visit: Visit, found: dict[str, Any], strategy: str) -> None:
    """Words whose pieces have several labels: there aggregation decides."""
    several = [word for word in found["words"] if len(set(word["labels"])) > 1]
    st.subheader("Where aggregation decided", anchor=False)
    if not found["words"]:
        st.caption("This model's tokenizer does not say where words begin and end.")
        return
    if not several:
        st.caption(f"Nowhere: in each of the {count(len(found['words']), 'word')} all pieces have one label.")
        return
    st.caption(f"{count(len(several), 'word')} whose pieces disagree. {plain(MEANS[strategy], 200)}.")
    rows = []
    for word in several:
        pieces = zip(found["tokens"][word["first"] : word["last"] + 1], word["labels"], word["scores"], strict=True)
        row = {"Word": word["text"]}
        if strategy in word["why"]:
            row |= {"Label": word["chosen"][strategy], "Why": word["why"][strategy]}
        else:
            row |= {f"By {name}": label for name, label in word["chosen"].items()}
        rows.append(row | {"Pieces": "  ".join(f"{piece} {label} {score:.2f}" for piece, label, score in pieces)})
    grid(
        pd.DataFrame(rows), alt=f"{count(len(rows), 'word')} whose pieces have different labels.", limit=visit.settings.max_shown_characters
    )
