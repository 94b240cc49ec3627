"""The recipe of embedded:entities trains, and measures what it made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from recipes.entities import app, measure
from recipes.entities_data import SETS, mapped, read_set, without_accounts


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
