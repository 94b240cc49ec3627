"""Dashboards: charts pinned from a run, arranged by their owner, read by whoever has the link."""

from __future__ import annotations

import pytest

from core import dashboards
from core.dashboards import new_pin
from core.schema import Job
from core.settings import Settings
from tests.pages.conftest import texts
from tests.pages.test_finetune_view import unescaped

PAGE = "dashboards/dashboard"


@pytest.fixture
def board(settings: Settings, finished: Job) -> dashboards.Dashboard:
    made = dashboards.create(settings, "local", "Weekly *look*", "See [here](http://x) and :red[there]")
    made = made.with_pin(new_pin("answer", task="text-classification", table="reviews.csv", title="Answer"))
    made = made.with_pin(new_pin("tiles", run=finished.id)).with_pin(new_pin("breakdown", run=finished.id, column="product"))
    return dashboards.save(settings, "local", made)


def test_without_one_the_sample_is_offered_and_comes_with_one(settings, open_page) -> None:
    app = open_page(PAGE)
    assert not app.exception and "no dashboard yet" in texts(app)
    next(button for button in app.button if button.label == "Use the sample").click().run()
    (board,) = dashboards.list_dashboards(settings, "local")
    assert board.title == "Product reviews" and len(board.pins) == 8
    assert not app.exception and "Expected a finished run to follow" in unescaped(" ".join(error.value for error in app.error)).replace(
        "**", ""
    )


def test_pins_show_their_charts_and_notes_are_plain_text(board, finished, open_page) -> None:
    app = open_page(PAGE, board=board.id)
    assert not app.exception and not app.error
    assert len(app.get("plotly_chart")) == 2 and "Accuracy" in [metric.label for metric in app.metric]
    assert app.text[0].value == "See [here](http://x) and :red[there]"
    assert "Weekly \\*look\\*" in texts(app) and "newest run" in texts(app)
    assert not any(button.label in ("Up", "Take away") for button in app.button)


def test_a_filter_over_all_charts(settings, finished, board, open_page) -> None:
    dashboards.save(settings, "local", board.with_pin(new_pin("learning", run=finished.id)))
    app = open_page(PAGE, board=board.id, column="product", value="Lamp")
    assert not app.exception and "2 scored rows" in app.get("plotly_chart")[0].proto.spec + unescaped(texts(app))
    assert texts(app).count("the filter does not count here") == 1, "only the learning curve has no rows to filter"


def test_the_owner_arranges_and_shares(board, settings, open_page) -> None:
    app = open_page(PAGE, board=board.id)
    app.toggle(key="board-arrange").set_value(True).run()
    first, second, third = board.pins
    app.button(key=f"board-down-{first.id}").click().run()
    app.button(key=f"board-width-{first.id}").click().run()
    app.button(key=f"board-away-{third.id}").click().run()
    found = dashboards.find(settings, "local", board.id)
    assert [pin.id for pin in found.pins] == [second.id, first.id] and found.pins[1].wide
    app.text_area(key=f"board-notes-{board.id}").set_value("short").run()
    next(button for button in app.button if button.label == "Make a read-only link").click().run()
    found = dashboards.find(settings, "local", board.id)
    assert found.notes == "short" and found.token in " ".join(element.value for element in app.code)
    assert not app.exception


def test_a_link_shows_the_dashboard_of_another_workspace_and_no_way_into_it(settings, finished, board, open_page, monkeypatch) -> None:
    token = dashboards.share(settings, "local", board.id).token
    monkeypatch.setattr("pages.parts.workspace.current", lambda settings: "w-other")
    app = open_page(PAGE, shared=token)
    assert not app.exception and not app.error and "Weekly" in texts(app) and len(app.get("plotly_chart")) == 2
    assert not app.button and not app.toggle and not app.get("page_link")
    (column,) = app.selectbox
    assert column.options == ["Any column", "product"], "values of columns that are on no chart are not shared"
    stranger = open_page(PAGE, board=board.id)
    assert "Expected" in stranger.error[0].value and "Weekly" not in texts(stranger)
    dashboards.stop_sharing(settings, "local", board.id)
    gone = open_page(PAGE, shared=token)
    assert "leads nowhere" in unescaped(gone.error[0].value)


def test_a_run_is_pinned_from_its_page(settings, finished, open_page) -> None:
    app = open_page("inference/batch", run=finished.id)
    app.selectbox(key=f"pin-figure-{finished.id}").set_value("breakdown").run()
    app.checkbox(key=f"pin-follow-{finished.id}").check().run()
    app.button(key=f"pin-{finished.id}").click().run()
    (board,) = dashboards.list_dashboards(settings, "local")
    (pin,) = board.pins
    assert (pin.figure, pin.run, pin.table, pin.column) == ("breakdown", "", "reviews.csv", "product")
    assert not app.exception


def test_a_pin_of_a_run_that_is_gone_says_so(settings, finished, open_page) -> None:
    board = dashboards.create(settings, "local", "x").with_pin(new_pin("answer", run="0" * 16))
    dashboards.save(settings, "local", board)
    app = open_page(PAGE, board=board.id)
    assert not app.exception and "Look it up under Jobs" in unescaped(app.error[0].value)
