"""Searches and descriptions, as the real client reads them from a Hub."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import hub
from core.settings import Settings
from tests.hub.conftest import ANALYST, TOKEN
from tests.hub.server import LoopbackHub
from tests.hub.test_asking import point_at

SETTINGS = Settings(max_hub_results=3)


@pytest.fixture(autouse=True)
def _shelf(monkeypatch: pytest.MonkeyPatch, loopback: LoopbackHub, tmp_path: Path) -> None:
    point_at(monkeypatch, loopback.url)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    weights = {"parameters": {"F32": 66_000_000}, "total": 66_000_000}
    loopback.shelf.add(
        "model",
        "owner/feelings",
        {"model.safetensors": b"w" * 5_000, "pytorch_model.bin": b"p" * 9_000, "config.json": b"{}", "README.md": CARD},
        facts={
            "pipeline_tag": "text-classification",
            "library_name": "transformers",
            "tags": ["license:mit", "text-classification", "transformers"],
            "downloads": 70,
            "likes": 3,
            "safetensors": weights,
            "config": {"model_type": "bert"},
        },
    )
    code = {"config": {"auto_map": {"AutoModel": "modeling.Mine"}}, "tags": ["custom_code"], "pipeline_tag": "text-classification"}
    loopback.shelf.add("model", "owner/strange", {"pytorch_model.bin": b"p"}, facts=code)
    loopback.shelf.add("dataset", "owner/reviews", {"data/train.parquet": b"PAR1"}, facts={"downloads": 5, "tags": ["license:cc0-1.0"]})


CARD = b"---\nlicense: mit\n---\n\n# Feelings\n\n<script>alert(1)</script>\n"


def test_a_search_says_all_that_matters_before_a_download() -> None:
    (found,) = hub.search_models(SETTINGS, "feel", task="text-classification", library="transformers", licence="mit", sort="downloads")
    assert (found.id, found.author, found.task, found.library, found.licence) == (
        "owner/feelings",
        "owner",
        "text-classification",
        "transformers",
        "mit",
    )
    assert (found.downloads, found.likes, found.parameters, found.safetensors, found.gated) == (70, 3, 66_000_000, True, False)
    assert found.changed is not None and found.changed.year == 2026
    assert [other.id for other in hub.search_models(SETTINGS, task="text-classification")] == ["owner/feelings", "owner/strange"]
    assert hub.search_models(SETTINGS, licence="apache-2.0") == []


def test_a_list_ends_at_the_limit(loopback: LoopbackHub) -> None:
    for number in range(5):
        loopback.shelf.add("model", f"owner/more-{number}")
    assert len(hub.search_models(SETTINGS, "more", limit=50)) == SETTINGS.max_hub_results


def test_the_size_is_that_of_what_would_be_fetched(loopback: LoopbackHub) -> None:
    found = hub.model_facts(SETTINGS, "owner/feelings")
    assert found.size_bytes == 5_000 + 2 + len(CARD), "the pickle stays where it is"
    assert found.commit == loopback.shelf.repositories["model", "owner/feelings"].at("main").oid


def test_a_data_set_is_described(loopback: LoopbackHub) -> None:
    (found,) = hub.search_datasets(SETTINGS, "reviews")
    assert (found.id, found.licence, found.downloads) == ("owner/reviews", "cc0-1.0", 5)
    assert hub.dataset_facts(SETTINGS, "owner/reviews").size_bytes == 4


def test_private_ones_are_seen_by_their_owner_only(loopback: LoopbackHub) -> None:
    loopback.shelf.add("model", f"{ANALYST}/secret", private=True)
    assert [found.id for found in hub.search_models(SETTINGS, "secret", token=TOKEN)] == [f"{ANALYST}/secret"]
    assert hub.search_models(SETTINGS, "secret") == []


def test_a_card_is_text_without_its_front_matter() -> None:
    commit = hub.model_facts(SETTINGS, "owner/feelings").commit
    assert hub.card_text(SETTINGS, "owner/feelings", commit) == "# Feelings\n\n<script>alert(1)</script>"
    short = SETTINGS.model_copy(update={"max_card_kb": 1})
    assert len(hub.card_text(short, "owner/feelings", commit)) < 1_000
    strange = hub.model_facts(SETTINGS, "owner/strange").commit
    assert hub.card_text(SETTINGS, "owner/strange", strange) == ""


def test_what_does_not_fit_says_why(tmp_path: Path) -> None:
    strange, fine = hub.model_facts(SETTINGS, "owner/strange"), hub.model_facts(SETTINGS, "owner/feelings")
    said = hub.unfit(strange, tmp_path / "not" / "yet")
    assert len(said) == 2 and "no safetensors" in said[0] and "never executed" in said[1]
    assert hub.unfit(fine, tmp_path) == []
    large = fine.model_copy(update={"size_bytes": 10**9})
    memory, disk = hub.unfit(large, tmp_path, memory=10**9, disk=10**8)
    assert memory == "It needs about 1,300 MB of memory, and 1,000 MB are free." and "1,100 MB of disk" in disk
    assert hub.cautions(fine, ()) == [] and hub.cautions(strange, ()) == ["It names no licence."]
    assert "looks like known/feelings" in hub.cautions(fine, ("known/feelings",))[0]
