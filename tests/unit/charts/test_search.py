"""Charts of a search say what mattered and where the best is."""

from __future__ import annotations

import pytest

from core.charts import alt_text, search_dial, search_importance


@pytest.mark.parametrize(
    ("shares", "finding"),
    [
        ({"learning_rate": 0.62, "rank": 0.1}, "learning_rate mattered most: it explains 62\u00a0% of the differences"),
        ({"rank": 0.05, "learning_rate": 0.0}, "No dial stands out: the differences may be chance"),
        ({}, "Too few trials to say what mattered"),
    ],
)
def test_the_title_says_what_mattered(shares: dict, finding: str) -> None:
    figure = search_importance(shares)
    assert figure.layout.title.text.replace("<br>", " ") == finding
    assert finding.replace("\u00a0", " ") in alt_text(figure) and list(figure.data[0].x) == list(shares.values())


def test_the_best_trial_is_a_star_on_an_axis_by_factors() -> None:
    figure = search_dial("learning_rate", [1e-4, 1e-3, 3e-3], [0.5, 0.9, 0.8], measure="quality", best=1)
    assert list(figure.data[0].marker.symbol) == ["circle", "star", "circle"] and figure.layout.xaxis.type == "log"
    assert figure.layout.title.text == "learning_rate: best at 0.001" and "0.003 0.8000" in alt_text(figure)
    assert search_dial("rank", [4, 8, 16], [1, 2, 3], measure="quality", best=0).layout.xaxis.type is None
    assert search_dial("dropout", [0.0, 0.5], [1, 2], measure="quality", best=0).layout.xaxis.type is None


def test_values_that_were_drawn_by_factors_have_such_an_axis_however_near_they_are() -> None:
    near = search_dial("Learning rate", [8e-4, 1.8e-3, 3e-3], [1, 2, 3], measure="Accuracy", best=1, by_factors=True)
    assert near.layout.xaxis.type == "log" and list(near.layout.xaxis.ticktext) == ["0.001", "0.002", "0.003"]
    same = search_dial("Rank", [4, 4], [1, 2], measure="Accuracy", best=1, by_factors=True)
    assert list(same.layout.xaxis.ticktext) == ["4"]
    assert near.layout.xaxis.title.text == "Learning rate" and near.layout.title.text == "Learning rate: best at 0.0018"
    far = search_dial("Learning rate", [1e-4, 1e-2], [1, 2], measure="Accuracy", best=1, by_factors=False)
    assert far.layout.xaxis.type is None


def test_values_that_are_no_numbers_have_places() -> None:
    values = [None, True, ["query", "value"], [], "<b>cosine"]
    figure = search_dial("mixed", [*values, None], [1, 2, 3, 4, 5, 6], measure="loss", best=5)
    assert list(figure.data[0].x) == [0, 1, 2, 3, 4, 0]
    assert list(figure.layout.xaxis.ticktext) == ["none", "yes", "query, value", "all", "&lt;b&gt;cosine"]
