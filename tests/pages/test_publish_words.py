"""What the page Publish proposes before its author says otherwise, and how it shows a card."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from core.publish import check_repository
from core.schema import HubSource, TableSource
from pages.parts.publish import card, place, things
from pages.parts.publish.things import ADAPTER, RESULT, Ready, Thing
from pages.parts.visit import Visit

READY = Ready(Thing(ADAPTER, "mine"), None, (), ())
FILE = TableSource(id="a" * 64, name="reviews.csv", rows=3)


@pytest.mark.parametrize(
    ("thing", "name"),
    [
        (Thing(ADAPTER, "reviews---train"), "ann/reviews-train"),
        (Thing(ADAPTER, "v1..2-.x-"), "ann/v1.2-x"),
        (Thing(RESULT, "0123456789abcdef"), "ann/scored-012345"),
    ],
)
def test_the_hub_takes_the_name_that_is_proposed(thing: Thing, name: str) -> None:
    assert check_repository(place.proposed("ann", replace(READY, thing=thing))) == name


def test_a_data_set_of_the_hub_is_named_and_a_file_is_not(settings) -> None:
    visit = Visit(settings, "local")
    of_the_hub = FILE.model_copy(update={"hub": HubSource(dataset="shop/reviews")})
    assert things._data(visit, [of_the_hub]) == ("shop/reviews", "")  # the table itself has gone
    assert things._data(visit, [FILE]) == things._data(visit, []) == ("", "")


def test_the_licence_of_a_data_set_comes_from_its_table(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    table = SimpleNamespace(report=SimpleNamespace(licence="odd-1.0"))
    monkeypatch.setattr(things.tables, "open_table", lambda *_: table)
    of_the_hub = FILE.model_copy(update={"hub": HubSource(dataset="shop/reviews")})
    assert things._data(Visit(settings, "local"), [of_the_hub]) == ("shop/reviews", "odd-1.0")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("labels `bad`, `:red[x]`", "labels `bad`\\, `:red[x]`"),
        ("one ` alone", "one \\` alone"),
        ("two `` in a row", "two \\`\\` in a row"),
    ],
)
def test_what_stands_between_backticks_is_code_and_nothing_else_means_anything(line: str, shown: str) -> None:
    assert card._words(line).replace("\u2060", "") == shown
    assert "*" not in card._words("*b* `a`").replace("\\*", "")
