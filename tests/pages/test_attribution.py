"""What moved the answer, on the Logits page over the embedded classifier."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core import models
from core.live import LiveClient
from core.live.questions import Desk
from core.schema import LookSpec
from core.settings import Settings
from pages.parts.logits.attribution import table, trust
from pages.parts.logits.attribution_text import marks
from tests.pages.conftest import texts

pytestmark = pytest.mark.model
ROW = {"task": "text-classification", "model": "embedded:sentiment", "text": "Lovely light, but it <b>broke</b> :red[soon]"}
OPEN = {"attribution": "on"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """One desk for all tests, in this process, with its model loaded outside of a page's time limit."""
    made = Desk(Settings(home=tmp_path_factory.mktemp("desk"), attribution_seconds=10_000))
    revision = models.resolve(Settings(), ROW["model"]).revision
    made.model(LookSpec(task=ROW["task"], model=ROW["model"], revision=revision, cells={}))
    return made


@pytest.fixture
def page(settings: Settings, open_page: Callable[..., Any], desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.setattr(LiveClient, "ask", lambda self, question, payload, timeout=None: desk.answer(question, payload))
    monkeypatch.setenv("SHEETFORMER_HOME", str(settings.home))
    return lambda **more: open_page("inspect/logits", **{**ROW, **OPEN, **more})


def said(app: Any) -> str:
    return texts(app).replace("\\", "").replace("\u2060", "")


def charts_of(app: Any) -> list[str]:
    return [chart.proto.id for chart in app.get("plotly_chart") if "attribution-bars" in chart.proto.id]


def test_a_cheap_method_answers_at_once_with_its_paper_and_its_cost(page) -> None:
    app = page()
    assert not app.exception and charts_of(app)
    words = said(app)
    assert "arxiv.org/abs/1612.08220" in words and "It costs one forward pass for each word or token." in words and "Here about 1" in words
    assert "It took " in words and "hidden words are replaced by [MASK]" in words
    marked = next(str(element.value) for element in app.markdown if "-background[" in str(element.value) and "Lovely" in str(element.value))
    assert "<b>" not in marked and ":red[" not in marked.replace("\\", ""), "the text is shown as it is"


def test_it_is_behind_a_switch_that_is_in_the_address(page) -> None:
    app = page(attribution="off")
    assert not app.exception and not charts_of(app) and not app.toggle(key="attribution-open").value
    app.toggle(key="attribution-open").set_value(True).run()
    assert charts_of(app) and app.query_params["attribution"] == "on"


def test_a_dear_method_waits_for_its_button_and_goes_when_something_changes(page) -> None:
    app = page(method="integrated-gradients")
    assert not app.exception and not charts_of(app)
    app.button(key="attribution-compute").click().run()
    assert charts_of(app) and "completeness error of 0." in said(app) and "Above 1 %" not in said(app)
    assert "--attribution integrated-gradients" in said(app)
    again = page(method="integrated-gradients", computed=app.query_params["computed"])
    assert charts_of(again) and not any(button.key == "attribution-compute" for button in again.button), "its link opens what was computed"
    app.selectbox(key="attribution-units").set_value("token").run()
    assert not charts_of(app) and "computed" not in app.query_params, "another question is asked for anew"
    assert "--attribution" not in said(app)
    assert app.query_params["units"] == "token" and app.query_params["method"] == "integrated-gradients"


def test_what_is_cheap_is_a_setting(page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHEETFORMER_ATTRIBUTION_QUICK_PASSES", "3")
    app = page()
    assert not app.exception and not charts_of(app) and app.button(key="attribution-compute")
    app.selectbox(key="attribution-method").set_value("gradient-x-input").run()
    assert charts_of(app), "three passes are few enough (attribution_quick_passes)"


def test_the_address_reopens_method_target_and_choices(page) -> None:
    app = page(method="span-occlusion", explained="0", units="token", scalar="log-probability", width="2")
    assert not app.exception and charts_of(app)
    words = said(app)
    assert "texts with 2 units hidden in each" in words and "log-probability of negative" in words
    assert app.selectbox(key="attribution-explained").value == "0"


def test_what_another_text_lacks_is_not_asked_of_it(page) -> None:
    app = page(method="no-such-method", explained="99")
    assert not app.exception and app.selectbox(key="attribution-method").value == "leave-one-out"
    app.text_area(key="look-text").set_value("Bad").run()
    assert not app.exception and charts_of(app)


FOUND = {
    "what": "logit of good",
    "value": 1.0,
    "without": -1.0,
    "total": 1.9,
    "completeness_error": 0.05,
    "sampling_error": None,
    "effort": "16 points",
    "forward_passes": 20,
    "backward_passes": 16,
    "seconds": 3.0,
    "hidden": "",
    "notes": ["The text is longer."],
}


def test_an_error_above_one_percent_is_a_warning() -> None:
    words = {sentence: icon for icon, sentence in trust(FOUND)}
    warned = next(sentence for sentence, icon in words.items() if "warning" in icon)
    assert "completeness error of 5.00%" in warned and "rough" in warned and "The text is longer." in words
    sampled = trust({**FOUND, "completeness_error": None, "sampling_error": 0.25, "effort": "20 orders"})
    assert any("largest standard error of a value is 0.25" in sentence for _, sentence in sampled)
    exact = trust({**FOUND, "completeness_error": None, "sampling_error": 0.0, "effort": "all 8 subsets: exact"})
    assert any(sentence == "From all 8 subsets: exact." for _, sentence in exact)


def unit(start: int, end: int, value: float, cell: str = "text") -> dict[str, Any]:
    return {"text": "x", "cell": cell, "start": start, "end": end, "value": value, "error": None}


def test_marks_have_a_colour_and_a_sign_and_bytes_of_one_character_share_one() -> None:
    found = marks([unit(0, 2, 2.0), unit(3, 5, -1.0), unit(6, 7, 0.5), unit(6, 7, 0.5), unit(8, 9, 0.1)], 2.0)
    assert [(mark.start, mark.label, mark.colour) for mark in found] == [(0, "+2", "blue"), (3, "−1", "orange"), (6, "+1", "blue")]
    assert marks([unit(0, 2, 0.0)], 0.0) == []


def test_the_numbers_name_the_text_where_there_are_two() -> None:
    assert list(table([unit(0, 1, 1.0)]).columns) == ["Word", "From", "To", "Value"]
    both = table([unit(0, 1, 1.0, "question"), {**unit(0, 1, 1.0, "context"), "error": 0.1}])
    assert list(both["Text"]) == ["Question", "Text to search"] and "Standard error" in both
