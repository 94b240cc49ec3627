"""``logits`` of models that write: a position for each token, a list for each gap, a step for each token of an answer."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from core import models
from core.cli.app import app
from core.settings import Settings
from tests.tiny_models import tiny

TEXT = "the battery broke after two days"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("roots")
    tiny(root / "tale", "gpt2", "AutoModelForCausalLM")
    tiny(root / "gaps", "bert", "AutoModelForMaskedLM")
    tiny(root / "writer", "t5", "AutoModelForSeq2SeqLM")
    return root


@pytest.fixture
def here(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHEETFORMER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SHEETFORMER_MODEL_ROOTS", str(root))
    for folder in sorted(root.iterdir()):
        models.add_local(Settings(), folder, folder.name)


def run(text: str, task: str, model: str, *more: str) -> str:
    done = CliRunner().invoke(app, ["logits", text, "--task", task, "--model", f"local:{model}", *more])
    if done.exception is not None:
        raise done.exception
    return done.stdout


def test_a_language_model_says_it_for_each_token(here) -> None:
    found = json.loads(run(TEXT, "text-generation", "tale", "--json"))
    assert {"id", "surprisal", "rank", "entropy", "alternatives"} <= found["tokens"][1].keys() and found["unit"] == "bits"
    assert found["labels"][0] == [] and len(found["labels"]) == len(found["logits"]) == len(found["tokens"])
    for place in range(1, len(found["tokens"])):  # logits are raw: apart by one number they are the probabilities' logarithms
        logits, likely = found["logits"][place], np.log(found["probabilities"][place])
        np.testing.assert_allclose(np.subtract(logits, logits[0]), likely - likely[0], atol=1e-4)
    lines = run(TEXT, "text-generation", "tale").splitlines()
    assert lines[0].endswith("nothing stands before it") and "rank" in lines[1] and lines[-1].startswith("perplexity")


def test_gaps(here) -> None:
    found = json.loads(run("the [MASK] broke", "fill-mask", "gaps", "--json", "--set", "targets=film"))
    assert found["gaps"][0]["targets"][0]["word"] == "film"
    assert found["labels"] == [[one["text"] for one in found["gaps"][0]["candidates"]]] and len(found["logits"][0]) == len(
        found["labels"][0]
    )
    lines = run("the [MASK] broke", "fill-mask", "gaps", "--set", "targets=film").splitlines()
    assert lines[0].startswith("gap 1") and "film" in lines[1] and lines[-1] == found["filled"]


def test_steps_and_beams(here) -> None:
    options = ("--set", "num_beams=2", "--set", "max_new_tokens=4")
    found = json.loads(run(TEXT, "text2text-generation", "writer", "--json", *options))
    assert len(found["steps"]) == len(found["probabilities"]) == 4 and len(found["beams"]) == 2 and found["tree"]["nodes"]
    lines = run(TEXT, "text2text-generation", "writer", *options).splitlines()
    assert lines[0] == found["text"] and lines[2].startswith("1  ") and lines[-1].endswith("(cut)")
