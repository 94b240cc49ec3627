"""The recipe trains, and the shipped adapter is as good as its card says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from huggingface_hub import ModelCard
from typer.testing import CliRunner

from recipes.entities import SHIPPED, app, measure
from recipes.entities_card import LABELS
from recipes.entities_data import SETS, mapped, read_set, without_accounts

GOALS = {"btc_ner": 0.58, "wikigold": 0.76}


def test_the_tags_of_all_sets_become_three_types() -> None:
    assert mapped(["B-PER", "I-PER", "O", "B-person", "B-location"]) == ["B-PER", "I-PER", "O", "B-PER", "B-LOC"]
    assert mapped(["B-corporation", "I-group", "B-MISC", "I-product", "B-creative-work"]) == ["B-ORG", "I-ORG", "O", "O", "O"]


def test_accounts_that_no_tag_marks_are_not_learned() -> None:
    import pandas as pd

    sentences = pd.DataFrame({"tokens": [["@ann", "saw", "@bob", "@", "carl"]], "tags": [["O", "O", "B-PER", "B-PER", "B-PER"]]})
    kept = without_accounts(sentences)
    assert kept["tokens"][0] == ["saw", "@bob", "@", "carl"] and kept["tags"][0] == ["O", "B-PER", "B-PER", "B-PER"]


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.parametrize("name", GOALS)
def test_the_shipped_adapter_is_as_good_as_its_card_says(shared_data: Path, name: str) -> None:
    found = measure(SHIPPED, read_set(shared_data, name, "validation"))
    stated = ModelCard.load(SHIPPED / "README.md").data.eval_results[SETS.index(name)].metric_value
    assert found.f1 >= GOALS[name] and abs(found.f1 - stated) < 0.0006


@pytest.mark.model
def test_the_shipped_adapter_is_small_and_says_what_it_is() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 4_000_000
    names = json.loads((SHIPPED / "config.json").read_text())["id2label"]
    assert tuple(names[str(place)] for place in range(len(names))) == LABELS
    text = "".join((SHIPPED / name).read_text() for name in ("README.md", "config.json", "adapter_config.json"))
    assert "/tmp" not in text and "CC BY 4.0" in text


@pytest.mark.model
@pytest.mark.slow
def test_the_recipe_makes_an_adapter_that_loads(tmp_path: Path) -> None:
    import pandas as pd

    names = (("anna", "PER"), ("berlin", "LOC"), ("google", "ORG"))
    rows = [([*f"we saw {name} {number} times".split()], ["O", "O", f"B-{kind}", "O", "O"]) for number in range(12) for name, kind in names]
    for name in SETS:
        (tmp_path / name).mkdir()
        for part in ("train", "validation"):
            pd.DataFrame(rows, columns=["tokens", "ner_tags"]).to_parquet(tmp_path / name / f"{part}.parquet")
    out = tmp_path / "out"
    arguments = [
        "train",
        str(tmp_path),
        str(out),
        "--epochs",
        "3",
        "--batch",
        "8",
        "--learning-rate",
        "0.003",
        "--rank",
        "8",
        "--held-out",
        "0.2",
    ]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0 and "btc_ner: entity F1 " in result.output
    assert measure(out / "adapter", read_set(tmp_path, "btc_ner", "validation")).f1 > 0.9
    card = (out / "adapter" / "README.md").read_text()
    config = json.loads((out / "adapter" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "sentence-transformers/all-MiniLM-L6-v2"
    assert (
        "--learning-rate 0.003" in card and str(tmp_path) not in card + json.dumps(config) + (out / "adapter" / "config.json").read_text()
    )
