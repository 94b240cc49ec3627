"""The Logits page: task, model and row; what it shows of them; its address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core import models
from core.live import LiveClient
from core.live.questions import Desk
from core.schema import LookSpec
from core.settings import Settings
from tests.pages.conftest import texts

pytestmark = pytest.mark.model

GOOD = "Lovely, warm light"
MODELS = {"text-classification": "embedded:sentiment"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """One desk for all tests, in this process. Its models stay loaded, and its libraries are imported outside of a page's time limit."""
    made = Desk(Settings(home=tmp_path_factory.mktemp("desk"), live_models=8))
    for task, model in MODELS.items():
        revision = models.resolve(Settings(), model).revision
        made.model(LookSpec(task=task, model=model, revision=revision, cells={}))
    return made


@pytest.fixture
def page(settings: Settings, open_page: Callable[..., Any], desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Opens the page over real models."""
    monkeypatch.setattr(LiveClient, "ask", lambda self, question, payload, timeout=None: desk.answer(question, payload))
    return lambda **parameters: open_page("inspect/logits", **parameters)


def test_an_empty_page_offers_an_example(page) -> None:
    app = page()
    assert not app.exception and "start with an example" in texts(app)
    assert not app.get("plotly_chart")
    next(button for button in app.button if button.label == "Use an example").click().run()
    assert not app.exception and "battery" in app.text_area(key="look-text").value
    assert app.get("plotly_chart")


def test_the_address_reopens_a_look(page) -> None:
    app = page(task="text-classification", model="embedded:emotions", text=GOOD)
    assert not app.exception and app.text_area(key="look-text").value == GOOD
    assert app.selectbox(key="model_choice").value == "embedded:emotions" and app.get("plotly_chart")
    app.text_area(key="look-text").set_value("x" * 3_000).run()
    assert "text" not in app.query_params and "comes without it" in texts(app)
    app.query_params["text"] = GOOD
    app.run()
    assert app.text_area(key="look-text").value == GOOD


def test_a_row_of_a_table_is_taken(page, reviews) -> None:
    app = page(task="text-classification", model="embedded:sentiment")
    app.number_input(key=f"look-number-{reviews.id[:16]}").set_value(2).run()
    next(button for button in app.button if button.label == "Take this row").click().run()
    assert not app.exception and app.text_area(key="look-text").value == "Broke after a day"
    assert "Row 2 of reviews.csv" in texts(app) and app.query_params["text"] == "Broke after a day"
    app.text_area(key="look-text").set_value("Broke after a year").run()
    assert "Row 2 of reviews.csv" not in texts(app)
