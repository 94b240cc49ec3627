"""The recipe tunes by the project's own service, and the shipped adapter is as good as its card says."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from huggingface_hub import ModelCard
from typer.testing import CliRunner

from recipes.sentiment import ADAPTER, SHIPPED, TRAINING, app, divided, measure

PLACES = [" ".join(f"{letter}{number}" for letter in "pqrstu") for number in range(30)]
SENTENCES = [f"a {('good', 'bad')[number % 2]} film of {place}" for number, place in enumerate(PLACES)]


def write_phrases(folder: Path) -> pd.DataFrame:
    """Whole sentences, each with a phrase of it, as a parse tree gives them."""
    texts = [text for sentence in SENTENCES for text in (sentence, " ".join(sentence.split()[:3]))]
    phrases = pd.DataFrame({"text": texts, "label": ["positive" if "good" in text else "negative" for text in texts]})
    folder.mkdir(parents=True, exist_ok=True)
    for split in ("train", "validation"):
        phrases.to_parquet(folder / f"{split}.parquet")
    return phrases


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_shipped_adapter_is_as_good_as_its_card_says(shared_data: Path, precision: str) -> None:
    found = measure(SHIPPED, pd.read_parquet(shared_data / "sst2" / "validation.parquet"), precision=precision)
    stated = ModelCard.load(SHIPPED / "README.md").data.eval_results[0].metric_value
    assert found.of == 872
    assert found.value >= 0.885
    assert abs(found.value - stated) < (0.0006 if precision == "fp32" else 0.005)


def test_held_out_sentences_are_the_same_for_every_training_and_no_phrase_is_learned_twice(tmp_path: Path) -> None:
    write_phrases(tmp_path)
    phrases, held = divided(tmp_path, 6)
    assert len(held) == 6 and set(held["text"]) <= set(SENTENCES) and not set(held["text"]) & set(phrases["text"])
    assert phrases["text"].is_unique and "a good film" in set(phrases["text"])
    assert [list(part["text"]) for part in divided(tmp_path, 6)] == [list(phrases["text"]), list(held["text"])]


@pytest.mark.model
@pytest.mark.slow
def test_the_recipe_makes_adapters_that_load_and_their_cards(tmp_path: Path) -> None:
    phrases = write_phrases(tmp_path / "data")
    data, one, both = str(tmp_path / "data"), tmp_path / "one", tmp_path / "both"
    options = ["--epochs", "5", "--batch", "8", "--learning-rate", "0.003", "--rank", "4", "--alpha", "8", "--averaging", "0.8"]
    tuned = CliRunner().invoke(app, ["train", data, str(one), *options, "--held-out", "6", "--evaluations", "1"], catch_exceptions=False)
    assert tuned.exit_code == 0 and "keeps 100.0%" in tuned.output and "held-out sentences: " in tuned.output, tuned.output
    assert not (one / ADAPTER / "README.md").exists()  # the validation sentences were not looked at
    again = CliRunner().invoke(app, ["average", data, str(both), str(one), str(one), "--rank", "4"], catch_exceptions=False)
    assert again.exit_code == 0 and "keeps 100.0%" in again.output, again.output
    shipped = CliRunner().invoke(app, ["ship", data, str(both)], catch_exceptions=False)
    assert shipped.exit_code == 0 and f"of {len(phrases)})" in shipped.output, shipped.output
    card, config = ModelCard.load(both / ADAPTER / "README.md"), json.loads((both / ADAPTER / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "sentence-transformers/all-MiniLM-L6-v2"
    assert card.data.eval_results[0].metric_value > 0.9
    assert card.text.count("recipes/sentiment.py train DATA one") == 2 and "--averaging 0.8" in card.text
    written = [both / ADAPTER / name for name in ("README.md", "adapter_config.json", "config.json")]
    assert str(tmp_path) not in "".join(path.read_text() for path in written)


def test_trainings_that_held_out_different_sentences_are_not_averaged(tmp_path: Path) -> None:
    for name, held_out in (("one", 6), ("two", 7)):
        (tmp_path / name).mkdir()
        (tmp_path / name / TRAINING).write_text(json.dumps({"held_out": held_out, "trainings": []}))
    refused = CliRunner().invoke(app, ["average", str(tmp_path), str(tmp_path / "none"), str(tmp_path / "one"), str(tmp_path / "two")])
    assert refused.exit_code == 2 and "held out different sentences" in refused.output
