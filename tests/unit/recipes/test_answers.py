"""The recipe tunes by the project's own service, and the shipped adapter is as good as its card says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import ModelCard
from typer.testing import CliRunner

from core.models import list_models, resolve
from core.settings import Settings
from recipes.answers import SHIPPED, answered, app, measured, questions
from recipes.answers_card import DATA_SETS, Figures

REFERENCE, TASK = "embedded:answers", "question-answering"


def test_it_is_listed_and_small(settings: Settings) -> None:
    entry = next(entry for entry in list_models(settings, TASK) if entry.reference == REFERENCE)
    assert "privacy policies" in entry.summary and entry.languages == ["en"]
    assert {path.name for path in SHIPPED.iterdir()} == {"README.md", "adapter_config.json", "adapter_model.safetensors", "config.json"}
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 4_000_000
    assert resolve(settings, REFERENCE).card.license == "cc-by-sa-4.0"
    assert 30 < json.loads((SHIPPED / "config.json").read_text())["max_answer_length"] < 200


@pytest.mark.model
def test_it_answers() -> None:
    text = "We collect your email address. We share your data with advertisers. We keep it for two years. You can opt out by email."
    asked = ["How long do you keep my data?", "Who do you share my data with?"]
    said = answered(SHIPPED, asked, [text] * 2)
    assert all(answer and answer in text for answer in said) and said[0] != said[1], said


@pytest.mark.model
@pytest.mark.slow
def test_runs_find_what_the_card_says(shared_data: Path) -> None:
    found = measured(SHIPPED, shared_data)
    stated = [result.metric_value for result in ModelCard.load(SHIPPED / "README.md").data.eval_results]
    for (name, rows), f1, exact in zip({"policyqa": 600, "xquad_en": 247}.items(), stated[::2], stated[1::2], strict=True):
        assert found[name].questions == rows
        assert (found[name].f1.value, found[name].exact.value) == pytest.approx((f1, exact), abs=0.003)


def write_questions(folder: Path, sites: int = 4) -> None:
    import pandas as pd

    made = [
        {
            "title": f"site {site}",
            "context": f"it was good , number {number} of {site} was here",
            "question": "which number ?",
            "answers": {"text": [str(number)], "answer_start": [21]},
        }
        for site in range(sites)
        for number in range(10)
    ]
    for name in DATA_SETS:
        (folder / name).mkdir(parents=True)
        for split in ("train", "validation"):
            pd.DataFrame(made).to_parquet(folder / name / f"{split}.parquet")


def test_whole_sites_are_held_out_and_always_the_same(tmp_path: Path) -> None:
    write_questions(tmp_path)
    table = questions(tmp_path, 1)
    held = table["part"] == "validation"
    assert held.sum() == 10 and table["title"][held].nunique() == 1 and len(table) == 80
    assert not held[40:].any() and np.array_equal(held, questions(tmp_path, 1)["part"] == "validation")


@pytest.mark.model
@pytest.mark.slow
def test_the_recipe_makes_an_adapter_that_loads_and_a_card(tmp_path: Path) -> None:
    write_questions(tmp_path / "data")
    out = tmp_path / "out"
    options = ["--epochs", "1", "--batch", "8", "--evaluations", "1", "--rank", "4", "--sites", "1", "--window", "64"]
    result = CliRunner().invoke(app, ["train", str(tmp_path / "data"), str(out), *options])
    assert result.exit_code == 0, result.output
    assert "policyqa: token F1 " in result.output and "held-out questions: " in result.output
    adapter = json.loads((out / "adapter_config.json").read_text())
    assert (adapter["base_model_name_or_path"], adapter["r"]) == ("sentence-transformers/all-MiniLM-L6-v2", 4)
    card = ModelCard.load(out / "README.md")
    assert len(card.data.eval_results) == 4 and "--window 64" in card.text and "70 questions were trained on and 10 held out" in card.text
    assert str(tmp_path) not in "".join((out / name).read_text() for name in ("README.md", "adapter_config.json", "config.json"))
    assert len(answered(out, ["which number ?"], ["number 5"])) == 1


def test_figures_are_written_with_their_intervals() -> None:
    figure = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 12}
    assert str(Figures.of({"answer_f1": figure, "exact_match": figure})).startswith("token F1 0.5000 [0.4000, 0.6000]; exact match 0.5000")
