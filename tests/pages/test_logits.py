"""The Logits page: task, model and row; what it shows of them; its address."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from core import models
from core.errors import NotFound
from core.live import LiveClient
from core.live.questions import Desk
from core.schema import LookSpec, ModelReference
from core.settings import Settings
from pages.parts.logits import looking
from pages.parts.visit import Visit
from tests.pages.conftest import texts

pytestmark = pytest.mark.model

GOOD = "Lovely, warm light"
MODELS = {
    "text-classification": ("embedded:sentiment", "embedded:emotions"),
    "token-classification": ("embedded:entities",),
    "question-answering": ("embedded:answers",),
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """One desk for all tests, in this process. Its models stay loaded, and its libraries are imported outside of a page's time limit."""
    made = Desk(Settings(home=tmp_path_factory.mktemp("desk"), live_models=8))
    for task, model in ((task, model) for task, several in MODELS.items() for model in several):
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


def test_a_classifier_says_how_sure_it_is_and_at_which_temperature(page) -> None:
    app = page(task="text-classification", model="embedded:sentiment", text=GOOD, temperature="3.0")
    assert not app.exception and app.slider(key="logits-temperature").value == 3.0
    said = texts(app)
    assert "At temperature 3" in said and {metric.label for metric in app.metric} == {"Margin", "Entropy", "Tokens read"}
    warm = float(app.metric[0].value)
    app.slider(key="logits-temperature").set_value(1.0).run()
    assert float(app.metric[0].value) > warm and "temperature" not in app.query_params
    frame = app.dataframe[0].value
    assert frame["Probability"].sum() == pytest.approx(1) and list(frame["Label"]) == ["positive", "negative"]


def test_several_labels_are_held_against_their_thresholds(page) -> None:
    app = page(task="text-classification", model="embedded:emotions", text="Thank you so much!")
    assert not app.exception and "gratitude" in texts(app)
    assert {"Label", "Logit", "Probability", "Predicted from"} == set(app.dataframe[0].value.columns)


def test_models_with_other_labels_are_not_drawn_side_by_side(page) -> None:
    app = page(task="text-classification", model="embedded:sentiment", text=GOOD, tab="another-model", other="embedded:emotions")
    assert not app.exception and app.selectbox(key="logits-other").value == "embedded:emotions"
    assert any("different labels" in str(info.value) for info in app.info)
    charts_drawn = len(app.get("plotly_chart"))
    saved = [button.label for button in app.get("download_button")]
    app.selectbox(key="logits-other").set_value(None).run()
    assert saved == ["Numbers as CSV"] and "other" not in app.query_params and charts_drawn == 2 and not app.get("plotly_chart")


def test_several_texts_become_a_map(page, reviews) -> None:
    app = page(task="text-classification", model="embedded:sentiment", text=GOOD, tab="several-texts")
    assert not app.exception and "shown beside each other" in texts(app)
    app.text_area(key="logits-texts").set_value("Broke after a day\n\n<b>Fine</b>").run()
    assert not app.exception
    frame = app.dataframe[-1].value
    assert list(frame["Text"]) == [GOOD, "Broke after a day", "<b>Fine</b>"] and list(frame["Answer"])[:2] == ["positive", "negative"]
    next(button for button in app.button if button.label.startswith("Add 10 rows")).click().run()
    assert not app.exception and len(app.text_area(key="logits-texts").value.splitlines()) == 2 + 4
    lines = app.text_area(key="logits-texts").value.splitlines()
    assert app.query_params["line"] == lines
    again = page(task="text-classification", model="embedded:sentiment", text=GOOD, tab="several-texts", line=lines)
    assert again.text_area(key="logits-texts").value.splitlines() == lines and len(again.dataframe[-1].value) == 7


def test_a_model_that_is_not_here_is_never_downloaded_by_the_page(page, monkeypatch: pytest.MonkeyPatch) -> None:
    def downloads(*_: Any, **__: Any) -> None:
        raise AssertionError("the page downloads")

    monkeypatch.setattr("core.hub.download", downloads)
    monkeypatch.setattr("core.hub.model_facts", downloads)
    wanted = "distilbert/distilbert-base-uncased-finetuned-sst-2-english"
    app = page(task="text-classification", model=wanted, text=GOOD)
    assert not app.exception and not app.error and "Needs the Hub: distilbert\\-sst2" in texts(app)
    assert not any("etch" in button.label for button in app.button)
    (link,) = (one.proto for one in app.get("page_link") if "Fetch" in one.proto.label)
    assert link.page == "hub" and link.query_string == f"repo={quote(wanted, safe='')}"
    with pytest.raises(NotFound, match="Hub page"):
        looking.spec(Visit(Settings(), "local"), "text-classification", wanted, {"text": GOOD})
    base = ModelReference.parse("someone/a-base")
    monkeypatch.setattr(models, "hub_model", lambda settings, reference, owner: base)
    app = page(task="text-classification", model="embedded:sentiment", text=GOOD)
    assert not app.get("plotly_chart") and "the model that this adapter was tuned on" in texts(app)


