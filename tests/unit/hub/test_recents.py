"""Repositories that a workspace has looked at."""

from __future__ import annotations

from core import hub
from core.hub.recents import LIST
from core.settings import Settings
from core.workspaces import workspace_folder


def names(settings: Settings, workspace: str = "mine") -> list[str]:
    return [one.id for one in hub.read_recent(settings, workspace)]


def test_the_newest_come_first_and_starred_ones_before_them_and_stay(settings: Settings) -> None:
    few = settings.model_copy(update={"max_recent_repositories": 2})
    hub.note_recent(few, "mine", "datasets", "owner/one")
    hub.note_recent(few, "mine", "models", "owner/two")
    assert names(few) == ["owner/two", "owner/one"] and names(few, "yours") == []
    hub.star(few, "mine", "datasets", "owner/one", True)
    hub.note_recent(few, "mine", "models", "owner/three")
    assert names(few) == ["owner/one", "owner/three"]
    hub.note_recent(few, "mine", "models", "owner/one")
    assert [(one.kind, one.id, one.starred) for one in hub.read_recent(few, "mine")][:1] == [("datasets", "owner/one", True)]
    hub.star(few, "mine", "datasets", "owner/one", False)
    assert not hub.read_recent(few, "mine")[0].starred


def test_what_is_first_already_is_not_written_again(settings: Settings) -> None:
    hub.note_recent(settings, "mine", "models", "owner/one")
    path = workspace_folder(settings, "mine") / LIST
    before = path.stat().st_ino
    hub.note_recent(settings, "mine", "models", "owner/one")
    assert path.stat().st_ino == before
    path.write_text("{")
    assert names(settings) == []
