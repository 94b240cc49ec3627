"""The answers to several texts: what a line says of each, and where labels or words are shared, a map."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd
import streamlit as st

from core import charts
from core.charts.token_words import spoken
from core.errors import SheetformerError
from core.inspect.label_numbers import PROBABILITIES
from core.schema import LookSpec, Role
from pages.parts import numbers
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.logits import labels, looking
from pages.parts.logits.answers import LISTED
from pages.parts.text import count
from pages.parts.visit import Visit

MAIN: MappingProxyType[str, Role] = MappingProxyType({"question-answering": Role.QUESTION, "text-generation": Role.PROMPT})
"""Task name to the role that the lines stand for; the text of the row for the others."""

MAPPED = 8  # words of a gap
ENTITIES = 12


def _labels(visit: Visit, looks: Sequence[LookSpec]) -> None:
    """A line for each text, a column for each label."""
    first = looks[0]
    found = looking.ask(visit, labels.VIEW_OF[first.task], first, others=[look.cells for look in looks[1:]])
    texts, names, scores = _texts(looks), found["labels"], found["probabilities"]
    cut = sum(lost > 0 for lost in found["lost"])
    if cut:
        longer = f"{count(cut, 'text')} longer than the model reads ({found['limit']:,} tokens)"
        st.caption(f":material/content_cut: {longer}: what did not fit changed nothing.")
    answers = pd.Series(["; ".join(chosen) or "none" for chosen in found["predictions"]])
    most = answers.value_counts()
    finding = _shared(most.to_dict(), len(texts)) if found["problem"] in ("single", "multi") else "Scores"
    hover = [f"{text[:150]} → {labels.sentence_of(found, at)}" for at, text in enumerate(texts)]
    figure = charts.label_heat(texts, names, scores, finding=finding, hover=hover, probability=found["problem"] in PROBABILITIES)
    draw(figure, "logits-heat")
    frame = pd.DataFrame({"Text": texts})
    if any(found["predictions"]):
        frame = frame.assign(**{"Answer": answers, "Margin": found["margins"], "Entropy (bits)": found["entropies"]})
    frame = pd.concat(
        [
            frame,
            pd.DataFrame(scores, columns=[f"p {label}" for label in names]),
            pd.DataFrame(found["logits"], columns=[f"logit {label}" for label in names]),
        ],
        axis=1,
    )
    with st.expander("Numbers", icon=":material/table:"):
        grid(frame, alt=f"Answer, margin and scores of {count(len(texts), 'text')}.", limit=visit.settings.max_shown_characters)
        numbers.offer(frame, "texts")


def _shared(times: dict[str, int], texts: int) -> str:
    """The answer that most texts have, the first of ``times``."""
    answer, most = next(iter(times.items()))
    return f"{answer}: {most} of {count(texts, 'text')}" if most > 1 or texts == 1 else f"{count(texts, 'text')}, each with another answer"


def _entities(visit: Visit, looks: Sequence[LookSpec]) -> None:
    def line(found: dict[str, Any]) -> dict[str, Any]:
        mine = found["entities"][found["strategy"]]
        named = ", ".join(f"{one['text']} ({one['label']})" for one in mine[:ENTITIES])
        return {"Entities": named, "How many": len(mine), "Lowest score": min((one["score"] for one in mine), default=None)}

    frame = _lines(visit, "entities", looks, line)
    with_some = int((frame["How many"].fillna(0) > 0).sum()) if "How many" in frame else 0
    _table(visit, frame, f"{with_some} of {count(len(looks), 'text')} have an entity")


def _answers(visit: Visit, looks: Sequence[LookSpec]) -> None:
    def line(found: dict[str, Any]) -> dict[str, Any]:
        best = found["answers"][0]
        lead = best["start_logit"] + best["end_logit"] - found["no_answer_logit"]
        return {"Answer": best["text"] or "(no answer)", "Score": best["score"], "Lead over no answer": lead}

    listed = [look.model_copy(update={"options": {**look.options, **LISTED}}) for look in looks]
    frame = _lines(visit, "answers", listed, line)
    answered = int((frame["Answer"].fillna("(no answer)") != "(no answer)").sum()) if "Answer" in frame else 0
    _table(visit, frame, f"{answered} of {count(len(looks), 'question')} have an answer in this text")


def _masks(visit: Visit, looks: Sequence[LookSpec]) -> None:
    """The first gap of each text; the map has the words that the first text expects."""
    first = looking.ask(visit, "masks", looks[0], top=MAPPED)
    words = [one["text"].strip() for one in first["gaps"][0]["candidates"]]
    found = looking.ask_each(visit, "masks", looks, top=MAPPED, targets=words)
    known = [(look, one) for look, one in zip(looks, found, strict=True) if isinstance(one, dict)]
    scores = [{one["word"]: one["probability"] for one in each["gaps"][0]["targets"] if one["whole"]} for _, each in known]
    shared = [word for word in words if all(word in row for row in scores)]
    if shared:
        table = [[row[word] for word in shared] for row in scores]
        texts = [_text(look) for look, _ in known]
        finding = f"Probability of the words that the first text expects, in {count(len(texts), 'text')}"
        draw(charts.label_heat(texts, shared, table, finding=finding), "logits-heat")

    def line(one: dict[str, Any]) -> dict[str, Any]:
        gap = one["gaps"][0]
        best = gap["candidates"][0]
        return {"Word": best["text"].strip(), "Probability": best["probability"], "Entropy (bits)": gap["entropy"], "Filled": one["filled"]}

    _table(visit, _frame(looks, found, line), "The likeliest word of each text's first gap")


def _causal(visit: Visit, looks: Sequence[LookSpec]) -> None:
    def line(found: dict[str, Any]) -> dict[str, Any]:
        known = [token for token in found["tokens"] if token["surprisal"] is not None]
        most = max(known, key=lambda token: token["surprisal"], default=None)
        return {
            "Perplexity": found["perplexity"],
            "Bits per token": found["mean"],
            "Bits per character": found["per_character"],
            "Most surprising": spoken(most["text"]) if most else None,
            "Tokens": len(found["tokens"]),
        }

    frame = _lines(visit, "surprisal", looks, line)
    bits = pd.to_numeric(frame["Bits per token"]) if "Bits per token" in frame else pd.Series(dtype=float)
    if bits.notna().any():
        _table(visit, frame, f"The model expects “{frame['Text'][bits.idxmin()][:60]}” best: {bits.min():.2f} bits per token")
    else:
        _table(visit, frame, "No text has a surprisal")


def _steps(visit: Visit, looks: Sequence[LookSpec]) -> None:
    def line(found: dict[str, Any]) -> dict[str, Any]:
        steps = found["steps"]
        total = steps[-1]["total"] if steps else None
        each = total / len(steps) if steps else None
        return {"Answer": found["text"], "Log-probability for each token": each, "Log-probability": total, "Tokens": len(steps)}

    _table(visit, _lines(visit, "steps", looks, line, top=1), f"The answers to {count(len(looks), 'text')}")


def _lines(
    visit: Visit, view: str, looks: Sequence[LookSpec], line: Callable[[dict[str, Any]], dict[str, Any]], **arguments: Any
) -> pd.DataFrame:
    """A row for each text, or why it has none."""
    return _frame(looks, looking.ask_each(visit, view, looks, **arguments), line)


def _frame(
    looks: Sequence[LookSpec], found: Iterable[dict[str, Any] | SheetformerError], line: Callable[[dict[str, Any]], dict[str, Any]]
) -> pd.DataFrame:
    rows = []
    for look, one in zip(looks, found, strict=True):
        rows.append({"Text": _text(look), **({"Error": one.one_line()} if isinstance(one, SheetformerError) else line(one))})
    return pd.DataFrame(rows)


def _table(visit: Visit, frame: pd.DataFrame, finding: str) -> None:
    st.text(finding)
    grid(frame, alt=f"{finding}. A row for each text.", limit=visit.settings.max_shown_characters, key="logits-several")
    numbers.offer(frame, "texts")


def _texts(looks: Sequence[LookSpec]) -> list[str]:
    return [_text(look) for look in looks]


def _text(look: LookSpec) -> str:
    return look.cells[MAIN.get(look.task, Role.TEXT).value]


SEVERAL: MappingProxyType[str, Callable[[Visit, Sequence[LookSpec]], None]] = MappingProxyType(
    {
        "text-classification": _labels,
        "zero-shot-classification": _labels,
        "feature-extraction": _labels,
        "token-classification": _entities,
        "question-answering": _answers,
        "fill-mask": _masks,
        "text-generation": _causal,
        "text2text-generation": _steps,
        "summarization": _steps,
        "translation": _steps,
    }
)
"""Task name to the part that shows the answers to several texts, the first of them the page's own."""
