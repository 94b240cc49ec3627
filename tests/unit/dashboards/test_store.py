"""Dashboards as files: kept whole, within limits, shared by a link that gives nothing else away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core import dashboards
from core.errors import LimitReached, NotFound
from core.settings import Settings
from core.workspaces import workspace_folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, max_dashboards=3, max_pins=2, max_notes_characters=20)


def test_a_dashboard_comes_back_as_it_was_saved(settings: Settings) -> None:
    board = dashboards.create(settings, "local", "  Weekly <b>look</b> ")
    pin = dashboards.new_pin("breakdown", run="0" * 16, column="product", wide=True)
    saved = dashboards.save(settings, "local", board.with_pin(pin))
    found = dashboards.find(settings, "local", board.id)
    assert found == saved and found.title == "Weekly <b>look</b>" and found.pins == (pin,)
    assert dashboards.list_dashboards(settings, "local") == [found]
    assert dashboards.list_dashboards(settings, "w-other") == []
    with pytest.raises(NotFound):
        dashboards.find(settings, "w-other", board.id)


def test_pins_are_moved_changed_and_taken_away(settings: Settings) -> None:
    first, second = dashboards.new_pin("answer"), dashboards.new_pin("confidence")
    board = dashboards.create(settings, "local", "x").with_pin(first).with_pin(second)
    assert [pin.id for pin in board.moved(first.id, 1).pins] == [second.id, first.id]
    assert board.moved(first.id, -1).pins == board.moved(second.id, 5).pins == board.pins
    wide = board.with_pin(first.model_copy(update={"wide": True}))
    assert [pin.wide for pin in wide.pins] == [True, False]
    assert board.without(first.id).pins == (second,)


def test_limits_hold(settings: Settings) -> None:
    board = dashboards.create(settings, "local", "x")
    for number in range(2):
        board = board.with_pin(dashboards.new_pin("answer", title=str(number)))
    dashboards.save(settings, "local", board)
    with pytest.raises(LimitReached, match="MAX_PINS"):
        dashboards.save(settings, "local", board.with_pin(dashboards.new_pin("answer")))
    with pytest.raises(LimitReached, match="MAX_NOTES_CHARACTERS"):
        dashboards.save(settings, "local", board.model_copy(update={"notes": "x" * 21}))
    dashboards.create(settings, "local", "y")
    dashboards.create(settings, "local", "z")
    with pytest.raises(LimitReached, match="MAX_DASHBOARDS"):
        dashboards.create(settings, "local", "one more")


def test_a_link_shows_one_dashboard_until_it_is_taken_away(settings: Settings) -> None:
    board = dashboards.share(settings, "w-mine", dashboards.create(settings, "w-mine", "x").id)
    assert len(board.token) == 32 and dashboards.shared(settings, board.token) == ("w-mine", board)
    assert dashboards.share(settings, "w-mine", board.id).token == board.token
    token = board.token
    assert dashboards.stop_sharing(settings, "w-mine", board.id).token == ""
    again = dashboards.share(settings, "w-mine", board.id)
    assert again.token != token
    dashboards.delete(settings, "w-mine", board.id)
    for gone in (token, again.token, board.id, "../" * 5, ""):
        with pytest.raises(NotFound):
            dashboards.shared(settings, gone)


def test_a_link_file_that_somebody_made_up_leads_nowhere(settings: Settings) -> None:
    board = dashboards.create(settings, "w-mine", "x")
    forged = settings.home / "shared-dashboards" / f"{'a' * 32}.json"
    forged.parent.mkdir()
    forged.write_text(json.dumps({"workspace": "w-mine", "board": board.id}), "utf-8")
    with pytest.raises(NotFound):
        dashboards.shared(settings, "a" * 32)


@pytest.mark.parametrize("board_id", ["../../x", "", "x" * 16, "0" * 16])
def test_an_id_never_becomes_a_path(settings: Settings, board_id: str) -> None:
    with pytest.raises(NotFound):
        dashboards.find(settings, "local", board_id)


def test_a_damaged_dashboard_hides_no_other_and_can_be_deleted(settings: Settings) -> None:
    board, other = dashboards.create(settings, "local", "x"), dashboards.create(settings, "local", "y")
    path = workspace_folder(settings, "local") / "dashboards" / f"{board.id}.json"
    path.write_text("{", "utf-8")
    assert [each.id for each in dashboards.list_dashboards(settings, "local")] == [other.id]
    dashboards.delete(settings, "local", board.id)
    assert not path.exists()
