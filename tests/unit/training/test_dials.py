"""Every dial does what it says, and what was learned is what the adapter's files give."""

from __future__ import annotations

import json
import threading
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from safetensors.numpy import load_file

from core import models
from core.errors import BadInput, LimitReached, NotFound
from core.runs import RunContext
from core.schema import Dials
from core.training.loop import probing
from core.training.loop.history import read_history
from core.training.run import MADE, run
from tests.unit.training.conftest import sentences

FAST = {"epochs": 6, "rank": 4, "batch_rows": 16, "precision": "fp32", "learning_rate": 5e-3, "evaluations": 6}


@pytest.mark.parametrize(
    "dials",
    [
        {"init": "pissa"},
        {"init": "olora"},
        {"init": "pissa", "use_rslora": True},
        {"use_dora": True},
        {"loraplus_ratio": 4, "learning_rate": 1e-3},
        {"gradient_checkpointing": True, "dropout": 0.1},
        {"batch_tokens": 128, "accumulation": 2},
        {"averaging": 0.8, "init": "olora"},
        {"class_weights": True, "label_smoothing": 0.1, "target_modules": ("query", "value"), "schedule": "constant"},
    ],
    ids=lambda dials: " ".join(dials),
)
def test_what_was_learned_is_what_the_files_give(tuned, known, dials: dict[str, Any]) -> None:
    folder = tuned(sentences(120), dials={**FAST, **dials})
    assert run(RunContext(known, folder)) == "done"
    summary, checks = folder.summary(), [entry for entry in read_history(folder) if "eval_quality" in entry]
    assert checks[-1]["eval_loss"] < checks[0]["eval_loss"]
    assert summary["best"]["quality"] == pytest.approx(summary["metrics"]["accuracy"]["value"], abs=1e-6)


def test_an_adapter_that_began_as_the_bases_main_directions_fits_the_whole_base(tuned, known) -> None:
    folder = tuned(sentences(60), dials={**FAST, "init": "pissa", "max_steps": 1, "learning_rate": 1e-9})
    run(RunContext(known, folder))
    config = json.loads((folder.path / MADE / "adapter_config.json").read_text())
    assert (config["r"], config["init_lora_weights"]) == (8, True)
    tensors = load_file(folder.path / MADE / "adapter_model.safetensors")
    a = {name.replace(".lora_A.", "."): values for name, values in tensors.items() if ".lora_A." in name}
    b = {name.replace(".lora_B.", "."): values for name, values in tensors.items() if ".lora_B." in name}
    assert a and all(np.abs(b[name] @ values).max() < 1e-5 and np.abs(values).max() > 1e-3 for name, values in a.items())


class Stopping(RunContext):
    """A run that is stopped in the middle of its training."""

    def report(self, stage: str, rows_done: int, rows: int, failed: int = 0) -> None:
        super().report(stage, rows_done, rows, failed)
        if stage == "training" and rows_done > rows / 2:
            self._stop.set()


@pytest.mark.parametrize(
    "dials",
    [
        {"init": "pissa"},
        {"gradient_checkpointing": True},
        {"loraplus_ratio": 4, "batch_tokens": 128},
        {"averaging": 0.9},
        {"averaging": 0.9, "accumulation": 2, "method": "full", "learning_rate": 1e-3},
    ],
)
def test_a_resume_goes_on_exactly_with_every_dial(tuned, known, dials: dict[str, Any]) -> None:
    whole, cut = (tuned(sentences(96), name, dials={**FAST, **dials}) for name in ("whole", "cut"))
    run(RunContext(known, whole))
    assert run(Stopping(known, cut, stop=threading.Event())) == "stopped"
    assert run(RunContext(known, cut, attempt=2)) == "done"
    file = "model.safetensors" if dials.get("method") == "full" else "adapter_model.safetensors"
    one, two = (load_file(folder.path / MADE / file) for folder in (whole, cut))
    for name, values in one.items():
        np.testing.assert_allclose(two[name], values, atol=1e-6, err_msg=name)


