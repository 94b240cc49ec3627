"""The demo as a page of Streamlit: `streamlit run app.py`. The model and its answers are in answering.py, every text in demo.json."""

from __future__ import annotations

import re

import answering
import streamlit as st
from answering import DEMO

PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
FOUND_LATER = re.compile(r"[:@]|www(?=\.)|[-<>=~](?=[-<>=~])", re.IGNORECASE)  # icons, colours, bare links: made after Markdown is read


def plain(text: str) -> str:
    """A text in one line that Markdown shows as it is."""
    apart = FOUND_LATER.sub(lambda found: found[0] + "\u2060", " ".join(text.split()))
    return PUNCTUATION.sub(r"\\\1", apart)


def lines_of(text: str) -> list[str]:
    """The lines of a box that are not empty, each once."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def show_scores(scores: dict[str, float], name: str = "label") -> None:
    """Labels with bars, the likeliest first."""
    ranked = sorted(scores.items(), key=lambda pair: -pair[1])
    bar = st.column_config.ProgressColumn("score", min_value=0.0, max_value=1.0, format="%.4f")
    st.dataframe(
        {name: [label for label, _ in ranked], "score": [score for _, score in ranked]}, hide_index=True, column_config={"score": bar}
    )


def marked(text: str, spans: list[tuple[int, int, str]]) -> str:
    """The text with stretches marked and named; spans must not overlap."""
    pieces, place = [], 0
    for start, end, name in sorted(spans):
        word = f" ({plain(name)})" if name else ""
        pieces += [plain(text[place:start]), f" :blue-background[{plain(text[start:end])}{word}] "]
        place = end
    return "".join([*pieces, plain(text[place:])])


def classification(texts: list[str]) -> None:
    scores = answering.classify(*texts)
    if DEMO["problem_type"] == "regression":
        st.dataframe({"output": list(scores), "value": list(scores.values())}, hide_index=True)
        return
    st.text("; ".join(answering.chosen_labels(scores)) or "no label")
    show_scores(scores)


def entities(texts: list[str]) -> None:
    (text,) = texts
    found = answering.entities(text)
    st.markdown(marked(text, [(one["start"], one["end"], one["entity"]) for one in found]))
    st.dataframe(
        [{"text": text[one["start"] : one["end"]], "entity": one["entity"], "score": one["score"]} for one in found], hide_index=True
    )


def question_answering(texts: list[str]) -> None:
    question, context = texts
    found = answering.answers(question, context)
    st.text(found[0]["text"] if found else "no answer")
    st.markdown(marked(context, [(found[0]["start"], found[0]["end"], "")] if found else []))
    st.dataframe([{"answer": one["text"], "score": one["score"]} for one in found], hide_index=True)


def writing(texts: list[str]) -> None:
    if DEMO["auto_class"] == "AutoModel":
        st.text(answering.central(texts[0]))
        return
    prompt = answering.prompt_of(texts) if DEMO["template"] else texts[0]
    prefix = DEMO["prefixes"].get(st.session_state.get("what", next(iter(DEMO["prefixes"]), "")), "")
    st.text(answering.write(prompt, prefix=prefix))


def masks(texts: list[str]) -> None:
    show_scores(answering.fill(texts[0]), "word")


def own_labels(texts: list[str]) -> None:
    text, labels = texts
    show_scores(answering.sort_by_labels(text, lines_of(labels)))


def similarity(texts: list[str]) -> None:
    text, others = texts
    found = answering.similar(text, lines_of(others))
    st.dataframe({"text": [other for other, _ in found], "similarity": [cosine for _, cosine in found]}, hide_index=True)


FIELDS = {
    "text-classification": ("Text", "Second text") if DEMO["pair"] else ("Text",),
    "question-answering": ("Question", "Text"),
    "fill-mask": ("Text with a gap: ___",),
    "zero-shot-classification": ("Text", "Your labels, one on each line"),
    "feature-extraction": ("Text", "Texts to compare it with, one on each line"),
    "text-generation": tuple(DEMO["columns"]) or ("Prompt",),
}
SHOWN = {
    "text-classification": classification,
    "token-classification": entities,
    "question-answering": question_answering,
    "fill-mask": masks,
    "zero-shot-classification": own_labels,
    "feature-extraction": similarity,
}

st.set_page_config(page_title=DEMO["title"])
st.title(plain(DEMO["title"]), anchor=False)
st.caption(plain(DEMO["summary"]))
fields = FIELDS.get(DEMO["task"], ("Text",))
examples = DEMO["examples"]
number = st.selectbox("Example", range(len(examples)), format_func=lambda place: examples[place][0][:80]) if examples else None
first = examples[number] if number is not None else [""] * len(fields)
if len(DEMO["prefixes"]) > 1:
    st.selectbox("What to do", list(DEMO["prefixes"]), key="what")
with st.form("texts"):
    # a key with the example's number: another example fills the boxes anew
    given = [
        st.text_area(plain(label), value, key=f"{place}-{number}") for place, (label, value) in enumerate(zip(fields, first, strict=True))
    ]
    asked = st.form_submit_button("Answer", type="primary")
if asked and given[0].strip():
    with st.spinner("The model is reading; the first answer takes longest."):
        SHOWN.get(DEMO["task"], writing)(given)
if DEMO["limits"]:
    with st.expander("Limits"):
        for limit in DEMO["limits"]:
            st.markdown(f"- {plain(limit)}")
