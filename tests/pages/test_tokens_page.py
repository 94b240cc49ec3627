"""The page of tokens over the real tokenizers, asked in this process."""

from __future__ import annotations

import re
import threading

import pytest

from core.inspect.tokens import TextTokens
from core.live.questions import Desk
from core.settings import Settings
from pages.parts.tokens import marks
from tests.pages.conftest import texts
from tests.pages.test_finetune_view import unescaped

pytestmark = pytest.mark.model
PAGE = "inspect/tokens"


@pytest.fixture
def opened(settings, open_page, monkeypatch):
    """Opens the page; the warm process is a desk of this one."""
    desk = Desk(settings)
    monkeypatch.setattr("core.live.LiveClient.ask", lambda self, question, payload, timeout=None: desk.answer(question, payload))
    monkeypatch.setattr("pages.parts.tokens.counting.WAIT_SECONDS", 60)

    def page(**parameters: str):
        app = open_page(PAGE, **parameters)
        assert not app.exception, app.exception
        return app

    return page


def tokens_of(app) -> list[str]:
    return [unescaped(button.label) for button in app.button if str(button.key).startswith("token-0-")]


def press(app, key: str):
    return next(button for button in app.button if button.key == key).click().run()


def test_a_typed_text_is_coloured_pressed_and_explained(opened) -> None:
    app = opened(text="Hello, naïve ☃\n[SEP]")
    labels = tokens_of(app)
    assert labels[0] == ":violet-badge[[CLS]]" and labels[1].startswith(":") and "-background[Hello]" in labels[1]
    assert ":red-background[☃ :small[**unknown**]]:gray[↵]" in labels
    assert any("[SEP] :small[**control**]" in label for label in labels)
    said = unescaped(texts(app))
    assert "BertTokenizer, fast · WordPiece · 30,522 entries · its model reads 256 tokens" in said
    assert "The text itself spells 1 control token" in said and "Press a token" in said
    assert [tile.value for tile in app.metric] == ["7", "1.25", "20.0%", "0"]
    press(app, "token-0-3")
    said = unescaped(texts(app))
    assert "**naive** · id 15743 · whole word · token 3, characters 7 to 11, word 2" in said
    assert "The model reads it as 'naive'" in said and app.query_params["token"] == "3"
    frame = app.dataframe[0].value
    assert frame["id"].tolist()[:4] == [101, 7592, 1010, 15743] and len(frame) == 7


def test_the_address_reopens_the_pick(opened) -> None:
    app = opened(text="Hello, naïve", token="1", model="embedded:sentiment")
    assert "id 7592" in unescaped(texts(app)) and "its model reads 512 tokens" in unescaped(texts(app))


def test_two_tokenizers_stand_side_by_side(opened) -> None:
    app = opened(text="Hello")
    app.multiselect(key="token-models").set_value(["embedded:minilm", "embedded:sentiment"]).run()
    assert not app.exception and app.query_params["model"] == ["embedded:minilm", "embedded:sentiment"]
    assert "Side by side" in [head.value for head in app.subheader] and len(app.get("plotly_chart")) == 1
    beside = next(frame.value for frame in app.dataframe if "Cost ratio" in frame.value.columns)
    assert beside["Cost ratio"].tolist() == [1.0, 1.0] and beside["Pieces per word"].tolist() == [1.0, 1.0]


def test_a_tokenizer_in_python_says_how_it_found_its_places(opened) -> None:
    app = opened(**{"text": "☃a a", "class": "BertTokenizerLegacy"})
    assert "found by alignment" in unescaped(texts(app)) and "in Python" in unescaped(texts(app))


def test_a_model_that_is_none_says_so(opened) -> None:
    app = opened(model="local:nowhere")
    assert "local:nowhere" in unescaped(texts(app)) and not tokens_of(app)
    app = opened(model="../etc/passwd")
    assert "which fits nothing" in unescaped(texts(app)) and tokens_of(app)


def test_markup_of_a_text_is_shown_as_it_is(opened) -> None:
    app = opened(text="<img src=x onerror=alert(1)> :red[x] **b** $a$ ![](http://canary) א", token="1")
    labels = [button.label for button in app.button if str(button.key).startswith("token-0-")]
    assert len(labels) == 42 and ":blue-background[\\<]" in labels
    drawn = [*labels, *(element.value for kind in (app.markdown, app.caption) for element in kind)]
    assert any("א" in text and "canary" in text for text in drawn), "letters from the right: the whole text is drawn once more"
    assert not [text for text in drawn if re.search(r"(?<!\\)[<>$!`]|:red\[|http:", text)]
    assert not [text for text in labels if re.search(r"(?<!\\)\*", text)]


def test_page_tokens(opened, monkeypatch) -> None:
    monkeypatch.setenv("SHEETFORMER_PAGE_TOKENS", "5")
    app = opened(text="one two three four five six seven")
    assert len(tokens_of(app)) == 5 and "Tokens 1 to 5 of 9." in unescaped(texts(app))


def test_a_row_and_a_column_of_a_table(opened, reviews) -> None:
    app = opened(**{"from": "row", "table": reviews.id, "column": "review", "row": "2"})
    assert any("Bro" in label for label in tokens_of(app)) and app.query_params["row"] == "2"
    app = opened(**{"tab": "column", "table": reviews.id, "column": "review"})
    said = unescaped(texts(app))
    assert "No row is cut" in said and "1 blank row left out" in said
    assert [tile.value for tile in app.metric][:1] == ["4"] and [tile.value for tile in app.metric][3:] == ["0", "0"]
    heads = [head.value for head in app.subheader]
    assert heads == ["Longest rows", "Rarest tokens"]
    assert app.dataframe[0].value["Row"].tolist()[0] == 3 and len(app.get("download_button")) == 3
    command = app.code[-1].value
    assert command == "python -m core tokens --model embedded:minilm reviews.csv --text review"


