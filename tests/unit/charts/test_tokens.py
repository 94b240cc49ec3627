"""Pictures of tokens: the limit stands where it is, and the title says what it cuts."""

from __future__ import annotations

import pytest

from core import charts
from tests.unit.charts.test_charts import every_text, title


@pytest.mark.parametrize("limit", [1, 7, 40, 99, 100])
def test_no_bar_lies_on_both_sides_of_the_limit(limit: int) -> None:
    figure = charts.token_lengths([(length, 2) for length in range(1, 101)], limit, lost=5)
    bar = figure.data[0]
    hatched = [shape == "x" for shape in bar.marker.pattern.shape]
    assert sum(bar.y) == 200
    assert sum(rows for rows, beyond in zip(bar.y, hatched, strict=True) if beyond) == 2 * (100 - limit)
    assert figure.layout.shapes[0].x0 == limit and f"limit {limit}" in figure.layout.annotations[0].text
    assert max(bar.width) < 5
    assert title(figure).startswith("No row is cut" if limit == 100 else f"{2 * (100 - limit)} rows of 200")


def test_a_limit_far_away_is_named_at_the_edge() -> None:
    figure = charts.token_lengths([(3, 1), (9, 4)], 512)
    assert not figure.layout.shapes and "512, far to the right" in figure.layout.annotations[0].text
    assert figure.layout.xaxis.range[1] < 20 and "longest of 5 rows has 9 of 512" in charts.alt_text(figure)


def test_without_rows_it_says_so() -> None:
    assert title(charts.token_lengths([], 512)) == "No row has a text"


def test_the_dearest_tokenizer_is_named_against_the_cheapest() -> None:
    figure = charts.token_costs(["local:a", "local:<b>b</b>", "local:c"], [10.0, 25.0, None])
    assert [bar.text[0] for bar in figure.data] == ["10", "25 · 2.50 times", "0 · 0.00 times"]
    assert not any("<b>" in text for text in every_text(figure))
    assert title(charts.token_costs(["a", "b"], [10.0, 25.0])) == "b needs 2.50 times as many tokens as a"
    assert charts.token_costs(["a"], [10.24]).data[0].text[0] == "10.2"
    assert title(charts.token_costs(["a", "b"], [10.0, 10.0])) == "All need the same number of tokens"
