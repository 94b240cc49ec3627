"""How right an answer is, for every kind of truth that a user may have."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from core.comparison import compare
from core.metrics.entities import entity_counts, entity_metrics
from core.tasks.scoring import Scored
from core.training.outcome.kept_answers import write_kept

TAGS = [["B-PER", "I-PER", "O"], ["O", "B-LOC", "O"], ["O", "O", "O"], ["B-PER", "O"]]


def found(kind: str, first: int, last: int) -> dict:
    return {"label": kind, "first_word": first, "last_word": last}


def test_entity_counts_make_the_f1_of_the_run() -> None:
    predicted = [[("PER", 1, 2)], [("PER", 2, 2)], [("LOC", 3, 3)], []]
    given = (TAGS, predicted, [3, 3, 3, 3], ["B-PER", "B-LOC"])
    counts = entity_counts(*given)
    assert np.isnan(counts[3]).all(), "another number of tags than of words"
    hits, guessed, true = np.nansum(counts, axis=0)
    assert entity_metrics(*given)[0]["metrics"]["entity_f1"]["value"] == pytest.approx(2 * hits / (guessed + true)) == 0.4


def test_entities_are_compared_by_row_and_by_f1(settings, scored) -> None:
    frame = pd.DataFrame(
        {"text": ["Ada Lovelace wrote", "in Rome today", "nothing at all"], "tags": [json.dumps(tags) for tags in TAGS[:3]]}
    )
    spec = {"task": "token-classification", "roles": {"text": "text", "tags": "tags"}, "labels": ("B-PER", "I-PER", "B-LOC", "I-LOC", "O")}
    kind = pa.list_(pa.struct([("label", pa.string()), ("first_word", pa.int64()), ("last_word", pa.int64())]))
    first = [[found("PER", 1, 2)], [], [found("LOC", 1, 1)]]
    second = [[found("PER", 1, 2)], [found("LOC", 2, 2)], [found("LOC", 1, 1)]]
    one, two = (scored(frame, {"prediction": list("abc"), "entities": pa.array(rows, kind)}, **spec) for rows in (first, second))
    paired = compare(settings, one.id, two.id)["paired"]
    assert (paired["both_right"], paired["both_wrong"], paired["fixed"], paired["broken"]) == (1, 1, 1, 0)
    assert paired["differences"]["entity_f1"]["value"] == pytest.approx(2 * 2 / 5 - 2 * 1 / 4)


def test_answers_are_compared_as_squad_counts(settings, scored) -> None:
    frame = pd.DataFrame({"question": ["q"] * 3, "context": ["c"] * 3, "answer": ["the red house", '["blue", "green"]', None]})
    spec = {"task": "question-answering", "roles": {"question": "question", "context": "context", "answer": "answer"}}
    one, two = (scored(frame, {"prediction": said}, **spec) for said in (["red", "Green.", "x"], ["red house", "grey", "x"]))
    paired = compare(settings, one.id, two.id)["paired"]
    assert (paired["compared"], paired["fixed"], paired["broken"]) == (2, 1, 1)
    assert paired["differences"]["exact_match"]["value"] == 0
    assert paired["differences"]["answer_f1"]["value"] == pytest.approx((1 + 0) / 2 - (2 / 3 + 1) / 2)


def test_written_texts_are_compared_by_what_the_run_counted(settings, scored) -> None:
    frame = pd.DataFrame({"text": ["a", "b", "c"], "target": ["one two", "three", " "]})
    spec = {"task": "summarization", "roles": {"text": "text", "target": "target"}}
    first = {"prediction": ["one two ", "four", "x"], "rouge_l": [1.0, 0.0, None]}
    second = {"prediction": ["one", "three", "x"], "rouge_l": [0.5, 1.0, None]}
    one, two = (scored(frame, outputs, **spec) for outputs in (first, second))
    paired = compare(settings, one.id, two.id)["paired"]
    assert (paired["fixed"], paired["broken"], paired["compared"]) == (1, 1, 2)
    assert paired["differences"]["rouge_l"]["value"] == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("task", "roles", "figure", "one", "two", "difference"),
    [
        ("token-classification", {"text": "text", "tags": "tags"}, "entity_f1", [[1.0, 2, 2]] * 9, [[2.0, 2, 2]] * 9, 0.5),
        ("question-answering", {"context": "text", "question": "text", "answer": "tags"}, "answer_f1", [0.5] * 9, [0.25] * 9, -0.25),
        ("summarization", {"text": "text", "target": "tags"}, "rouge_l", [0.0] * 9, [1.0] * 9, 1.0),
    ],
)
def test_finetunes_of_every_task_are_compared_by_their_scores(
    settings, finetuned, task: str, roles: dict, figure: str, one: list, two: list, difference: float
) -> None:
    frame = pd.DataFrame({"text": ["a"] * 9, "tags": ["O"] * 9})
    runs = []
    for name, scores in (("one", one), ("two", two)):
        run = finetuned(frame, None, task=task, roles=roles, name=name)
        scored = Scored(np.zeros(9), {figure: np.array(scores)})
        write_kept(run.path, np.arange(9), ["x"] * 9, pa.table({"prediction": [name] * 9}), "", scored)
        runs.append(run.id)
    paired = compare(settings, *runs)["paired"]
    assert paired["differences"][figure]["value"] == pytest.approx(difference) and paired["rows"] == paired["both_wrong"] == 9
