"""The Logits page of models that write: tokens, branches, layers, gaps, steps and beams, over tiny models asked in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core import models
from core.live import LiveClient
from core.live.questions import Desk
from core.settings import Settings
from tests.pages.conftest import texts
from tests.tiny_models import tiny

TEXT = "the film was very good"
MADE = {
    "one": ("llama", "AutoModelForCausalLM", 0),
    "two": ("mamba", "AutoModelForCausalLM", 1),
    "gaps": ("bert", "AutoModelForMaskedLM", 0),
    "writer": ("bart", "AutoModelForSeq2SeqLM", 0),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("roots")
    for name, (family, auto_class, seed) in MADE.items():
        tiny(root / name, family, auto_class, seed=seed)
    return root


@pytest.fixture
def page(settings: Settings, root: Path, open_page: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Opens the Logits page with local models registered."""
    monkeypatch.setenv("SHEETFORMER_MODEL_ROOTS", str(root))
    own = Settings()
    for name in MADE:
        models.add_local(own, root / name, name)
    desk = Desk(own)
    monkeypatch.setattr(LiveClient, "ask", lambda self, question, payload, timeout=None: desk.answer(question, payload))
    return lambda **parameters: open_page("inspect/logits", **parameters)


@pytest.fixture
def causal(page: Callable[..., Any]) -> Callable[..., Any]:
    return lambda **parameters: page(task="text-generation", model="local:one", prompt=TEXT, **parameters)


def figures(app: Any) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def strip_of(app: Any, number: int = 0) -> dict[str, Any]:
    return figures(app)[number]["data"][0]


def said(app: Any, name: str) -> str:
    """A parameter of the address."""
    value = app.query_params[name]
    return value if isinstance(value, str) else value[-1]


def words(app: Any) -> str:
    """What the page says, without what keeps Markdown from reading it."""
    return texts(app).replace("\\", "").replace("\u2060", "").replace("\xa0", " ")


def press(app: Any, label: str) -> Any:
    next(button for button in app.button if button.label == label).click().run()
    return app


def test_a_text_is_shown_as_a_strip_with_its_perplexity(causal) -> None:
    app = causal()
    assert not app.exception and not app.error
    assert [metric.label for metric in app.metric] == ["Perplexity", "Bits per token", "Bits per character", "Tokens"]
    strip = strip_of(app)
    assert [name.split("<br>")[0].replace("<b><u>", "").replace("</u></b>", "") for name in strip["text"]][1:4] == [
        "\u2423the",
        "\u2423film",
        "\u2423was",
    ]
    assert len(app.metric) and app.metric[3].value == str(len(strip["text"]))
    assert "was most surprised by" in words(app)
    assert any(button.label == "Numbers as CSV" for button in app.get("download_button"))


def test_a_token_is_chosen_by_the_box_or_the_address(causal) -> None:
    app = causal(token="3")
    assert app.selectbox(key="logits-token").value == 3 and "Token 3:" in words(app)
    app.selectbox(key="logits-token").select(2).run()
    assert said(app, "token") == "2" and "Token 2:" in words(app)
    app.selectbox(key="logits-token").select(len(strip_of(app)["text"])).run()
    assert not app.exception and "Behind the text:" in words(app)
    app.selectbox(key="logits-token").select(0).run()
    assert not app.exception and "Nothing stands before this token" in words(app)


def test_a_click_in_the_strip_chooses_its_token(causal) -> None:
    from streamlit.typing import PlotlyState

    from pages.parts.logits import causal as logits_causal

    app = causal()
    places = [data[0] for data in strip_of(app)["customdata"]]
    assert places == list(range(len(places)))
    point = {"point_index": 2, "customdata": [2]}
    state = {"logits-strip": PlotlyState(selection={"points": [point], "point_indices": [2], "box": [], "lasso": []})}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logits_causal.st, "session_state", state)
        logits_causal.take_clicked("logits-strip", "logits-token")
        assert state["logits-token"] == 2
        state["logits-strip"] = PlotlyState(selection={"points": [], "point_indices": [], "box": [], "lasso": []})
        logits_causal.take_clicked("logits-strip", "logits-token")
        assert state["logits-token"] == 2, "a click beside the tokens changes nothing"


