"""Models that were fetched: choices of whoever had the right to read them."""

from __future__ import annotations

from pathlib import Path

import pytest
from huggingface_hub import snapshot_download

from core import models
from core.errors import NotFound
from core.settings import Settings
from tests.hub.server import LoopbackHub
from tests.hub.test_asking import point_at
from tests.tiny_models import classifier


@pytest.fixture
def settings(tmp_path: Path, loopback: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> Settings:
    point_at(monkeypatch, loopback.url)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    return Settings(home=tmp_path / "home", max_fetched_models=2)


@pytest.fixture
def tiny(tmp_path: Path, loopback: LoopbackHub) -> str:
    """owner/name@commit of a real classifier, fetched."""
    folder = tmp_path / "tiny"
    classifier(folder, "bert")
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    commit = loopback.shelf.add("model", "owner/tiny", files).at("main").oid
    snapshot_download("owner/tiny", revision=commit, cache_dir=tmp_path / "cache", endpoint=loopback.url, token=False)
    return f"owner/tiny@{commit}"


def listed(settings: Settings, owner: str) -> list[str]:
    return [entry.reference for entry in models.list_models(settings, "text-classification", owner)]


def test_a_fetched_model_is_a_choice_of_its_workspace(settings: Settings, tiny: str) -> None:
    models.note_fetched(settings, "mine", tiny)
    assert tiny in listed(settings, "mine") and tiny not in listed(settings, "yours")
    assert models.resolve(settings, tiny, "yours").reference == tiny, "everybody may read it"


def test_what_was_read_with_a_right_of_ones_own_stays_ones_own(settings: Settings, tiny: str) -> None:
    models.note_fetched(settings, "mine", tiny, own_token=True)
    assert models.resolve(settings, tiny, "mine").reference == tiny
    for name in (tiny, "owner/tiny"):
        with pytest.raises(NotFound, match="no such repository, or a private one"):
            models.resolve(settings, name, "yours")
    models.note_fetched(settings, "yours", tiny, own_token=True)
    assert models.resolve(settings, tiny, "yours").reference == tiny


def test_favourites_come_first_and_the_list_has_an_end(settings: Settings) -> None:
    one, two, three = (f"owner/{name}@{'a' * 40}" for name in ("one", "two", "three"))
    models.note_fetched(settings, "mine", one)
    models.note_fetched(settings, "mine", two)
    models.set_favourite(settings, "mine", one, True)
    assert [found.reference for found in models.read_fetched(settings, "mine")] == [one, two]
    later = f"owner/one@{'b' * 40}"
    models.note_fetched(settings, "mine", later)
    assert [(found.reference, found.favourite) for found in models.read_fetched(settings, "mine")] == [(later, True), (two, False)]
    models.note_fetched(settings, "mine", three)
    assert len(models.read_fetched(settings, "mine")) == settings.max_fetched_models
    models.forget_fetched(settings, "mine", three)
    assert three not in [found.reference for found in models.read_fetched(settings, "mine")]


def test_files_that_are_gone_are_said(settings: Settings) -> None:
    gone = f"owner/gone@{'a' * 40}"
    models.note_fetched(settings, "mine", gone)
    (entry,) = [entry for entry in models.list_models(settings, owner="mine") if entry.reference == gone]
    assert entry.tasks == [] and "Fetch it again" in entry.summary
