"""What a task found in one row, drawn as it is best read: marks in the text, answers side by side, texts beside their source."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core.errors import NotFound
from core.runs.query import ResultQuery
from core.runs.table_rows import TableRows
from core.schema import PredictSpec, Role
from core.tasks.writing.templates import Template
from pages.parts.frames import grid
from pages.parts.highlight import Mark, around, marked
from pages.parts.text import count, cut, plain, visible
from pages.parts.values import in_words

CELL_CHARACTERS = 300
Row = Mapping[str, Any]


class Found:
    """One row of a result and what its columns are for.

    Attributes:
        done: names of the columns that have been drawn and need not be listed again.
    """

    def __init__(self, query: ResultQuery | TableRows, row: Row, spec: PredictSpec | None) -> None:
        self.query, self.row, self.spec = query, row, spec
        self.done: set[str] = set()

    def output(self, name: str) -> Any:
        """The value of a task's output, ``None`` where there is none."""
        column = self.query.outputs.get(name)
        return None if column is None else self.row.get(column)

    def cell(self, *roles: Role) -> str | None:
        """The cell of the first of these roles that the run has."""
        given = self.spec.roles if self.spec else {}
        return next((text(self.row[given[role]]) for role in roles if role in given and given[role] in self.row), None)

    def drawn(self, *, outputs: tuple[str, ...] = (), roles: tuple[Role, ...] = ()) -> None:
        """These columns are on screen."""
        given = self.spec.roles if self.spec else {}
        self.done |= {self.query.outputs[name] for name in outputs if name in self.query.outputs}
        self.done |= {given[role] for role in roles if role in given}


def show(found: Found) -> None:
    """Draws what the row's outputs call for; each piece says which columns it has drawn."""
    written = found.query.counted is None and isinstance(found.output("prediction"), str)
    if written and found.output("entities") is None and found.output("answers") is None:
        _beside(found)
    for name, draw in PIECES.items():
        if found.output(name) is not None:
            draw(found)


def text(value: object) -> str:
    """A value as text for the drawer: whole, each line of it visible."""
    if value is None:
        return "missing"
    if isinstance(value, float):
        return f"{value:.4f}"
    said = in_words(value)
    return "\n".join(visible(line) for line in said.split("\n")) if said else "empty"


def _entities(found: Found) -> None:
    """The text with its entities marked. They point into the cell as it is: tables may hold lists of words instead."""
    given = found.spec.roles if found.spec else {}
    cell = found.row.get(given.get(Role.TEXT, ""))
    entities = found.output("entities")
    if not isinstance(cell, str) or not entities:
        return
    kinds = list(dict.fromkeys(entity["label"] for entity in entities))
    marks = [Mark(entity["start"], entity["end"], entity["label"]) for entity in entities if entity["start"] is not None]
    with st.container(border=True):
        st.markdown(marked(cell, marks, [*found.query.labels_of_items("entities"), *kinds]))
    _table(
        [{"Type": one["label"], "Text": one["text"], "Score": one["score"]} for one in entities],
        f"{count(len(entities), 'entity', 'entities')} of this row.",
        key="row-entities",
    )
    found.drawn(outputs=("entities", "prediction"), roles=(Role.TEXT,))


def _answers(found: Found) -> None:
    """The question, the context with the best answer marked, and the other answers."""
    given = found.spec.roles if found.spec else {}
    context, answers = found.row.get(given.get(Role.CONTEXT, "")), found.output("answers")
    question = found.row.get(given.get(Role.QUESTION, "")) or (found.spec.options.get("question_text") if found.spec else "")
    with st.container(border=True):
        st.markdown(f"**{plain(question or '', 500)}**")
        st.text(text(found.output("prediction") or "No answer in this text."))
        best = next((answer for answer in answers if answer["start"] is not None), None)
        if isinstance(context, str) and best:
            st.markdown(marked(*_with_mark(around(context, Mark(best["start"], best["end"])))))
    _table(
        [{"Answer": one["text"] or "(no answer)", "Score": one["score"]} for one in answers],
        f"The {count(len(answers), 'answer')} that the model finds likeliest.",
        key="row-answers",
    )
    found.drawn(outputs=("answers", "prediction"), roles=(Role.QUESTION,))