def test_a_branch_is_made_and_its_address_opens_it_again(causal) -> None:
    app = causal(token="3")
    other = app.selectbox(key="branch-token-3").options
    assert len(other) == 10 and "%" in other[0]
    app.number_input(key="branch-new").set_value(5).run()
    press(app, "Continue")
    assert not app.exception and not app.error
    made = said(app, "branch")
    place, token, new = made.split("-")
    assert (place, new) == ("3", "5") and len(figures(app)) == 3
    branch = strip_of(app, 2)
    assert branch["customdata"][0][0] == 3 and len(branch["text"]) <= 6
    assert "The branch was most surprised" in words(app)
    again = causal(token="3", branch=made)
    assert strip_of(again, 2)["text"] == branch["text"] and again.selectbox(key="branch-token-3").value == int(token)
    app.selectbox(key="branch-way").select("drawn").run()
    assert "branch" not in app.query_params and len(figures(app)) == 2, "other choices, nothing made yet"
    press(app, "Continue")
    assert said(app, "branch") == f"{made}-0"


def test_layers(causal) -> None:
    app = causal(part="layers", token="3")
    assert not app.exception and not app.error
    heat = figures(app)[1]
    assert heat["data"][0]["type"] == "heatmap" and heat["layout"]["yaxis"]["ticktext"] == ["embeddings", "layer 1", "layer 2"]
    app.number_input(key="lens-width").set_value(2).run()
    assert len(figures(app)[1]["layout"]["xaxis"]["ticktext"]) == 2 and said(app, "layers-of") == "2"
    again = causal(part="layers", token="3", **{"layers-of": "2", "from": "4"})
    assert not again.exception and again.number_input(key="lens-first-3").value == 4 and said(again, "from") == "4"
    assert len(figures(again)[1]["layout"]["xaxis"]["ticktext"]) == 2


def test_a_second_model(causal) -> None:
    app = causal(tab="another-model")
    assert not figures(app)
    app.selectbox(key="logits-other").select("local:two").run()
    assert not app.exception and not app.error
    assert said(app, "other") == "local:two" and len(figures(app)) == 3
    assert strip_of(app, 0)["text"] != strip_of(app, 1)["text"] and len(strip_of(app, 0)["text"]) == len(strip_of(app, 1)["text"])
    assert "bits per character under one" in words(app) and "token by token" in words(app)


def test_every_token_is_a_row(causal) -> None:
    app = causal(part="every-token")
    (frame,) = [element.value for element in app.dataframe]
    assert list(frame.columns)[:4] == ["Place", "Token", "Id", "Surprisal (bits)"] and len(frame) == len(strip_of(app)["text"])


def test_a_long_text_is_cut_and_drawn_in_pages(page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.parts.logits.causal.DRAWN", 4)
    app = page(task="text-generation", model="local:one", prompt="good film " * 60, token="0")
    assert not app.exception and "behind them were not read" in words(app)
    assert [data[0] for data in strip_of(app)["customdata"]] == [0, 1, 2, 3]
    app.selectbox(key="logits-token").select(9).run()
    assert [data[0] for data in strip_of(app)["customdata"]] == [8, 9, 10, 11], "the page with the chosen token comes up"


def test_gaps_and_words_of_the_users_own(page) -> None:
    app = page(task="fill-mask", model="local:gaps", text="the [MASK] was <mask>", targets="film, goodness", top="3")
    assert not app.exception and not app.error and len(figures(app)) == 2
    names = strip_of(app)["customdata"]
    assert len(names) == 5 and names[3][0].endswith("film") and names[4][0].endswith("goodness")
    assert "no single token of this model" in words(app) and "filled by itself" in words(app)
    app.number_input(key="mask-top").set_value(2).run()
    assert len(strip_of(app)["customdata"]) == 4 and said(app, "top") == "2"
    app.text_area(key="look-text").set_value("no gap here").run()
    assert not app.exception and "There is no gap" in app.error[0].value.replace("\\", "")


def test_steps_and_beams(page) -> None:
    app = page(task="text2text-generation", model="local:writer", text=TEXT, beams="3", new="6", part="beams")
    assert not app.exception and not app.error
    assert app.number_input(key="steps-beams").value == 3
    tree = figures(app)[1]
    assert {trace["name"] for trace in tree["data"]} >= {"the answer", "goes on", "ended", "dropped"}
    assert "Answer 1 of 3" in words(app) and len(app.dataframe[0].value) == 3
    app.number_input(key="steps-beam").set_value(2).run()
    assert "Answer 2 of 3" in words(app) and said(app, "beam") == "2"
    app.number_input(key="steps-beams").set_value(1).run()
    assert not app.exception and "The answer" in words(app) and ":gray[Beams]" not in [tab.label for tab in app.tabs]
    app.selectbox(key="logits-step").select(2).run()
    assert said(app, "step") == "2" and "Step 2:" in words(app)


def test_what_a_model_cannot_do_is_said(page) -> None:
    app = page(task="summarization", model="embedded:minilm", text="Books can be returned. The library opens at nine.")
    assert not app.exception and "chooses sentences" in "".join(error.value for error in app.error)
