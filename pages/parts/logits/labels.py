"""The logits of a classifier: how likely each label is, and how sure the answer."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core import charts
from core.inspect.label_numbers import PROBABILITIES, entropies, margins, predicted, probabilities_at
from core.inspect.similarity import COSINE
from core.schema import LookSpec
from pages.parts import address, numbers
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.logits import looking
from pages.parts.text import count, plain
from pages.parts.visit import Visit

VIEW_OF = MappingProxyType({"text-classification": "labels", "zero-shot-classification": "own_labels", "feature-extraction": "similarity"})
COOLEST, HOTTEST, STEP = 0.1, 5.0, 0.1
TILE_PIXELS = 150
MOST_SAID = 3  # labels named in a title
MARGIN_HELP = {
    "single": "The first probability less the second: near 0, the text could have got the other label.",
    "multi": "The smallest distance of a label's probability from its threshold: near 0, one label could as well be in or out.",
}
ENTROPY_HELP = "In bits: 0 is certain, 1 is a toss of a coin between two labels. With several labels, the sum over the labels."
TEMPERATURE_HELP = (
    "Logits are divided by it before they become probabilities: above 1 the model sounds less sure, below 1 surer. The order stays."
)


def show(visit: Visit, look: LookSpec) -> None:
    """Margin and entropy, a bar for each label, and the temperature that they follow."""
    found = looking.ask(visit, VIEW_OF[look.task], look)
    say_cut(found["lost"][0], found["limit"])
    _answer(visit, found)


def say_cut(lost: int, limit: int) -> None:
    """That the model did not read the whole text, where it did not."""
    if lost:
        read = f"The model reads {limit:,} tokens. {count(lost, 'token')} of this text did not fit and changed nothing."
        st.warning(read, icon=":material/content_cut:")


def _answer(visit: Visit, found: dict[str, Any]) -> None:
    problem = found["problem"]
    above = st.container()  # the answer stands above the control that it follows
    temperature = _temperature() if problem in PROBABILITIES and found.get("tempered", True) else 1.0
    logits = found["logits"][:1]
    probabilities = (
        np.array(found["probabilities"][:1]) if temperature == 1 else probabilities_at(logits, problem, temperature * found["temperature"])
    )
    labels, thresholds = found["labels"], found["thresholds"]
    with above:
        entropy = entropies(probabilities, problem)[0] if found["entropies"][0] is not None else None
        _tiles(problem, margins(probabilities, problem, thresholds)[0], entropy, found)
    at = f"temperature {temperature:.1f}"
    series = (
        {"as the model has it": found["probabilities"][0]}
        if temperature == 1
        else {
            at: probabilities[0].tolist(),
            "temperature 1": found["probabilities"][0],
        }
    )
    finding = sentence(labels, probabilities[0].tolist(), problem, predicted(probabilities, labels, problem, thresholds)[0])
    figure = charts.label_scores(
        labels,
        series,
        finding=finding if temperature == 1 else f"At {at}: {finding}",
        logits=dict.fromkeys(series, logits[0]),
        thresholds=thresholds,
        probability=problem in PROBABILITIES,
    )
    with above:
        draw(figure, "logits-scores")
        if "hypotheses" in found:
            st.caption(_compared(found))
        if found["temperature"] != 1:
            st.caption(f"The model was saved with a temperature of {found['temperature']:.3g}, which is applied already.")
    frame = table(found, 0)
    if temperature != 1:
        frame[f"Probability at temperature {temperature:.1f}"] = probabilities[0]
    with st.expander("Numbers", icon=":material/table:"):
        grid(frame, alt=f"Logit and score of {count(len(labels), 'label')}.", limit=visit.settings.max_shown_characters)
        numbers.offer(frame, "labels")


def _compared(found: dict[str, Any]) -> str:
    """What stands for a label, and what its logit is."""
    several = found["problem"] == "multi"
    label, sentence = found["labels"][0], found["hypotheses"][0]
    stands = "Each label is read as it is."
    if label != sentence:
        stands = f"The label {plain(label, 60)} is read as “{plain(sentence, 200)}”, the others likewise."
    if found["compared"] == "entailment":
        what = "for entailment, less that for contradiction" if several else "for entailment"
        return f"{stands} Its logit is the model's {what}."
    what = "the cosine of the vectors of text and label" + ("" if several else f", times {found['scale']:g}")
    return f"{stands} Its logit is {what}."


def _temperature() -> float:
    address.take("logits-temperature", "temperature", _read_temperature, 1.0)
    chosen = st.slider("Temperature", COOLEST, HOTTEST, step=STEP, key="logits-temperature", help=TEMPERATURE_HELP)
    address.put("temperature", *([f"{chosen:.1f}"] if chosen != 1 else []))
    return float(chosen)


def _read_temperature(text: str) -> float:
    value = float(text)
    if not COOLEST <= value <= HOTTEST:
        raise ValueError(text)
    return round(value, 1)


def _tiles(problem: str, margin: float | None, entropy: float | None, found: dict[str, Any]) -> None:
    with st.grid(columns=3, min_column_width=TILE_PIXELS):
        if margin is not None:
            st.metric("Margin", f"{margin:.3f}", help=MARGIN_HELP[problem], border=True)
        if entropy is not None:
            st.metric("Entropy", f"{entropy:.2f} bits", help=ENTROPY_HELP, border=True)
        st.metric("Tokens read", f"{found['tokens'][0]:,}", help=f"Special ones included; the model reads {found['limit']:,}.", border=True)


def sentence_of(found: dict[str, Any], row: int) -> str:
    """The answer to one of the texts in words. Not escaped."""
    return sentence(found["labels"], found["probabilities"][row], found["problem"], found["predictions"][row])


def sentence(labels: list[str], probabilities: list[float], problem: str, chosen: list[str]) -> str:
    """The answer in words: ``negative, 98.2 %``. Not escaped."""
    if problem == "multi":
        scores = sorted(((probabilities[labels.index(label)], label) for label in chosen), reverse=True)
        more = f" and {len(scores) - MOST_SAID} more" if len(scores) > MOST_SAID else ""
        said = ", ".join(f"{label} {score:.1%}" for score, label in scores[:MOST_SAID])
        return f"{said}{more}" or "No label reaches its threshold"
    if problem == "single":
        return f"{chosen[0]}, {probabilities[labels.index(chosen[0])]:.1%}"
    if labels == [COSINE]:
        return f"Cosine of the two texts {probabilities[0]:.2f}"
    return f"The model says {max(probabilities):.3g}"


def table(found: dict[str, Any], row: int) -> pd.DataFrame:
    """Label, logit and score of one text, the likeliest first."""
    columns = {"Label": found["labels"], "Logit": found["logits"][row]}
    if found["problem"] in PROBABILITIES:
        columns["Probability"] = found["probabilities"][row]
    if found["thresholds"]:
        columns["Predicted from"] = found["thresholds"]
    if "hypotheses" in found:
        columns["Sentence"] = found["hypotheses"]
        for name in ("entailments", "contradictions", "cosines"):
            if found[name]:
                columns[name.removesuffix("s").capitalize()] = found[name][row]
    return pd.DataFrame(columns).sort_values("Logit", ascending=False, kind="stable", ignore_index=True)


def named(labels: list[str]) -> str:
    """Labels in a sentence, safe in Markdown."""
    return ", ".join(plain(label, 40) for label in labels[:12]) + (f" and {len(labels) - 12} more" if len(labels) > 12 else "")
