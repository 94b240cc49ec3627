"""What became of a repository, as the real client reads it from a Hub."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import publish
from core.errors import HubError
from core.settings import Settings
from tests.hub.conftest import ANALYST, TOKEN
from tests.hub.repositories import Repository
from tests.hub.server import LoopbackHub
from tests.hub.test_asking import point_at

MINE = f"{ANALYST}/mine"
SETTINGS = Settings(hub_probe_seconds=60.0)


@pytest.fixture
def mine(monkeypatch: pytest.MonkeyPatch, loopback: LoopbackHub, tmp_path: Path) -> Repository:
    """A private repository with three commits and a branch."""
    point_at(monkeypatch, loopback.url)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    repo = loopback.shelf.add("model", MINE, {"README.md": b"# Mine\n\nold words\n", "a.txt": b"a", "w.safetensors": b"1"}, private=True)
    repo.commit({"README.md": b"# Mine\n\nnew words\n", "b.txt": b"b", "w.safetensors": b"2"}, "better")
    repo.commit({"a.txt": None}, "without a")
    repo.refs["trial"] = repo.at("main").parent
    return repo


def test_a_repository_as_it_is(mine: Repository) -> None:
    found = publish.state(SETTINGS, "model", MINE, token=TOKEN)
    assert (found.commit, found.private, set(found.branches)) == (mine.at("main").oid, True, {"main", "trial"})
    assert {one.path: one.size for one in found.files} == {"README.md": 18, "b.txt": 1, "w.safetensors": 1}
    assert publish.state(SETTINGS, "model", MINE, branch="trial", token=TOKEN).commit == mine.refs["trial"]
    with pytest.raises(HubError, match="no such repository, or a private one"):
        publish.state(SETTINGS, "model", MINE)
    with pytest.raises(HubError, match="no such revision"):
        publish.state(SETTINGS, "model", MINE, branch="none", token=TOKEN)


def test_its_versions_newest_first_up_to_a_limit(mine: Repository) -> None:
    known = publish.versions(SETTINGS, "model", MINE, token=TOKEN)
    assert [one.title for one in known] == ["without a", "better", "initial commit"] and known[0].made is not None
    short = SETTINGS.model_copy(update={"max_versions": 2})
    assert len(publish.versions(short, "model", MINE, token=TOKEN)) == 2


def test_two_of_them_compared(mine: Repository) -> None:
    newest, _, first = publish.versions(SETTINGS, "model", MINE, token=TOKEN)
    found = publish.compare(SETTINGS, "model", MINE, first.commit, newest.commit, token=TOKEN)
    assert (found.added, found.changed, found.removed) == (("b.txt",), ("README.md", "w.safetensors"), ("a.txt",))
    assert "-old words" in found.card and "+new words" in found.card
    same = publish.compare(SETTINGS, "model", MINE, newest.commit, newest.commit, token=TOKEN)
    assert (same.added, same.changed, same.removed, same.card) == ((), (), (), ())


def test_a_repository_without_a_card_has_no_lines(mine: Repository, loopback: LoopbackHub) -> None:
    repo = loopback.shelf.add("dataset", MINE, {"a.txt": b"a"})
    second = repo.commit({"README.md": b"new\n"}, "a card")
    found = publish.compare(SETTINGS, "dataset", MINE, repo.commits[0].oid, second.oid, token=TOKEN)
    assert found.added == ("README.md",) and "+new" in found.card
