"""Two answers to the gaps of a text: the likeliest words of each, with the probability that both give them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from core import charts
from pages.parts import numbers
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.logits.against.two import Two
from pages.parts.text import count
from pages.parts.visit import Visit

TOP = 6  # of each answer


def show(visit: Visit, two: Two) -> None:
    """A pair of bars for each word, gap by gap; texts with another number of gaps are compared as far as both have one."""
    both = two.ask(visit, "masks", top=TOP)
    gaps = min(len(one["gaps"]) for one in both)
    if len({len(one["gaps"]) for one in both}) > 1:
        st.caption(f"One text has more gaps than the other: the first {count(gaps, 'gap')} are compared.")
    words = _words(both, gaps)
    scored = two.ask(visit, "masks", top=TOP, targets=words)
    rows: list[dict[str, Any]] = []
    for gap in range(gaps):
        mine = _scores(scored, gap, words)
        if not mine:
            st.caption(f"Gap {gap + 1}: no word is a single token of both.")
            continue
        best = [one["gaps"][gap]["candidates"][0] for one in both]
        draw(_figure(two, mine, best, f"Gap {gap + 1}: " if gaps > 1 else ""), f"{two.kind}-gap-{gap + 1}")
        rows += [
            {"Gap": gap + 1, "Word": word, two.names[0]: one, two.names[1]: other, "Difference": other - one}
            for word, (one, other) in mine.items()
        ]
    frame = pd.DataFrame(rows)
    if not frame.empty:
        with st.expander("Numbers", icon=":material/table:"):
            grid(frame, alt="Probability of each word in both answers.", limit=visit.settings.max_shown_characters)
            numbers.offer(frame, two.kind)


def _words(both: tuple[dict[str, Any], dict[str, Any]], gaps: int) -> list[str]:
    """The candidates of both, each once."""
    offered = [one["text"].strip() for found in both for gap in found["gaps"][:gaps] for one in gap["candidates"]]
    return list(dict.fromkeys(word for word in offered if word))


def _scores(scored: tuple[dict[str, Any], dict[str, Any]], gap: int, words: list[str]) -> dict[str, tuple[float, float]]:
    """Probabilities of the words that are one token of both models."""
    both = [{one["word"]: one["probability"] for one in each["gaps"][gap]["targets"] if one["whole"]} for each in scored]
    found = {word: (both[0][word], both[1][word]) for word in words if word in both[0] and word in both[1]}
    strongest = sorted(found, key=lambda word: -max(found[word]))[: 2 * TOP]
    return {word: found[word] for word in strongest}


def _figure(two: Two, scores: dict[str, tuple[float, float]], best: list[dict[str, Any]], where: str) -> Any:
    texts = [one["text"].strip() for one in best]
    shares = [f"{one['probability']:.1%}" for one in best]
    if texts[0] == texts[1]:
        finding = f"{where}still {texts[0]}" if two.moved else f"{where}both expect {texts[0]}"
        finding += f", {shares[0]} and {shares[1]}"
    else:
        finding = f"{where}{texts[0]}, {shares[0]} {two.names[0]}; {texts[1]}, {shares[1]} {two.names[1]}"
    series = {name: [pair[side] for pair in scores.values()] for side, name in enumerate(two.names)}
    return charts.label_scores(list(scores), series, finding=finding[:1].upper() + finding[1:], whole=False)
