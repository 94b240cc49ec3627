"""Cards of what is pushed: the Hub's own reader takes them, and nothing of this machine is in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from huggingface_hub import DatasetCard, ModelCard

from core import publish
from core.errors import BadInput
from core.publish import About
from core.publish.writing import sections, unsectioned
from core.runs import RunFolder
from core.settings import Settings
from core.workspaces import LOCAL

ABOUT = About(repository="me/reviews", licence="mit", data_name="Reviews of a shop", data_licence="cc-by-4.0")
FIGURE = {"type": "accuracy", "name": "Accuracy", "value": 0.87, "args": {"confidence_interval": [0.81, 0.92], "rows": 90}}


def test_the_card_of_an_adapter_keeps_what_its_training_wrote(settings: Settings, adapter: Path) -> None:
    parcel = publish.pack_adapter(settings, LOCAL, "mine")
    text = publish.model_card(settings, parcel.folder, ABOUT)
    publish.check_card(settings, text, "model")
    card = ModelCard(text)
    assert (card.data.license, card.data.library_name, card.data.pipeline_tag) == ("mit", "peft", "text-classification")
    assert card.data.base_model == "sentence-transformers/all-MiniLM-L6-v2" and {"lora", "sheetformer"} <= set(card.data.tags)
    before = sections(ModelCard((adapter / "README.md").read_text()).text)
    after = sections(card.text)
    assert after["Limits"] == before["Limits"] and after["Use"] != before.get("Use")
    assert "The data is Reviews of a shop. Licence of the data: CC BY 4.0." in after["Data"]
    assert "me/reviews" in after["Use"] and publish.in_card(settings, text, ["secret-customers.csv"]) == []
    assert {result.dataset_name for result in card.data.eval_results} == {"Reviews of a shop"}


def test_figures_keep_their_intervals_in_the_hubs_field(settings: Settings, adapter: Path) -> None:
    front = {"model-index": [{"name": "mine", "results": [{"task": {"type": "text-classification"}, "metrics": [FIGURE]}]}]}
    (adapter / "README.md").write_text(f"---\n{yaml.safe_dump(front)}---\n\n# mine\n")
    text = publish.model_card(settings, publish.pack_adapter(settings, LOCAL, "mine").folder, ABOUT)
    publish.check_card(settings, text, "model")
    (result,) = ModelCard(text).data.eval_results
    assert (result.metric_value, result.metric_args["confidence_interval"]) == (0.87, [0.81, 0.92])
    assert ModelCard(text).data.model_name == "reviews"


def test_an_adapter_without_a_card_gets_one_from_its_facts(settings: Settings, adapter: Path) -> None:
    (adapter / "README.md").unlink()
    text = publish.model_card(settings, publish.pack_adapter(settings, LOCAL, "mine").folder, About(repository="me/reviews"))
    publish.check_card(settings, text, "model")
    assert "A LoRA adapter on sentence-transformers/all-MiniLM-L6-v2" in text and "## Limits" in text


def test_a_base_of_this_machine_is_not_named_as_one_of_the_hub(settings: Settings, adapter: Path) -> None:
    config = json.loads((adapter / "adapter_config.json").read_text())
    (adapter / "adapter_config.json").write_text(json.dumps(config | {"base_model_name_or_path": "local:body"}))
    (adapter / "README.md").write_text("---\nbase_model: local:body\n---\n\n# mine\n")
    text = publish.model_card(settings, publish.pack_adapter(settings, LOCAL, "mine").folder, ABOUT)
    assert ModelCard(text).data.base_model is None and "nobody else can load it" in text


def test_a_merged_model_is_no_adapter_any_more(settings: Settings, adapter: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    config = json.loads((adapter / "config.json").read_text()) | {"architectures": ["BertForSequenceClassification"]}
    (whole / "config.json").write_text(json.dumps(config))
    card = ModelCard(publish.model_card(settings, whole, ABOUT, written=adapter))
    assert card.data.library_name == "transformers" and "lora" not in card.data.tags and "PeftModel" not in card.text
    assert card.data.base_model == "sentence-transformers/all-MiniLM-L6-v2" and "merged into its base" in card.text


def test_the_card_of_a_result_says_who_made_which_column(settings: Settings, scored: RunFolder) -> None:
    parcel = publish.pack_result(settings, LOCAL, scored.id, leave_out=["customer"])
    text = publish.data_card(parcel.folder, scored, ABOUT)
    publish.check_card(settings, text, "dataset")
    card = DatasetCard(text)
    assert card.data.configs == [{"config_name": "default", "data_files": [{"split": "train", "path": "data/result.parquet"}]}]
    assert (card.data.license, card.data.size_categories) == ("mit", ["n<1K"])
    parts = sections(card.text)
    assert "Of the data: `review`, `mine`." in parts["Columns"] and "`prediction`" in parts["Columns"].split("Made by")[1]
    assert "customer" not in text and "| Accuracy | 1.0000 | 0.4400 to 1.0000 | 3 |" in parts["Figures"]
    assert "2 texts were longer" in parts["Limits"] and "embedded:sentiment" in parts["Procedure"]
    assert publish.in_card(settings, text, ["secret-customers.csv"]) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# No front matter", "front matter between two lines"),
        ("---\nlicense: [a\n---\n", "an error in its line"),
        ("---\n- a\n---\n", "front matter of names and values"),
        ("---\nlicense: [mit]\n---\n", "one word for license"),
        ("---\ntags: {a: 1}\n---\n", "a list of words for tags"),
        ("---\na: &a [x]\nb: *a\n---\n", "without aliases"),
        ("---\nmodel-index:\n- name: x\n  results:\n  - task: {}\n---\n", "the Hub's format"),
        ("---\nconfigs:\n- data_files: x\n---\n", "configs with config_name"),
        ("---\nlicense: mit\n---\n" + "x" * 300_000, "max_card_kb"),
    ],
)
def test_a_card_that_the_hub_would_refuse_is_said_before_the_push(settings: Settings, text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        publish.check_card(settings, text, "model")


def test_sections_know_code_from_titles() -> None:
    body = "# T\n\n## One\n\n```python\n## no title\n```\n\n## Two\n\ntext"
    assert list(sections(body)) == ["", "One", "Two"] and unsectioned(sections(body)) == body
