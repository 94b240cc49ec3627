"""Every card has the Hub's fields, the sections in one order, and figures with their intervals."""

from __future__ import annotations

from pathlib import Path

import pytest
from huggingface_hub import ModelCard

from core.models.cards import read_card
from recipes import answers_card, emotions_card, entities_card, sentiment_card
from recipes.cards import About, Figure, front_matter, result, table, write

ABOUT = About(
    name="mine",
    task="text-classification",
    summary="What it is.",
    says="What it says.",
    limits=("English only.",),
    more_limits=("Short texts.",),
    datasets=("owner/data",),
    metrics=("f1",),
    tags=("mine",),
    labels=("a", "b"),
)
RESULT = result({"type": "text-classification", "name": "Text"}, {"type": "owner/data", "name": "Data"}, {"F1, micro": ("f1", 0.51237)})
SHIPPED = Path(__file__).parents[3] / "core" / "models" / "embedded"


def test_a_card_is_read_back_by_the_hub_and_by_the_pages(tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    write(path, ABOUT, [RESULT], figures="None.\n", middle={"Data": "Rows."}, recipe="    a command", use="    a line\n")
    card = ModelCard.load(path)
    assert (card.data.license, card.data.language, card.data.tags) == ("apache-2.0", ["en"], ["lora", "mine"])
    found = card.data.eval_results[0]
    assert (found.metric_name, found.metric_value, found.dataset_split) == ("F1, micro", 0.5124, "validation")
    titles = [line for line in card.text.splitlines() if line.startswith("#")]
    assert titles == ["# embedded:mine", "## Figures", "## Data", "## Recipe", "## Limits", "## Use"]
    assert "- English only.\n- Short texts.\n" in card.text and "network in a spreadsheet tool. What it says.\n" in card.text
    facts = read_card(tmp_path)
    assert (facts.summary, list(facts.limits)) == ("What it is.", ["English only."])


@pytest.mark.parametrize("about", [module.ABOUT for module in (answers_card, emotions_card, entities_card, sentiment_card)])
def test_a_shipped_card_says_what_its_recipe_says(about: About) -> None:
    data = ModelCard.load(SHIPPED / about.name / "README.md").data.to_dict()
    front = front_matter(about, [])
    assert {name: value for name, value in data.items() if name != "model-index"} == {
        name: value for name, value in front.items() if name != "model-index"
    }


def test_figures_are_written_with_their_intervals_where_they_have_one() -> None:
    assert str(Figure.of({"value": 0.5, "low": 0.4, "high": 0.61236, "n": 3})) == "0.5000 [0.4000, 0.6124]"
    assert str(Figure(1.0)) == "1.0000"


def test_a_table_is_markdown() -> None:
    assert table(("a", "b"), [(1, Figure(0.5))]) == "| a | b |\n|---|---|\n| 1 | 0.5000 |"
