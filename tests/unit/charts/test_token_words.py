"""Charts of tokens: the finding, every token reachable by place, nothing of a text read as markup."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from core import charts
from core.charts.surprisal import LINE, MOST_BITS
from core.charts.token_words import marked, percent, shade, width_of


def token(place: int, text: str, surprisal: float | None, **more: Any) -> dict[str, Any]:
    known = {"rank": None if surprisal is None else 2, "entropy": None if surprisal is None else 1.5}
    offered = [{"id": 7, "text": "\nx", "probability": 0.25}]
    return {
        "place": place,
        "id": 100 + place,
        "text": text,
        "special": False,
        "surprisal": surprisal,
        "alternatives": offered,
        **known,
        **more,
    }


TOKENS = [token(0, "<s>", None), token(1, " <b>Once</b>", 0.5, rank=1), token(2, "\n", 12.25), token(3, " $x$", 3.0)]


def test_the_strip_names_the_most_surprising_token() -> None:
    figure = charts.surprisal_strip(TOKENS, model="local:<i>m", perplexity=6.25, selected=3)
    bars = figure.data[0]
    assert "most surprised by" in figure.layout.title.text and "12.2 bits" in figure.layout.title.text.replace("<br>", " ")
    assert [data[0] for data in bars.customdata] == [0, 1, 2, 3]
    assert bars.text[1] == "\u2423&lt;b&gt;Once&lt;/b&gt;<br>0.5" and bars.text[2].startswith("\u23ce")
    assert bars.text[0].endswith("<br>–") and bars.text[3] == "<b><u>\u2423&#36;x&#36;</u></b><br>3.0"
    hover = bars.customdata[2][1]
    assert "id 102" in hover and "surprisal 12.25 bits" in hover and "rank 2" in hover and "\u23cex 25.0 %" in hover
    assert "no surprisal" in bars.customdata[0][1]
    assert "33 % of the tokens" in charts.alt_text(figure) and "perplexity 6.2" in charts.alt_text(figure)


def test_lines_of_the_strip_break_where_they_are_full_and_where_the_text_breaks() -> None:
    bars = charts.surprisal_strip(TOKENS, model="m", perplexity=None).data[0]
    assert list(bars.y) == [0, 0, 0, 1], "behind a line break a new line begins"
    many = charts.surprisal_strip([token(place, " word", 1.0) for place in range(40)], model="m", perplexity=None).data[0]
    assert max(many.y) > 3 and all(left + width <= LINE for left, width in zip(many.base, many.x, strict=True))
    for line in set(many.y):
        edges = [(left, left + width) for left, width, y in zip(many.base, many.x, many.y, strict=True) if y == line]
        assert all(end <= start for (_, end), (start, _) in pairwise(edges)), "cells do not overlap"


def test_colours_follow_the_surprisal_and_leave_the_middle_out() -> None:
    colours = charts.surprisal_strip(TOKENS, model="m", perplexity=None).data[0].marker.color
    assert colours[0] == 0 and colours[1] < colours[3] < colours[2] == 1
    assert shade(MOST_BITS * 9) == 1 and shade(-1) == 0
    places = [shade(step / 100) for step in range(101)]
    assert places == sorted(places) and not any(0.4 < place < 0.72 for place in places)


def test_texts_of_tokens() -> None:
    assert marked(" a\tb") == "\u2423a\u21e5b" and marked("") == "(blank)"
    assert (width_of("ab"), width_of("\u6f22"), width_of("e\u0301")) == (2, 2, 1)
    assert [percent(value) for value in (0.5, 0.0012, 1e-9, 0.0)] == ["50.0 %", "0.12 %", "under 0.01 %", "0.00 %"]


def test_two_models_differ_most_at_a_stretch() -> None:
    rows = [
        {"start": 0, "end": 2, "text": "ab", "one_bits": None, "two_bits": 3.0, "difference_bits": None},
        {"start": 2, "end": 4, "text": " c", "one_bits": 1.0, "two_bits": 9.0, "difference_bits": 8.0},
        {"start": 4, "end": 5, "text": "d", "one_bits": 2.0, "two_bits": 1.0, "difference_bits": -1.0},
    ]
    figure = charts.surprisal_pair(rows, names=("one", "two"))
    assert "8.0 bits more under two" in figure.layout.title.text.replace("<br>", " ")
    assert [list(bars.x) for bars in figure.data] == [[1.0, 2.0], [9.0, 1.0]]
    assert "No stretch" in charts.surprisal_pair(rows[:1], names=("one", "two")).layout.title.text
    steps = [{"text": "a", "step": 2, "one_bits": 1.0, "two_bits": 3.0, "difference_bits": 2.0}]
    figure = charts.surprisal_pair(steps, names=("one", "two"), link="in")
    assert "2.0 bits more in two" in figure.layout.title.text.replace("<br>", " ") and figure.data[0].customdata[0][1] == "step 2"


def test_the_lens_says_from_which_layer_the_answer_stands() -> None:
    def cell(number: int, **more: Any) -> dict[str, Any]:
        return {"id": number, "text": f" t{number}", "probability": 0.5, "surprisal": 2.0, "rank": 3, **more}

    layers = [
        {"name": "embeddings", "cells": [cell(1), cell(9)]},
        {"name": "layer 1", "cells": [cell(5), cell(8)]},
        {"name": "layer 2", "cells": [cell(5), cell(7, surprisal=None, rank=None)]},
    ]
    places = [{"place": 4, "id": 1, "text": " one"}, {"place": 5, "id": None, "text": ""}]
    figure = charts.lens_map(places, layers, model="m")
    heat = figure.data[0]
    assert "1 of 2 answers stand" in figure.layout.title.text.replace("<br>", " ")
    assert list(heat.text[1]) == ["\u2423t5", "\u2423t8"] and figure.layout.xaxis.ticktext == ("\u2423one", "(next)")
    assert "rank 3" in heat.customdata[0][0][0] and "behind the text" in heat.customdata[2][1][0]
    assert "from layer 1 on" in charts.alt_text(figure)


def test_bars_of_candidates_show_the_real_token_and_own_words() -> None:
    candidates = [{"id": 1, "text": " a", "probability": 0.5}, {"id": 2, "text": " b", "probability": 0.25}]
    real = {"id": 9, "text": " z", "probability": 0.001, "rank": 40}
    own = [{"id": 2, "word": "b", "probability": 0.25, "rank": 2}]
    figure = charts.token_bars(candidates, where="Gap 1", real=real, own=own)
    bars = figure.data[0]
    assert list(figure.layout.yaxis.ticktext) == ["1. \u2423a", "2. \u2423b", "40. \u2423z", "2. b"]
    assert bars.text[2] == "0.10 % · stands there" and bars.text[3].endswith("your word")
    assert list(bars.marker.pattern.shape) == ["", "", "", "/"], "own words are told apart without colour"
    assert "rank 40" in figure.layout.title.text
    assert charts.token_bars(candidates, where="Gap 1", real={**real, "id": 2}).data[0].text[1] == "25.0 % · stands there"
    assert "no token" in charts.token_bars([], where="Gap 1").layout.title.text


@pytest.mark.parametrize(("chosen", "said"), [(0, "led at each of its 2 steps"), (1, "as low as place 2")])
def test_the_tree_marks_ended_beams_and_the_way_of_an_answer(chosen: int, said: str) -> None:
    def node(step: int, slot: int, parent: int | None, state: str, answers: list[int]) -> dict[str, Any]:
        return {"step": step, "slot": slot, "id": 5, "text": " x", "parent": parent, "total": -1.5, "state": state, "answers": answers}

    nodes = [
        node(1, 0, None, "open", [0]),
        node(1, 1, None, "open", [1]),
        node(1, 2, None, "dropped", []),
        node(2, 0, 0, "ended", [0]),
        node(2, 1, 1, "open", [1]),
    ]
    figure = charts.beam_tree(nodes, chosen=chosen)
    traces = {trace.name: trace for trace in figure.data}
    assert said in figure.layout.title.text.replace("<br>", " ")
    assert [len(traces[name].x) for name in ("goes on", "ended", "dropped")] == [3, 1, 1]
    assert len({traces[name].marker.symbol for name in ("goes on", "ended", "dropped")}) == 3
    thick = next(trace for trace in figure.data if trace.mode == "lines" and trace.line.width == 4)
    assert list(thick.x) == ([0, 0, None] if chosen == 0 else [1, 1, None])
    assert "ended here; on the way to answer 1" in traces["ended"].customdata[0][4]
    assert "cumulated log-probability" in traces["ended"].hovertemplate
    late = charts.beam_tree(nodes, chosen=chosen, first=2, steps=1)
    assert sum(len(trace.x) for trace in late.data if trace.mode != "lines") == 2