def test_entities_and_where_aggregation_decided(page) -> None:
    text = "Zoe Baker of Volkswagenwerk met Oslovian poets :red[hm]"
    app = page(task="token-classification", model="embedded:entities", text=text)
    assert not app.exception and app.get("plotly_chart")
    assert "Zoe Baker" in list(app.dataframe[0].value["Text"])
    app.selectbox(key="logits-aggregation").set_value("simple").run()
    simple = app.dataframe[-1].value
    assert {"Word", "Pieces", "By first", "By average", "By max"} == set(simple.columns)
    app.selectbox(key="logits-aggregation").set_value("first").run()
    assert not app.exception and "aggregation" not in app.query_params, "whole words are what a run of this adapter gives"
    assert app.dataframe[-1].value["Why"].str.contains("first piece").all()
    markup = "\n".join(element.value for kind in (app.markdown, app.caption, app.info, app.warning) for element in kind)
    assert not re.search(r"(?<!\\):red\[hm", markup), "the user's words stay words; the command shows them as they are"


def test_an_answer_and_why_another_lost(page) -> None:
    context = "The old ferry was slow. In 1932 the bridge was opened, and a second lane followed in 1958."
    app = page(task="question-answering", model="embedded:answers", question="When was the bridge opened?", context=context)
    assert not app.exception and len(app.get("plotly_chart")) == 2
    assert [metric.label for metric in app.metric] == ["Score", "Lead over the next", "Lead over no answer"]
    best = app.dataframe[0].value["Answer"][0]
    assert best in context
    app.text_input(key="logits-wanted").set_value("keyboard").run()
    assert not app.exception and "does not have these words" in texts(app) and app.query_params["wanted"] == "keyboard"
    app.number_input(key="logits-longest").set_value(1).run()
    assert not app.exception and app.query_params["longest"] == "1"
    assert app.dataframe[1].value["Why"].str.contains("an answer has at most 1").any()


def test_an_edit_shows_the_words_and_what_moved(page) -> None:
    app = page(task="text-classification", model="embedded:sentiment", text=GOOD)
    app.toggle(key="logits-edit").set_value(True).run()
    assert not app.exception and "Change a word" in texts(app)
    app.text_area(key="edit-text").set_value("Awful, warm light").run()
    assert not app.exception and app.query_params["changed-text"] == "Awful, warm light"
    said = texts(app)
    assert "Lovely **removed**" in said.replace(":small[", "") and "Awful **added**" in said.replace(":small[", "")
    assert "before" in said and app.dataframe[-1].value["Logit moved by"].abs().max() > 0
    again = page(task="text-classification", model="embedded:sentiment", text=GOOD, **{"changed-text": "Awful, warm light"})
    assert again.toggle(key="logits-edit").value and again.text_area(key="edit-text").value == "Awful, warm light"
    app.text_area(key="look-text").set_value("Broke after a day").run()
    assert app.text_area(key="edit-text").value == "Broke after a day" and "changed-text" not in app.query_params


@pytest.mark.parametrize(
    ("parameters", "key", "edit"),
    [
        (
            {"task": "token-classification", "model": "embedded:entities", "text": "Zoe Baker lives in Oslo"},
            "edit-text",
            "Zoe Baker is here",
        ),
        (
            {
                "task": "question-answering",
                "model": "embedded:answers",
                "question": "When was it opened?",
                "context": "It was opened in 1932.",
            },
            "edit-context",
            "It was opened in 1958.",
        ),
    ],
)
def test_edits_of_other_tasks(page, parameters, key, edit) -> None:
    app = page(**parameters)
    app.toggle(key="logits-edit").set_value(True).run()
    app.text_area(key=key).set_value(edit).run()
    assert not app.exception
    said = texts(app)
    assert ("1 went" in said) if key == "edit-text" else ("1932 became 1958" in said)


def test_limits_of_a_look_are_said(page, monkeypatch, desk) -> None:
    app = page(task="text-classification", model="embedded:sentiment", text="good " * 600)
    assert not app.exception and any("did not fit" in str(warning.value) for warning in app.warning)
    app = page(task="text-classification", model="embedded:sentiment")
    app.text_area(key="look-text").set_value("x" * 60_000).run()
    assert not app.exception and any("max" in str(error.value) for error in app.error)
