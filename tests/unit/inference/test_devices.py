"""Where a run computes, and how large its batches become on a GPU. There is none here: what a GPU says is played."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.errors import BadInput, Conflict, LimitReached
from core.files import write_json
from core.inference import devices, memory
from core.inference.devices import device_for, measured_budget
from core.inference.loading import Loaded
from core.inference.plan import Window
from core.inference.run import run
from core.inference.score import Scorer
from core.schema import Role
from core.settings import Settings
from core.tasks import TaskModel
from tests.unit.inference.fake_task import Echo, NoOptions


class Clock:
    """Time that passes only while a batch is computed."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(devices, "time", made)
    return made


def budget_with(clock: Clock, seconds: Any, **more: Any) -> int:
    """The budget on a device that computes a batch of so many tokens in ``seconds(tokens)``."""

    def network(inputs: dict[str, np.ndarray]) -> None:
        clock.now += seconds(inputs["input_ids"].size)

    model = TaskModel(("a",), options=NoOptions(), network=network)
    loaded = Loaded(Echo(), SimpleNamespace(tasks=()), model, "bf16", device="cuda")
    loaded = replace(loaded, model=replace(model, network=_Network(network)))
    window = Window(np.arange(40), {Role.TEXT: ["abcd"] * 40})
    return measured_budget(Settings(token_budget=64, max_token_budget=4_096, **more), loaded, window)


class _Network:
    config = SimpleNamespace(model_type="bert")

    def __init__(self, call: Any) -> None:
        self._call = call

    def __call__(self, inputs: dict[str, np.ndarray]) -> None:
        self._call(inputs)


def test_the_budget_grows_until_the_device_is_busy(clock: Clock) -> None:
    assert budget_with(clock, lambda tokens: max(tokens, 1_024) * 1e-6) == 1_024


def test_the_budget_has_a_limit(clock: Clock) -> None:
    assert budget_with(clock, lambda tokens: 1e-3) == 4_096


def test_the_budget_stays_where_a_batch_already_takes_long(clock: Clock) -> None:
    assert budget_with(clock, lambda tokens: 3.0) == 64


def test_the_budget_stays_below_what_ran_out_of_memory(clock: Clock) -> None:
    def seconds(tokens: int) -> float:
        if tokens > 600:
            raise MemoryError("CUDA out of memory")
        return 1e-3

    assert budget_with(clock, seconds) == 512


def test_the_device_of_a_new_run(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device_for(Settings(), "auto") == "cuda"
    assert device_for(Settings(), "int8") == device_for(Settings(device="cpu"), "auto") == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device_for(Settings(), "auto") == "cpu"
    with pytest.raises(BadInput, match="a GPU"):
        device_for(Settings(device="cuda"), "auto")


def test_a_run_that_began_on_a_gpu_does_not_go_on_without_one(new_run, context_of) -> None:
    folder = new_run({"text": ["good"]})
    run(context_of(folder))
    assert folder.choices()["device"] == "cpu"
    write_json(folder.choices_path, {**folder.choices(), "device": "cuda"})
    with pytest.raises(Conflict, match="torch on cuda"):
        run(context_of(folder, attempt=2))


def test_a_model_must_fit_into_the_memory_of_the_gpu(new_run, settings, monkeypatch) -> None:
    from core import models

    files = models.resolve(settings, new_run({"text": ["good"]}).spec().model)
    monkeypatch.setattr(memory, "free_on", lambda device: 10 if device == "cuda" else 1e12)
    memory.check_fits(settings, files, "fp32", "cpu")
    with pytest.raises(LimitReached):
        memory.check_fits(settings, files, "fp32", "cuda")


def test_the_measured_budget_is_used_and_told(new_run, context_of, settings, monkeypatch) -> None:
    """On a processor that is taken for a GPU: tensors stay where they are, the way through the run is a GPU's."""
    from core.inference import loading
    from core.inference import run as running

    original = loading.load
    monkeypatch.setattr(running, "device_of", lambda *arguments: "cuda")
    monkeypatch.setattr(running, "load", lambda *given, device, **more: replace(original(*given, **more), device=device))
    monkeypatch.setattr(running, "measured_budget", lambda *arguments: 77)
    budgets, score = [], Scorer.score

    def noted(self, *arguments):
        budgets.append(self.token_budget)
        return score(self, *arguments)

    monkeypatch.setattr(Scorer, "score", noted)
    folder = new_run({"text": [f"good {row}" for row in range(40)]}, precision="fp32")
    few = settings.model_copy(update={"probe_rows": 8})
    assert run(context_of(folder, settings=few)) == "done"
    assert set(budgets) == {77} and '"token_budget": 77' in folder.events_path.read_text()
    assert folder.choices()["device"] == "cuda"


def test_an_estimate_says_that_the_gpu_is_faster(new_run, settings, monkeypatch) -> None:
    from core.inference import estimating

    folder = new_run({"text": ["good", "bad"]})
    assert not any("GPU" in warning for warning in estimating.estimate(settings, folder.spec(), folder.input_path).warnings)
    monkeypatch.setattr(estimating, "device_for", lambda *arguments: "cuda")
    assert any("computes on a GPU" in warning for warning in estimating.estimate(settings, folder.spec(), folder.input_path).warnings)