def test_a_long_column_says_how_far_it_is_and_can_be_stopped(opened, reviews, monkeypatch) -> None:
    monkeypatch.setenv("SHEETFORMER_TOKEN_PART_SECONDS", "0")
    asked, allowed, desk = threading.Semaphore(0), threading.Semaphore(0), Desk(Settings())

    def ask(self, question, payload, timeout=None):
        if payload["view"] == "column_part":
            asked.release()
            assert allowed.acquire(timeout=60)
        return desk.answer(question, payload)

    monkeypatch.setattr("core.live.LiveClient.ask", ask)
    monkeypatch.setattr("core.inspect.tokens.column.WINDOW_ROWS", 2)
    monkeypatch.setattr("pages.parts.tokens.counting.WAIT_SECONDS", 0)
    where = {"tab": "column", "table": reviews.id, "column": "review"}
    app = opened(**where)
    assert asked.acquire(timeout=60) and "counting goes on" in unescaped(texts(app)) and not app.dataframe
    press(app, "stop-count-embedded:minilm")
    allowed.release()
    monkeypatch.setattr("pages.parts.tokens.counting.WAIT_SECONDS", 60)
    app.run()
    said = unescaped(texts(app))
    assert "stopped after 2 of 5 rows" in said and "the first 2 of 5 rows" in said
    allowed.release(9)
    press(app, "go-on-count-embedded:minilm")
    assert [tile.value for tile in app.metric][:1] == ["4"] and "stopped" not in unescaped(texts(app))


def test_all_rows_are_counted_where_that_is_wanted(opened, reviews, monkeypatch) -> None:
    monkeypatch.setenv("SHEETFORMER_TOKEN_ROWS", "2")
    desk = Desk(Settings())
    monkeypatch.setattr("core.live.LiveClient.ask", lambda self, question, payload, timeout=None: desk.answer(question, payload))
    app = opened(**{"tab": "column", "table": reviews.id, "column": "review"})
    assert "2 of 5 rows, spread evenly" in unescaped(texts(app))
    app.toggle(key="token-every").set_value(True).run()
    assert not app.exception and app.query_params["rows"] in ("all", ["all"]) and "spread evenly" not in unescaped(texts(app))
    assert app.metric[0].value == "4" and app.code[-1].value.endswith("--every-row")


def test_a_long_row_is_opened_token_by_token(opened, reviews) -> None:
    app = opened(**{"tab": "column", "table": reviews.id, "column": "review"})
    app.session_state["token-longest"] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    app.run()
    row = app.dataframe[0].value["Row"].tolist()[1]
    press(app, "token-open")
    assert not app.exception and tokens_of(app) and app.query_params["row"] == str(row) and "tab" not in app.query_params


def test_without_a_table_the_sample_is_offered(opened) -> None:
    app = opened(tab="column")
    assert any(button.label == "Use the sample" for button in app.button)


def test_the_vocabulary_is_searched(opened) -> None:
    app = opened(tab="vocabulary", q="hugging")
    assert "1 entry matches" in unescaped(texts(app)) and app.dataframe[0].value["Id"].tolist() == [17662]
    app.text_input(key="vocabulary-query").set_value("izer").run()
    app.selectbox(key="vocabulary-way").set_value("exact").run()
    assert app.dataframe[0].value["Entry"].tolist() == ["##izer"] and app.query_params["way"] == "exact"
    app.text_input(key="vocabulary-query").set_value("no such entry").run()
    assert "read in pieces" in unescaped(texts(app)) and not app.dataframe


def test_a_chat_template_is_rendered_and_a_hostile_one_refused(opened, monkeypatch) -> None:
    monkeypatch.setenv("SHEETFORMER_CHAT_SECONDS", "60")
    app = opened(tab="chat-template")
    said = unescaped(texts(app))
    assert "no chat template" in said and "<|im_start|>user" in said and "of them by the template" in said
    app = opened(tab="chat-template", template="own", source="{{ messages[0].content.__class__.__mro__ }}")
    assert "SecurityError" in unescaped(texts(app))


def test_marks_show_every_character() -> None:
    assert unescaped(marks.marks("a b\tc\n")) == "a·b→c↵"
    assert marks.marks("\u0301").startswith("◌") and "U+202E" in unescaped(marks.marks("\u202e"))
    assert marks.reads_from_right("שלום") and not marks.reads_from_right("hello")


def test_every_stretch_is_drawn_once_and_in_order(settings, tmp_path) -> None:
    text = "  Hello ☃\n\n naïve שלום\u200d [SEP] "
    asked = {"model": "embedded:minilm", "view": "text", "arguments": {"text": text}}
    found = TextTokens.model_validate(Desk(settings).answer("tokens", asked))
    lines = marks.in_lines(found, 0, len(found.tokens))
    drawn, places = "", []
    for line in lines:
        for item, after in line:
            drawn += (found.text[item.start : item.end] if hasattr(item, "tokens") else "") + after
            places += item.tokens if hasattr(item, "tokens") else [item.place]
    assert drawn == text and places == [token.place for token in found.tokens]
    halves = [[item for line in marks.in_lines(found, *part) for item in line] for part in ((0, 3), (3, 99))]
    assert sum(map(len, halves)) == sum(map(len, lines))
