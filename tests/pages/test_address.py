"""What of a result is on screen is in the address, and an address that says nonsense is answered in words."""

from __future__ import annotations

import pytest

from pages.parts import address
from pages.parts.tabs import tab_label
from tests.pages.conftest import texts

PAGE = "inference/batch"


def said(app) -> dict[str, list[str]]:
    """What the address says beside the run."""
    return {name: [found] if isinstance(found, str) else list(found) for name, found in app.query_params.items() if name != "run"}


def everything(app) -> str:
    return texts(app).replace("\\", "").replace("\u2060", "")


def test_what_is_chosen_is_in_the_address_and_opens_the_same_view(open_page, finished, monkeypatch):
    app = open_page(PAGE, run=finished.id)
    assert said(app) == {}
    app.text_input(key="q").set_value("e").run()
    app.multiselect(key="labels").set_value([0]).run()
    app.selectbox(key="state").set_value("scored").run()
    app.slider(key="confidence").set_value((0.5, 0.9)).run()
    app.selectbox(key="filter-column").set_value(1).run()
    app.multiselect(key="filter-values-1").set_value([0]).run()
    app.selectbox(key="order").set_value(2).run()
    app.checkbox(key="descending").check().run()
    rows = app.dataframe[0].value
    address_now = said(app)
    value = rows["product"].iloc[0]
    assert address_now == {
        "q": ["e"],
        "label": ["negative"],
        "state": ["scored"],
        "confidence": ["0.50-0.90"],
        "column": ["product"],
        "value": [value],
        "order": ["review"],
        "desc": ["yes"],
    }
    monkeypatch.setattr("pages.parts.workspace.current", lambda settings: "w-another")
    other = open_page(PAGE, run=finished.id, **{name: found if len(found) > 1 else found[0] for name, found in address_now.items()})
    assert not other.exception
    assert other.dataframe[0].value.equals(rows)
    assert len(rows) < 5
    assert said(other) == address_now


def test_what_is_taken_back_leaves_the_address(open_page, finished):
    app = open_page(PAGE, run=finished.id, q="BROKE", state="scored", column="product", value="Lamp")
    assert app.dataframe[0].value["Row"].tolist() == [2]
    app.text_input(key="q").set_value("").run()
    app.selectbox(key="state").set_value("all").run()
    app.selectbox(key="filter-column").set_value(None).run()
    assert said(app) == {}
    assert len(app.dataframe[0].value) == 5


def test_a_value_belongs_to_its_column(open_page, finished):
    app = open_page(PAGE, run=finished.id, column="product", value="Lamp")
    app.selectbox(key="filter-column").set_value(3).run()
    assert said(app) == {"column": ["mine"]}
    assert app.info == []


def test_blank_cells_can_be_shared(open_page, finished):
    app = open_page(PAGE, run=finished.id, column="review", value="")
    assert app.dataframe[0].value["Row"].tolist() == [4]


def test_the_open_tab_and_its_choice_are_in_the_address(open_page, finished):
    app = open_page(PAGE, run=finished.id, tab="breakdown", by="mine")
    assert app.selectbox(key="by").value == 3
    assert said(app) == {"tab": ["breakdown"], "by": ["mine"]}
    app.session_state["view"] = tab_label("Over time")
    app.run()
    assert said(app)["tab"] == ["over-time"]
    app.session_state["view"] = tab_label("Rows")
    app.run()
    assert "tab" not in said(app)


def test_filters_stay_while_another_tab_is_open(open_page, finished):
    app = open_page(PAGE, run=finished.id)
    app.text_input(key="q").set_value("BROKE").run()
    app.session_state["view"] = tab_label("Confidence")
    app.run().run()
    assert said(app) == {"q": ["BROKE"], "tab": ["confidence"]}
    app.session_state["view"] = tab_label("Rows")
    app.run()
    assert app.dataframe[0].value["Row"].tolist() == [2]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tab", "<b>x</b>"),
        ("label", "neutral"),
        ("state", "running"),
        ("confidence", "0.9-0.1"),
        ("confidence", "nan-nan"),
        ("confidence", "high"),
        ("differs", "perhaps"),
        ("column", "prediction"),
        ("order", "no such column"),
        ("page", "99"),
        ("page", "-1"),
        ("page", "²"),
        ("by", "x"),
    ],
)
def test_nonsense_is_left_out_with_a_sentence(open_page, finished, name, value):
    extra = {"tab": "breakdown"} if name == "by" else {}
    app = open_page(PAGE, run=finished.id, **{name: value}, **extra)
    assert not app.exception
    assert [info.value.count("fits nothing in this result") for info in app.info] == [1]
    assert f"{name}={value}" in "".join(info.value for info in app.info).replace("\\", "").replace("\u2060", "")
    if name != "by":
        assert len(app.dataframe[0].value) == 5
        app.text_input(key="q").set_value("BROKE").run()
        assert app.info == []
        assert said(app) == {"q": ["BROKE"]}


def test_another_run_starts_without_the_filters_of_the_one_before(open_page, settings, finished):
    app = open_page(PAGE, run=finished.id, q="BROKE")
    before, _, values = app.session_state[address._BEFORE]
    app.session_state[address._BEFORE] = ("f" * 16, {}, values)
    del app.query_params["q"]
    app.run()
    assert before == finished.id
    assert len(app.dataframe[0].value) == 5


def test_a_step_back_in_the_browser_takes_the_address_at_its_word(open_page, finished):
    app = open_page(PAGE, run=finished.id)
    app.text_input(key="q").set_value("BROKE").run()
    del app.query_params["q"]
    app.run()
    assert len(app.dataframe[0].value) == 5


def test_what_is_too_long_for_an_address_is_said(open_page, finished):
    app = open_page(PAGE, run=finished.id)
    app.text_input(key="q").set_value("x" * (address.LONGEST + 1)).run()
    app.run()
    assert said(app) == {}
    assert "too long for an address" in "".join(info.value for info in app.info)
