"""Whatever happens in a batch, each row gets its own outputs or its own error."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.inference.plan import Window
from core.inference.score import Scorer
from core.schema import Role
from core.tasks import TaskModel
from tests.unit.inference.fake_task import Echo, NoOptions

TEXTS = st.lists(st.text(st.characters(min_codepoint=1, max_codepoint=999), min_size=1, max_size=30), min_size=1, max_size=40)


def scorer(budget: int, network: Callable[[dict], Any] = lambda inputs: None, **more: Any) -> Scorer:
    model = TaskModel(("a",), options=NoOptions(), tokenizer=more.pop("tokenizer", None), network=network)
    return Scorer(Echo(), model, token_budget=budget, **more)


def run(made: Scorer, texts: list[str]) -> tuple[dict[int, str], dict[int, str]]:
    """Predictions and errors by key; keys are not 0, 1, 2... so that a position taken for a key shows."""
    window = Window(np.arange(len(texts)) * 10 + 5, {Role.TEXT: texts})
    done, failed = {}, {}
    for part in made.score(window):
        for key, value in zip(part.keys.tolist(), part.columns["prediction"].to_pylist() if len(part.keys) else [], strict=True):
            assert key not in done
            done[key] = value
        assert not failed.keys() & part.failed.keys()
        failed |= part.failed
    return done, failed


@given(TEXTS, st.integers(1, 100), st.booleans(), st.integers(1, 3), st.sampled_from([1, 4, 16]))
def test_each_row_gets_its_own_answer_for_any_batch_size(texts: list[str], budget: int, equal: bool, lanes: int, pad_to: int) -> None:
    done, failed = run(scorer(budget, equal_lengths=equal, lanes=lanes, pad_to=pad_to), texts)
    assert done == {index * 10 + 5: text for index, text in enumerate(texts)}
    assert not failed


@given(TEXTS, st.integers(1, 100), st.sets(st.integers(0, 39)))
def test_only_the_rows_at_fault_fail(texts: list[str], budget: int, bad: set[int]) -> None:
    texts = [text + "☠" if index in bad else text for index, text in enumerate(texts)]

    def network(inputs: dict) -> None:
        if (inputs["input_ids"] == ord("☠")).any():
            raise IndexError("bad\nrow")

    done, failed = run(scorer(budget, network), texts)
    expected = {index * 10 + 5 for index in range(len(texts)) if index in bad}
    assert failed == dict.fromkeys(expected, "IndexError: bad row")
    assert done == {index * 10 + 5: text for index, text in enumerate(texts) if index * 10 + 5 not in expected}


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")]
)
def test_a_batch_halves_when_memory_runs_out_and_later_batches_are_smaller(error: Exception) -> None:
    sizes, lowered = [], []

    def network(inputs: dict) -> None:
        sizes.append(inputs["input_ids"].size)
        if inputs["input_ids"].size > 10:
            raise error

    texts = [f"{index:04d}" for index in range(64)]
    done, failed = run(scorer(64, network, on_memory=lowered.append), texts)
    assert list(done.values()) and not failed and len(done) == 64
    assert lowered == [32, 16, 8]
    assert sum(size > 10 for size in sizes) == 3


def test_a_row_that_alone_is_too_large_says_so() -> None:
    def network(inputs: dict) -> None:
        raise MemoryError("no room")

    done, failed = run(scorer(8, network), ["one", "two"])
    assert not done and failed == {5: "MemoryError: no room", 15: "MemoryError: no room"}


def test_a_text_that_breaks_the_tokenizer_fails_alone() -> None:
    def tokenizer(texts: list[str]) -> None:
        if any("panic" in text for text in texts):
            raise PanicException("index out of bounds")

    class PanicException(BaseException):
        """As the Rust tokenizer raises it."""

    done, failed = run(scorer(50, tokenizer=tokenizer), ["one", "two", "panic!", "four", "five"])
    assert failed == {25: "PanicException: index out of bounds"}
    assert done == {5: "one", 15: "two", 35: "four", 45: "five"}


def test_the_wish_to_end_is_not_an_error_of_a_row() -> None:
    def network(inputs: dict) -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        run(scorer(50, network), ["one"])


def test_a_row_that_cannot_be_decoded_fails_alone() -> None:
    done, failed = run(scorer(500), ["one", "undecodable", "three"])
    assert failed == {15: "ValueError: cannot be decoded"} and done == {5: "one", 25: "three"}


def test_numbers_that_are_none_are_an_error() -> None:
    class Broken(Echo):
        def forward(self, model, inputs):
            return np.full((len(inputs["input_ids"]), 2), np.nan, np.float32)

    made = Scorer(Broken(), TaskModel(("a",), options=NoOptions()), token_budget=100)
    assert all("not a number" in message for message in run(made, ["one", "two"])[1].values())


def test_a_stop_is_heard_between_batches() -> None:
    calls: list[int] = []
    made = scorer(4, lambda inputs: calls.append(1))
    window = Window(np.arange(50), {Role.TEXT: ["abcd"] * 50})
    finished = list(made.score(window, lambda: len(calls) >= 3))
    assert len(calls) == 3 and len(finished) == 3


def test_batches_are_padded_up_to_a_multiple_within_the_models_length() -> None:
    widths: list[int] = []

    def network(inputs: dict) -> None:
        widths.append(inputs["input_ids"].shape[1])

    def padded(texts: list[str], max_length: int = 512, **more: Any) -> list[int]:
        widths.clear()
        made = scorer(4, network, pad_to=3, **more)
        made.model = replace(made.model, max_length=max_length)
        run(made, texts)
        return sorted(widths)

    assert padded(["abc", "abcd"]) == [3, 6]
    assert padded(["abc", "abcd"], equal_lengths=True) == [3, 4]
    assert padded(["abcd"], max_length=5) == [5]


def test_as_many_batches_are_computed_at_once_as_there_are_lanes() -> None:
    meeting = threading.Barrier(3, timeout=20)
    done, failed = run(scorer(4, lambda inputs: meeting.wait(), lanes=3), ["abcd"] * 9)
    assert len(done) == 9 and not failed


def test_batches_that_began_before_a_stop_are_kept() -> None:
    calls: list[int] = []
    made = scorer(4, lambda inputs: calls.append(1), lanes=2)
    finished = list(made.score(Window(np.arange(50), {Role.TEXT: ["abcd"] * 50}), lambda: len(calls) >= 3))
    assert 3 <= len(calls) <= 6 and len(finished) == len(calls)
