"""Windows and what is marked in them: the whole answer where it is, the null position elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import tasks
from core.tasks import Encoded, TaskModel
from core.training.answers.search import Place, find_answer
from core.training.answers.windows import END, NEITHER, START, drawn, marks, only
from core.training.loop.examples import IGNORED
from tests.tiny_models import tiny
from tests.unit.tasks.scoring import ready_from

LONG = " ".join(f"{word} {number}" for number, word in enumerate(["good", "bad", "film", "slow"] * 30))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> TaskModel:
    return ready_from(tiny(tmp_path_factory.mktemp("m") / "bert", "bert", "AutoModelForQuestionAnswering"), "question-answering", stride=8)


def encoded(model: TaskModel, *contexts: str) -> Encoded:
    return tasks.get("question-answering").encode(model, {"question": ["what is it ?"] * len(contexts), "context": list(contexts)})


def said(windows: Encoded, flags: Any, context: str) -> list[str | None]:
    """The text between the marks of each window; ``None`` at the null position."""
    found = []
    for item in range(len(windows.row)):
        marked = np.where(flags[item] == IGNORED, 0, flags[item])
        (first,), (last,) = np.flatnonzero(marked & START), np.flatnonzero(marked & END)
        begin, end = int(windows.extra["start"][item][first]), int(windows.extra["end"][item][last])
        assert begin >= 0 or first == last == windows.extra["null"][item]
        found.append(context[begin:end] if begin >= 0 else None)
    return found


@pytest.mark.parametrize("text", ["good 0", "film 22 slow 23", "slow 119", "bad"])
def test_each_window_marks_the_answer_that_it_holds_whole(model: TaskModel, text: str) -> None:
    windows = encoded(model, LONG)
    place = find_answer(LONG, text)
    flags, held = marks(windows, [(place,)])
    places = [(windows.extra["start"][item], windows.extra["end"][item]) for item in range(len(windows.row))]
    whole = [begin[begin >= 0].min() <= place.start and place.end <= end.max() for begin, end in places]
    assert len(whole) > 4 and 0 < sum(whole) < len(whole)
    expected = LONG[place.start : place.end]
    assert said(windows, flags, LONG) == [expected if holds else None for holds in whole]
    assert (held > 0).tolist() == whole


def test_an_answer_inside_a_word_marks_the_token_that_holds_it(model: TaskModel) -> None:
    windows = encoded(model, "bad film")
    assert said(windows, marks(windows, [(find_answer("bad film", "fil"),)])[0], "bad film") == ["film"]


def test_only_tokens_of_the_context_and_the_null_position_are_marked(model: TaskModel) -> None:
    windows = encoded(model, "good film")
    flags, held = marks(windows, [(Place(0, 4, "only"), Place(5, 9, "only"))])
    assert flags[0].tolist() == [NEITHER, *[IGNORED] * (len(flags[0]) - 4), START | END, START | END, IGNORED]
    assert held.tolist() == [1]
    assert marks(windows, [()])[0][0][0] == START | END


def test_an_answer_at_the_edge_that_no_token_stands_for_is_held(model: TaskModel) -> None:
    context = "\u200b\u200bgood film\u200b"
    flags, held = marks(encoded(model, context), [(Place(0, len(context), "only"),)])
    assert held.tolist() == [2] and (flags[0] == START).sum() == (flags[0] == END).sum() == 1


def test_texts_cut_at_the_left_and_words_widened(tmp_path: Path) -> None:
    model = ready_from(tiny(tmp_path / "gpt2", "gpt2", "AutoModelForQuestionAnswering"), "question-answering", whole_words=True)
    model.tokenizer.truncation_side = "left"
    windows = encoded(model, LONG)
    flags, held = marks(windows, [(find_answer(LONG, "film 22"),)])
    assert {text for text in said(windows, flags, LONG) if text} == {"film 22"} and held.any() and not held.all()


def test_of_windows_without_the_answer_some_are_drawn() -> None:
    row, held = np.repeat([0, 1, 2], [10, 3, 6]), np.zeros(19, np.int64)
    held[[4, 12]] = 2
    kept = drawn(row, held, 3, seed=1)
    assert {4, 12} <= set(kept.tolist()) and np.array_equal(kept, np.unique(kept))
    assert np.bincount(row[kept]).tolist() == [4, 3, 3]
    assert np.array_equal(kept, drawn(row, held, 3, seed=1)) and not np.array_equal(kept, drawn(row, held, 3, seed=2))
    assert len(drawn(row, held, 10, seed=1)) == 19


def test_some_windows_stay_what_they_were(model: TaskModel) -> None:
    windows = encoded(model, LONG, "good film")
    last = len(windows.row) - 1
    some = only(windows, np.array([1, last]))
    assert some.rows == 2 and some.row.tolist() == [0, 1]
    for name in ("input_ids", "token_type_ids"):
        np.testing.assert_array_equal(some.inputs[name][1], windows.inputs[name][last])
    np.testing.assert_array_equal(some.extra["end"][0], windows.extra["end"][1])
