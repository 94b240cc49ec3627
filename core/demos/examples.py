"""Texts to try a demo with, for each task, where its maker names none."""

from __future__ import annotations

from collections.abc import Sequence

REPORT = (
    "The library opened a second reading room in March. It holds forty seats and stays open until midnight. "
    "Students had asked for it since the old room became too small. In April every seat was taken by noon. "
    "The city now looks for a third place near the river."
)
PLACES = "Marie Curie was born in Warsaw and worked in Paris. In 1903 she shared the Nobel Prize in Physics with Henri Becquerel."
SENTENCES = ("The parcel arrived two days early and everything was in it.", "The screen broke after a week and nobody answers my mail.")


MOST_EXAMPLES = 20  # as many as a spec holds


def boxes(task: str) -> int:
    """Texts that one example of a task has, a template's columns aside."""
    return len(examples_for(task)[0])


def examples_for(task: str, *, columns: Sequence[str] = (), pair: bool = False) -> list[list[str]]:
    """Rows of texts, one for each box of the demo.

    Args:
        columns: of a prompt template; a box for each.
        pair: the model reads two texts.
    """
    if task == "text-classification":
        return [["A man plays the guitar.", "Somebody makes music."]] if pair else [[sentence] for sentence in SENTENCES]
    if task == "token-classification":
        return [[PLACES], ["Hugging Face is based in New York City."]]
    if task == "question-answering":
        return [["Where was Marie Curie born?", PLACES], ["How many seats does the room have?", REPORT]]
    if task == "fill-mask":
        return [["The parcel arrived two ___ early."], ["Paris is the ___ of France."]]
    if task == "zero-shot-classification":
        return [[sentence, "delivery\nquality\nservice"] for sentence in SENTENCES]
    if task == "feature-extraction":
        return [["Where is my parcel?", "When will my order arrive?\nThe lamp is broken.\nTrack a delivery"]]
    if task == "text-generation":
        return [[SENTENCES[0]] * len(columns)] if columns else [["Once upon a time"], ["The best thing about spreadsheets is"]]
    return [[REPORT]] if task in ("summarization", "text2text-generation") else [[sentence] for sentence in SENTENCES]
