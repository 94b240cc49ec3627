"""The server's own token speaks for the workspace ``local`` alone, and what it fetched stays there."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import models
from core.errors import HubError, NotFound
from core.live.questions import Desk
from core.schema import LookSpec
from core.settings import Settings
from core.workspaces import LOCAL
from tests.hub.conftest import ANALYST, TOKEN
from tests.hub.online import go_online
from tests.hub.server import LoopbackHub
from tests.tiny_models import classifier

GATED, FREE, THEIRS = "owner/gated", "owner/free", "w-" + "0" * 40
WAYS = (models.resolve, models.foresee, models.resolve_tokenizer)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = classifier(tmp_path_factory.mktemp("models") / "tiny", "bert")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def settings(tmp_path: Path, loopback: LoopbackHub, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A server whose administrator, who may read the gated model, has set HF_TOKEN."""
    go_online(monkeypatch, loopback, tmp_path)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    loopback.shelf.add("model", GATED, files, gated=True, access={ANALYST})
    loopback.shelf.add("model", FREE, files)
    return Settings(home=tmp_path / "home", hub_probe_seconds=60.0)


@pytest.mark.parametrize("way", WAYS)
def test_another_workspace_asks_and_downloads_as_nobody(settings: Settings, loopback: LoopbackHub, way: object) -> None:
    assert way(settings, FREE, THEIRS).base.is_dir()
    with pytest.raises(HubError, match="gated"):
        way(settings, GATED, THEIRS)
    commit = loopback.shelf.repositories["model", GATED].at("main").oid
    with pytest.raises(HubError, match="gated"):
        way(settings, f"{GATED}@{commit}", THEIRS)
    assert loopback.asked("GET", "/resolve/") and {one.user for one in loopback.requests} == {None}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("pinned", [False, True])
def test_what_the_servers_token_fetched_stays_local(settings: Settings, loopback: LoopbackHub, way: object, pinned: bool) -> None:
    commit = loopback.shelf.repositories["model", GATED].at("main").oid
    name = f"{GATED}@{commit}" if pinned else GATED
    found = way(settings, name, LOCAL)
    assert found.reference == f"{GATED}@{commit}" and {one.user for one in loopback.asked("GET", "/resolve/")} == {ANALYST}
    for other in WAYS:
        for asked in (GATED, f"{GATED}@{commit}"):
            with pytest.raises(NotFound, match="no such repository, or a private one"):
                other(settings, asked, THEIRS)
    assert TOKEN not in (settings.home / "models" / "restricted.json").read_text()


def test_a_model_that_is_loaded_answers_only_who_may_read_it(settings: Settings) -> None:
    """The warm process is one for all workspaces."""
    files = models.resolve(settings, GATED, LOCAL)
    look = LookSpec(task="text-classification", model=files.reference, revision=files.revision, cells={"text": "good film"})
    desk = Desk(settings)
    assert desk.model(look, LOCAL) is not None
    with pytest.raises(NotFound, match="no such repository"):
        desk.model(look, THEIRS)
