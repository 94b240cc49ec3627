"""How right an answer is, for every kind of truth that a user may have."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from core.comparison import compare
from core.comparison.scoring import score_labels
from core.metrics.entities import entity_counts, entity_metrics

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


def test_a_number_that_cannot_be_read_is_left_out() -> None:
    errors = score_labels([1.5, 2.0, 3.0], [" 1 ", "n/a", None], "regression").scores["absolute_error"]
    assert errors[0] == 0.5 and np.isnan(errors[1:]).all()
