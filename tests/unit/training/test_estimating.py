"""What a fine-tune will take, from steps that leave no trace."""

from __future__ import annotations

import time

import pytest

from core.live.questions import Desk
from core.runs import RunContext
from core.training.estimating import estimate_training
from core.training.loop.history import read_history
from core.training.run import run
from tests.unit.training.conftest import sentences

DIALS = {"epochs": 6, "rank": 4, "batch_rows": 16, "precision": "fp32"}


def test_what_it_says_is_what_the_run_does(tuned, known) -> None:
    folder = tuned(sentences(240), dials=DIALS)
    said = estimate_training(known, folder.spec(), folder.input_path)
    began = time.perf_counter()
    run(RunContext(known, folder))
    took, summary = time.perf_counter() - began, folder.summary()
    assert said.trainable_parameters == summary["trainable_parameters"] < said.parameters
    assert (said.examples, said.steps) == (192, 72) and read_history(folder)[-1]["step"] == 72
    assert 0 < said.seconds < 20 * took and said.memory_bytes > 10_000_000 and not said.too_much


def test_tokens_that_will_be_cut_are_counted(tuned, known) -> None:
    folder = tuned(sentences(60), dials={**DIALS, "max_length": 4})
    said = estimate_training(known, folder.spec(), folder.input_path)
    assert said.cut_rows == 60 and said.lost_tokens >= 60


def test_too_much_memory_is_told_with_what_to_do(tuned, known) -> None:
    folder = tuned(sentences(60), dials=DIALS)
    said = estimate_training(known.model_copy(update={"job_memory_mb": 64}), folder.spec(), folder.input_path)
    assert "batch_rows" in said.too_much


def test_the_live_process_answers_it(tuned, known) -> None:
    folder = tuned(sentences(60), dials=DIALS)
    payload = {"spec": folder.spec().model_dump(mode="json"), "input": str(folder.input_path), "workspace": "local"}
    assert Desk(known).answer("estimate_training", payload)["examples"] == pytest.approx(48)