def _candidates(found: Found) -> None:
    """The text with its gaps filled, and the words that fit each gap."""
    with st.container(border=True):
        st.caption("**With the best words**")
        st.text(text(found.output("filled")))
    candidates = found.output("candidates") or []
    several = len({one["gap"] for one in candidates}) > 1
    _table(
        [{**({"Gap": one["gap"]} if several else {}), "Word": one["token"], "Score": one["score"]} for one in candidates],
        "The words that fit best.",
        key="row-candidates",
    )
    found.drawn(outputs=("candidates", "filled"))


def _similar(found: Found) -> None:
    """The text, and the rows that are most similar to it, each with its text."""
    with st.container(border=True):
        st.text(found.cell(Role.TEXT) or "")
    column = found.spec.roles.get(Role.TEXT) if found.spec else None
    rows = [
        {"Row": one["row"], "Similarity": one["similarity"], "Text": _text_of(found.query, one["row"], column)}
        for one in found.output("similar")
    ]
    _table(rows, "The most similar rows of the table.", key="row-similar")
    found.drawn(outputs=("similar", "map_x", "map_y"), roles=(Role.TEXT,))


def _sequences(found: Found) -> None:
    """All answers of a row with their scores."""
    answers = found.output("sequences")
    for number, one in enumerate(answers, start=1):
        with st.container(border=True):
            score = "" if one["score"] is None else f" · score {one['score']:.3f}"
            st.caption(f"Answer {number} of {len(answers)}{score}")
            st.text(text(one["text"]))
    found.drawn(outputs=("sequences", "prediction"))


def _tokens(found: Found) -> None:
    """Each token of the answer with its log-probability."""
    rows = [{"Token": one["text"], "Log-probability": one["logprob"]} for one in found.output("tokens")]
    _table(rows, f"{count(len(rows), 'token')} of the answer.", key="row-tokens")
    found.drawn(outputs=("tokens",))


def _beside(found: Found) -> None:
    """What the model wrote beside what it read."""
    source, written = found.cell(Role.TEXT, Role.PROMPT) or _prompt(found), text(found.output("prediction"))
    words = [len(part.split()) for part in (source or "", written)]
    left, right = st.columns(2)
    for place, title, said, length in ((left, "Answer", written, words[1]), (right, "Text that was read", source, words[0])):
        if said is not None:
            with place.container(border=True):
                st.caption(f"**{title}** · {count(length, 'word')}")
                st.text(said)
    target = found.cell(Role.TARGET)
    if target is not None:
        with st.container(border=True):
            st.caption("**Your own text**")
            st.text(target)
    found.drawn(outputs=("prediction",), roles=(Role.TEXT, Role.PROMPT, Role.TARGET))


def _prompt(found: Found) -> str | None:
    """The prompt that a template made of this row."""
    template = found.spec.options.get("prompt_template") if found.spec else None
    if not template:
        return None
    parsed = Template.parse(str(template))
    cells = {column: "" if found.row.get(column) is None else str(found.row[column]) for column in parsed.distinct}
    return text(parsed.fill(cells))


PIECES: dict[str, Callable[[Found], None]] = {
    "entities": _entities,
    "answers": _answers,
    "candidates": _candidates,
    "similar": _similar,
    "sequences": _sequences,
    "tokens": _tokens,
}
"""Output of a task to what draws it."""


def _table(rows: list[dict[str, Any]], alt: str, *, key: str) -> None:
    if rows:
        config = {name: st.column_config.NumberColumn(name, format="%.3f") for name in rows[0] if isinstance(rows[0][name], float)}
        st.caption(alt)
        grid(pd.DataFrame(rows), alt=alt, limit=CELL_CHARACTERS, config=config, key=key)


def _text_of(query: ResultQuery | TableRows, number: int, column: str | None) -> str:
    try:
        return "" if column is None else cut(str(query.row(number - 1)[column]), CELL_CHARACTERS)
    except NotFound:
        return ""


def _with_mark(found: tuple[str, Mark]) -> tuple[str, list[Mark]]:
    shown, mark = found
    return shown, [mark]
