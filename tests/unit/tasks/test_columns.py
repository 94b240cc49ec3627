"""Columns made of labels, and the face of the task."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core import tasks
from core.errors import BadInput
from core.tasks import Ragged, TaskModel
from core.tasks.labels import label_columns


@given(st.lists(st.text(max_size=200), max_size=20))
def test_names_are_printable_short_and_taken_once(labels: list[str]) -> None:
    names = label_columns("p_", labels)
    assert len({name.casefold() for name in names}) == len(labels)
    assert all(name.startswith("p_") and name.isprintable() and len(name) < 80 for name in names)


def test_names_stay_readable() -> None:
    assert label_columns("p_", ["POSITIVE", "5 stars", "good\n=1+1", "Good", "good", "", "日本"]) == [
        "p_POSITIVE",
        "p_5_stars",
        "p_good_1+1",
        "p_Good",
        "p_good_2",
        "p_label_5",
        "p_日本",
    ]


def test_many_labels_give_the_top_five() -> None:
    task = tasks.get("text-classification")
    labels = tuple(f"L{index}" for index in range(120))
    model = TaskModel(labels, "single", options=task.Options())
    logits = np.zeros((2, 120), np.float32)
    logits[0, [7, 3]] = [9, 8]
    columns = task.decode(model, [logits[:1], logits[1:]], np.arange(2), None)
    assert list(columns)[:4] == ["prediction", "confidence", "label_1", "p_1"] and len(columns) == 12
    assert (columns["label_1"][0].as_py(), columns["label_2"][0].as_py()) == ("L7", "L3")
    assert columns["p_1"][0].as_py() == columns["confidence"][0].as_py()
    every = TaskModel(labels, "single", options=task.Options(all_probabilities=True))
    assert len(task.decode(every, [logits], np.arange(1), None)) == 122


def test_output_columns_are_those_of_decode() -> None:
    task = tasks.get("text-classification")
    for problem, labels in (("single", ("a", "b")), ("multi", ("a", "b")), ("regression", ("y",)), ("single", tuple(map(str, range(199))))):
        model = TaskModel(labels, problem, options=task.Options(logits=True))
        columns = task.decode(model, [np.ones((1, len(labels)), np.float32)], np.arange(1), None)
        assert task.output_columns(model).names == list(columns)


def test_each_label_has_its_own_threshold_where_the_model_says_so_and_the_user_does_not() -> None:
    task = tasks.get("text-classification")
    logits = [np.array([[0.0, -1.0, 1.0]], np.float32)]  # 0.5, 0.27, 0.73

    def decoded(thresholds: tuple[float, ...], **options: float) -> dict:
        model = TaskModel(("a", "b", "c"), "multi", thresholds, options=task.Options(**options))
        return {name: values.to_pylist()[0] for name, values in task.decode(model, logits, np.arange(1), None).items()}

    plain, own = decoded(()), decoded((0.6, 0.2, 0.7))
    assert (plain["prediction"], own["prediction"]) == ("a; c", "b; c")
    assert {name: value for name, value in own.items() if name.startswith("p_")} == pytest.approx(
        {"p_a": 0.5, "p_b": 0.26894, "p_c": 0.73106}, abs=1e-5
    )
    assert own | {"prediction": ""} == plain | {"prediction": ""}
    assert decoded((0.6, 0.2, 0.7), threshold=0.5)["prediction"] == "a; c"
    assert decoded((0.6, 0.2, 0.7), threshold=0.0)["prediction"] == "a; b; c"


def test_large_logits_do_not_overflow() -> None:
    task = tasks.get("text-classification")
    with np.errstate(over="raise"):
        for problem in ("single", "multi"):
            model = TaskModel(("a", "b"), problem, options=task.Options())
            columns = task.decode(model, [np.array([[1e4, -1e4]], np.float32)], np.arange(1), None)
            assert columns["p_a"].to_pylist() == [1.0] and columns["p_b"].to_pylist() == [0.0]


def test_options_are_closed_and_checked() -> None:
    task = tasks.get("text-classification")
    with pytest.raises(ValidationError):
        task.Options(treshold=0.3)
    with pytest.raises(ValidationError):
        task.Options(threshold=1.5)


def test_an_unknown_task_is_named() -> None:
    with pytest.raises(BadInput, match="text-classification"):
        tasks.get("sentiment")


@given(st.lists(st.lists(st.integers(0, 1_000), max_size=9), max_size=9), st.booleans(), st.integers(9, 12))
def test_ragged_lists_come_back_padded(lists: list[list[int]], left: bool, width: int) -> None:
    packed = Ragged.of(lists)
    assert [packed[index].tolist() for index in range(len(packed))] == lists
    matrix = packed.padded(np.arange(len(lists)), -1, width, left=left)
    assert matrix.shape == (len(lists), width)
    assert [[value for value in row if value >= 0] for row in matrix.tolist()] == lists
    joined = Ragged.join([packed, Ragged.of([]), packed])
    assert [joined[index].tolist() for index in range(len(joined))] == lists * 2
