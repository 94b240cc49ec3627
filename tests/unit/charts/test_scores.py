"""Scores of labels, heat maps, and spans of answers: the numbers drawn, the words beside them, no markup of users."""

from __future__ import annotations

import re

import numpy as np
import plotly.graph_objects as go
import pytest

from core import charts
from tests.unit.charts.test_charts import MARKUP, every_text, title

MANY = [f"label {number}" for number in range(40)]


def test_bars_are_in_order_and_named() -> None:
    figure = charts.label_scores(["bad", "good"], {"one": [0.1, 0.9]}, finding="good, 90 %", logits={"one": [-1.0, 1.2]})
    [bars] = figure.data
    assert list(bars.x) == [0.9, 0.1] and list(figure.layout.yaxis.ticktext) == ["good", "bad"]
    assert list(bars.text) == ["90.0%", "10.0%"] and bars.customdata[0][2] == "1.200"
    assert title(figure) == "good, 90 %" and charts.alt_text(figure) == "Bar chart of a score for each label. one: good 90.0%, bad 10.0%."


def test_two_answers_have_bars_of_their_own_and_a_legend() -> None:
    figure = charts.label_scores(["bad", "good"], {"before": [0.1, 0.9], "after": [0.7, 0.3]}, finding="x")
    assert [list(bars.x) for bars in figure.data] == [[0.9, 0.1], [0.3, 0.7]] and figure.layout.showlegend
    assert figure.data[0].marker.pattern.shape != figure.data[1].marker.pattern.shape
    assert "after: good 30.0%, bad 70.0%" in charts.alt_text(figure)


def test_thresholds_are_marked_on_the_bar_of_their_label() -> None:
    figure = charts.label_scores(["a", "b"], {"one": [0.1, 0.9]}, finding="x", thresholds=[0.4, 0.6])
    assert list(figure.data[1].x) == [0.6, 0.4] and list(figure.data[1].customdata) == ["b", "a"]


def test_numbers_that_are_no_probabilities_have_room() -> None:
    figure = charts.label_scores(["stars"], {"one": [-3.2]}, finding="x", probability=False)
    low, high = figure.layout.xaxis.range
    assert low < -3.2 and high == 0 and figure.layout.xaxis.title.text == "Output"


def test_small_probabilities_may_end_the_axis() -> None:
    figure = charts.label_scores(["a", "b"], {"one": [0.01, 0.002]}, finding="a", whole=False)
    assert figure.layout.xaxis.range[1] < 0.02 and figure.layout.xaxis.tickformat == ".2%"
    assert charts.label_scores(["a", "b"], {"one": [0.01, 0.002]}, finding="a").layout.xaxis.range[1] > 1


def test_of_many_labels_the_likeliest_are_drawn_and_the_rest_counted() -> None:
    figure = charts.label_scores(MANY, {"one": list(np.linspace(0, 1, 40))}, finding="x")
    assert len(figure.data[0].x) == 20 and "Another 20 labels" in charts.alt_text(figure)
    heat = charts.label_heat(["text"], MANY, [np.linspace(0, 1, 40)], finding="x")
    assert len(heat.layout.xaxis.ticktext) == 12 and "28 labels" in charts.alt_text(heat)


def test_a_heat_map_holds_every_line() -> None:
    figure = charts.label_heat(["one", "two"], ["a", "b"], [[0.2, 0.8], [1.0, 0.0]], finding="x")
    assert figure.data[0].z.tolist() == [[0.2, 0.8], [1.0, 0.0]] and list(figure.layout.yaxis.ticktext) == ["one", "two"]
    assert list(figure.data[0].text[0]) == ["20%", "80%"]
    assert "one: b 80%; two: a 100%" in charts.alt_text(figure)
    assert charts.label_heat([], ["a"], np.zeros((0, 1)), finding="x").data


def test_logits_over_tokens_shade_the_answer() -> None:
    figure = charts.answer_logits(["a", "b", "c"], [0.0, 3.0, 1.0], [0.0, 1.0, 4.0], finding="x", span=(1, 2))
    assert [trace.name for trace in figure.data] == ["start of the answer", "end of the answer"]
    assert (figure.layout.shapes[0].x0, figure.layout.shapes[0].x1) == (0.5, 2.5)
    assert "start logit highest at b (3.00) and end logit highest at c (4.00)" in charts.alt_text(figure)
    assert len({trace.line.dash for trace in figure.data}) == 2


def test_the_matrix_crosses_out_what_cannot_be() -> None:
    figure = charts.span_matrix(["a", "b"], ["a", "b"], [[1.0, 5.0], [2.0, 3.0]], [["", ""], ["ends before it begins", ""]], finding="x")
    heat, crosses = figure.data
    assert list(heat.z[0]) == [1.0, 5.0]
    assert heat.z[1][0] is None or np.isnan(heat.z[1][0])
    assert (list(crosses.x), list(crosses.y)) == ([0], [1]) and crosses.customdata[0][2] == "ends before it begins"
    near = charts.span_matrix(["a"], ["a"], [[-0.04]], [[""]], finding="x")
    assert near.data[0].text[0][0] == "0.0", "no minus before a nought"
    assert "1 spans cannot be answers" in charts.alt_text(figure) and "a … b 5.00" in charts.alt_text(figure)


def drawn_of(text: str) -> list[go.Figure]:
    return [
        charts.label_scores([text, "x"], {text: [0.5, 0.5], "other": [0.1, 0.9]}, finding=text, thresholds=[0.5, 0.5]),
        charts.label_heat([text], [text, "x"], [[0.5, 0.5]], finding=text, hover=[text]),
        charts.answer_logits([text, "x"], [0.0, 1.0], [1.0, 0.0], finding=text),
        charts.span_matrix([text], [text], [[1.0]], [[""]], finding=text, texts=[[text]]),
    ]


@pytest.mark.parametrize("nasty", MARKUP)
def test_texts_of_users_are_never_markup(nasty) -> None:
    for figure, plain in zip(drawn_of(nasty), drawn_of("plain"), strict=True):
        for text in every_text(figure):
            assert not re.search(r"<(?!br>)|\$", text), text
        assert [trace.hovertemplate for trace in figure.data] == [trace.hovertemplate for trace in plain.data]
