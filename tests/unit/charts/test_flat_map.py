"""The map: one point a row, one look a cluster, texts as data."""

import pandas as pd
import pytest

from core import charts
from tests.unit.charts.test_charts import MARKUP, every_text, title


def points(**columns) -> pd.DataFrame:
    count = len(columns["label"])
    return pd.DataFrame({"x": range(count), "y": [0.5] * count, "text": "t", "row": range(1, count + 1), **columns})


def test_each_cluster_is_a_trace_with_a_look_of_its_own() -> None:
    figure = charts.flat_map(points(label=["refunds", "cards", "refunds"]), rows=3, labels=["refunds", "cards"])
    assert [(trace.name, len(trace.x)) for trace in figure.data] == [("refunds", 2), ("cards", 1)]
    assert len({trace.marker.symbol for trace in figure.data}) == 2
    assert title(figure) == "2 clusters on a map of 3 rows; the largest is refunds"
    assert "refunds 67 %" in charts.alt_text(figure)
    assert not figure.layout.xaxis.visible and figure.layout.showlegend


def test_a_sample_says_so_and_rare_clusters_go_together() -> None:
    labels = [f"c{number}" for number in range(12) for _ in range(12 - number)]
    figure = charts.flat_map(points(label=labels), rows=5_000, labels=[f"c{number}" for number in range(12)])
    assert f"{len(labels)} of 5,000 rows" in title(figure)
    assert figure.data[-1].name == "other (4 labels)"
    assert sum(len(trace.x) for trace in figure.data) == len(labels)


def test_without_clusters_there_is_no_legend_and_rows_without_a_place_are_left_out() -> None:
    figure = charts.flat_map(points(label=[None, None], x=[1.0, None]), rows=1)
    assert [len(trace.x) for trace in figure.data] == [1] and not figure.layout.showlegend
    assert title(figure).startswith("A map of 1 row")


@pytest.mark.parametrize("text", MARKUP)
def test_texts_are_data(text: str) -> None:
    figure = charts.flat_map(points(label=[text], text=[text]), rows=1, labels=[text])
    for found in every_text(figure):
        assert "<b>" not in found and "<a" not in found and "$" not in found and "&lt;i&gt;" not in found.replace("&amp;lt;i&amp;gt;", "")
