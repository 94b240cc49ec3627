"""Bars of what moved a number."""

from __future__ import annotations

import pytest

from core import charts

TEXTS = ["the", "screen", "broke", "the", "<b>x</b>"]
VALUES = [0.1, 0.5, -2.0, -0.3, 0.0]


def bars(figure) -> dict[int, float]:
    return {place: value for trace in figure.data for place, value in zip(trace.y, trace.x, strict=True)}


def test_the_strongest_word_comes_first_and_each_side_has_its_own_trace() -> None:
    figure = charts.attribution_bars(TEXTS, VALUES, what="logit of good")
    assert bars(figure) == {0: -2.0, 1: 0.5, 2: -0.3, 3: 0.1, 4: 0.0}
    raises, lowers = figure.data
    assert (raises.name, lowers.name) == ("raises it", "lowers it") and list(lowers.x) == [-2.0, -0.3]
    assert raises.marker.pattern.shape != lowers.marker.pattern.shape, "told apart without colour"
    assert list(lowers.text) == ["−2", "−0.3"] and list(raises.text)[:1] == ["+0.5"], "each bar says its sign"
    low, high = figure.layout.xaxis.range
    assert low < -2.0 and high > 0.5


def test_the_title_is_the_finding_and_the_alternative_names_the_words() -> None:
    figure = charts.attribution_bars(TEXTS, VALUES, what="logit of good")
    title = figure.layout.title.text.replace("<br>", " ")
    assert title == "“screen” raises the logit of good most, “broke” lowers it most"
    alt = charts.alt_text(figure)
    assert "broke −2" in alt and "<b>x</b> +0" in alt
    alone = charts.attribution_bars(["a"], [-1.0], what="logit of good").layout.title.text.replace("<br>", " ")
    assert alone == "“a” lowers the logit of good most"
    twice = charts.attribution_bars(["a", "b", "a"], [-1.0, 0.5, 2.0], what="score").layout.title.text.replace("<br>", " ")
    assert twice == "“a” (3) raises the score most, “a” (1) lowers it most"
    assert charts.attribution_bars(["a"], [0.0], what="score").layout.title.text == "No word moves the score"


def test_words_of_users_are_no_markup_and_equal_words_are_told_apart() -> None:
    figure = charts.attribution_bars(TEXTS, VALUES, what="<i>x</i>")
    assert list(figure.layout.yaxis.ticktext) == ["broke", "screen", "the (4)", "the (1)", "&lt;b&gt;x&lt;/b&gt;"]
    hovers = [text for trace in figure.data for text, _ in trace.customdata]
    assert "the, word 4 of 5" in hovers and all("<b>" not in hover for hover in hovers)
    assert "<i>" not in figure.layout.title.text


def test_only_the_strongest_are_drawn_and_the_rest_is_said() -> None:
    figure = charts.attribution_bars([f"w{place}" for place in range(40)], range(40), what="number", most=10)
    assert sum(len(trace.x) for trace in figure.data) == 10 and "other 30 words" in charts.alt_text(figure)


def test_standard_errors_are_whiskers_within_the_axis() -> None:
    figure = charts.attribution_bars(["a", "b"], [1.0, -1.0], what="number", errors=[0.5, 3.0])
    assert [list(trace.error_x.array) for trace in figure.data] == [[0.5], [3.0]]
    assert figure.layout.xaxis.range[0] < -4.0 and figure.data[0].text[0] == "+1 ± 0.5"


@pytest.mark.parametrize("texts", [[], ["only"]])
def test_few_words_are_no_trouble(texts: list[str]) -> None:
    assert charts.attribution_bars(texts, [0.0] * len(texts), what="number").layout.height > 0