@pytest.mark.parametrize(
    ("dials", "said"),
    [
        ({"init": "pissa", "use_dora": True}, "exclude each other"),
        ({"init": "olora", "quantization": "4bit"}, "quantization=none"),
        ({"method": "full", "quantization": "8bit"}, "quantization=none"),
    ],
)
def test_dials_that_exclude_each_other_are_refused(dials: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Dials(**dials)


def test_a_quantised_base_needs_a_gpu_and_says_so(tuned, known) -> None:
    with pytest.raises(BadInput, match="a GPU and bitsandbytes"):
        run(RunContext(known.model_copy(update={"device": "cpu"}), tuned(sentences(60), dials={**FAST, "quantization": "4bit"})))


def test_a_step_that_does_not_fit_is_told_before_the_first(tuned, known, monkeypatch) -> None:
    def full(*given: Any, **more: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(probing, "try_step", full)
    folder = tuned(sentences(60), dials=FAST)
    with pytest.raises(LimitReached, match=r"job_memory_mb.*12 tokens|job_memory_mb.*examples of"):
        run(RunContext(known, folder))
    assert not read_history(folder)


def test_every_weight_can_be_trained_and_makes_a_model_of_the_workspaces_own(tuned, known) -> None:
    whole, cut = (
        tuned(sentences(192), name, dials={**FAST, "method": "full", "epochs": 10, "learning_rate": 2e-3}) for name in ("whole", "cut")
    )
    assert run(RunContext(known, whole)) == "done"
    summary = whole.summary()
    assert summary["adapter"] == "local:whole" and summary["metrics"]["accuracy"]["value"] > 0.6
    assert summary["best"]["quality"] == pytest.approx(summary["metrics"]["accuracy"]["value"], abs=1e-6)
    files = models.resolve(known, "local:whole")
    assert (files.adapter, files.tasks[0], files.labels) == (None, "text-classification", ("blame", "delay", "praise"))
    assert "local:whole" in [entry.reference for entry in models.list_models(known, "text-classification")]
    with pytest.raises(NotFound):
        models.resolve(known, "local:whole", "somebody-else")
    card = (files.base / "README.md").read_text()
    assert "All weights trained, from local:body" in card and str(known.home) not in card
    assert run(Stopping(known, cut, stop=threading.Event())) == "stopped"
    assert run(RunContext(known, cut, attempt=2)) == "done"
    one, two = (load_file(folder.path / MADE / "model.safetensors") for folder in (whole, cut))
    for name, values in one.items():
        np.testing.assert_allclose(two[name], values, atol=1e-6, err_msg=name)
    with pytest.raises(BadInput, match="a free name for the model"):
        tuned(sentences(60), "whole", dials={"method": "full"})
    assert tuned(sentences(60), "whole").spec().name == "whole"  # an adapter of that name is another thing


def test_an_adapter_can_be_tuned_on_a_model_of_the_workspaces_own(tuned, known, tmp_path) -> None:
    run(RunContext(known, tuned(sentences(60), "grown", dials={**FAST, "method": "full", "epochs": 1})))
    folder = tuned(sentences(60), "on-top", dials={**FAST, "epochs": 1}, model="local:grown")
    assert run(RunContext(known, folder)) == "done"
    assert models.resolve(known, "adapter:on-top").base == models.resolve(known, "local:grown").base


def test_of_equal_checkpoints_the_one_with_the_lower_loss_is_kept(tuned, known) -> None:
    dials = {**FAST, "learning_rate": 1e-6, "epochs": 4, "evaluations": 4}  # so slow that no answer changes, only the loss
    folder = tuned(sentences(60), dials=dials)
    run(RunContext(known, folder))
    checks = [entry for entry in read_history(folder) if "eval_quality" in entry]
    assert len({entry["eval_quality"] for entry in checks}) == 1 and len({entry["eval_loss"] for entry in checks}) > 1
    lowest = min(checks, key=lambda entry: entry["eval_loss"])
    assert folder.summary()["best"]["loss"] == lowest["eval_loss"]
    again = tuned(sentences(60), "again", dials={**dials, "metric": "loss"})
    run(RunContext(known, again))
    one, two = (load_file(each.path / MADE / "adapter_model.safetensors") for each in (folder, again))
    assert all((two[name] == values).all() for name, values in one.items())


@pytest.mark.parametrize("head_prior", [True, False])
def test_a_new_head_begins_with_the_labels_frequencies_or_without(tuned, known, head_prior: bool) -> None:
    frame = sentences(60)
    frame["label"] = ["rare" if number % 10 == 0 else "usual" for number in range(60)]
    folder = tuned(frame, dials={**FAST, "max_steps": 1, "learning_rate": 1e-9, "head_prior": head_prior})
    run(RunContext(known, folder))
    tensors = load_file(folder.path / MADE / "adapter_model.safetensors")
    (bias,) = (values for name, values in tensors.items() if name.endswith("classifier.bias"))
    share = np.exp(bias) / np.exp(bias).sum()
    np.testing.assert_allclose(share, [0.12, 0.88] if head_prior else [0.5, 0.5], atol=1e-3)  # 5 and 43 of 48, and one more of each
