"""Figures about how good results are: what they find, what they leave out, and what a click on them says."""

import json
import re

import pytest

from core import charts
from core.charts import words
from core.charts.intervals import TOO_FEW
from tests.unit.charts.test_charts import LABELS, MARKUP, every_text, title

MANY = [f"label {number}" for number in range(77)]


def figure_of(value, width=0.05, n=100):
    return {"value": value, "low": None if width is None else value - width, "high": None if width is None else value + width, "n": n}


def classes(labels):
    return [
        {"label": label, "support": 9, "f1": figure_of((number + 1) / (len(labels) + 2)), "precision": figure_of(0.5)}
        for number, label in enumerate(labels)
    ]


def slices(values, **known):
    return [{"value": value, "rows": 40, "figure": figure_of(known.get(value, 0.8))} for value in values]


def curve(label, area=0.9):
    return {
        "label": label,
        "x": (0.0, 0.2, 0.5, 1.0),
        "y": (0.0, 0.7, 0.9, 1.0),
        "thresholds": (None, 0.9, 0.5, 0.0),
        "area": figure_of(area),
        "base": 0.3,
    }


POINTS = [
    {"threshold": t / 10, "precision": None if t == 10 else 0.5 + t / 20, "recall": 1 - t / 10, "f1": 0.6, "predicted": 10 - t}
    for t in range(11)
]
COVERAGE = [
    {"threshold": 1 - c / 10, "coverage": c / 10, "accuracy": None if not c else 1 - c / 40, "rows": 10 * c, "wrong": c} for c in range(11)
]


def bins(shift=0.0):
    return {
        "bins": [
            {
                "low": b / 10,
                "high": b / 10 + 0.1,
                "rows": 0 if b < 5 else 20,
                "confidence": None if b < 5 else b / 10 + 0.05,
                "accuracy": figure_of(max(0.1, b / 10 - shift)),
            }
            for b in range(10)
        ],
        "ece": figure_of(0.08 + shift),
        "gap": shift,
    }


def drift(groups):
    n = len(groups)
    return charts.drift_shares(groups, [1 / n] * n, [2 / n, *[0.5 / n] * (n - 1)], title="Words")


def errors(names):
    return charts.entity_errors({name: {"correct": 5, "missed": 3, "spurious": 1} for name in names}, by="type")


def all_figures(labels, column="region"):
    return [
        charts.class_intervals(classes(labels)),
        charts.slice_intervals(slices(labels), title="Accuracy", overall=0.7, column=column),
        charts.roc([curve(label) for label in labels]),
        charts.precision_recall([curve(label) for label in labels]),
        charts.threshold_curve(labels[0], POINTS, 3),
        charts.abstention_curve(COVERAGE, 6),
        charts.reliability({"as it is": bins(0.1), "with temperature 1.6": bins()}),
        drift(labels),
        errors(labels),
        charts.confusion(labels, [[1] * len(labels)] * len(labels), cells=True),
    ]


@pytest.mark.parametrize("number", range(10))
def test_data_is_never_markup(number):
    figure = all_figures(MARKUP, column=MARKUP[0] + MARKUP[3])[number]
    for text in every_text(figure):
        left = text.replace("<br>", "")
        assert "<" not in left and "$" not in left, text
        assert re.sub(r"&(amp|lt|gt|#36);", "", left).count("&") == 0, text
        assert not any(sign in text for sign in "\n\x00\u202e"), text


@pytest.mark.parametrize("number", range(10))
def test_77_labels_are_readable_and_no_colour_is_named(number):
    figure = all_figures(MANY)[number]
    assert len(figure.layout.yaxis.ticktext or ()) <= 21
    assert sum(trace.showlegend is not False and bool(trace.name) for trace in figure.data) <= 9
    assert figure.layout.height < 900
    assert all(len(re.sub(r"&[^;]+;", "x", line)) <= words.TITLE_LETTERS for line in figure.layout.title.text.split("<br>"))
    assert figure.layout.xaxis.title.text and charts.alt_text(figure)
    named = set(re.findall(r"#[0-9a-f]{6}|rgba?\([^)]*\)", json.dumps([trace.to_plotly_json() for trace in figure.data], default=str)))
    assert named <= {"rgba(128, 128, 128, 0.55)"}


def test_the_weakest_labels_come_first_and_a_label_without_a_figure_is_left_out():
    figure = charts.class_intervals([*classes(["b", "a"]), {"label": "never", "support": 0, "f1": figure_of(0.5) | {"value": None}}])
    assert title(figure) == "Lowest F1: b 0.250; highest: a 0.500"
    assert list(figure.data[0].x) == [0.25, 0.5]
    assert [point[0] for point in figure.data[0].customdata] == [0, 1]
    assert "the 20 lowest of 77 labels" in title(charts.class_intervals(classes(MANY)))


def test_a_slice_stands_out_only_beyond_chance_and_few_rows_say_so():
    some = [*slices(["lamp", "desk"], desk=0.4), {"value": "", "rows": 2, "figure": None}]
    figure = charts.slice_intervals(some, title="Accuracy", overall=0.78, column="product")
    assert title(figure) == "desk is below all rows: Accuracy 0.400 against 0.780"
    assert list(figure.data[1].text) == [TOO_FEW] and figure.data[1].customdata[0][0] == 2
    assert list(figure.layout.yaxis.ticktext) == ["lamp", "desk", words.BLANK]
    close = charts.slice_intervals(slices(["lamp", "desk"], desk=0.726), title="Accuracy", overall=0.78, column="product")
    assert title(close) == "Accuracy by product: no value clearly differs from all rows"
    unknown = charts.slice_intervals([some[2]], title="Accuracy", overall=0.78, column="product")
    assert title(unknown) == f"Accuracy by product: {TOO_FEW}"


def test_areas_are_named_with_their_labels():
    assert title(charts.roc([curve("spam")])) == "ROC AUC of spam: 0.900 (0.850 to 0.950)"
    assert title(charts.precision_recall([curve("spam", 0.7), curve("ham")])) == "Average precision from 0.700 (spam) to 0.900 (ham)"
    assert charts.roc([curve("spam")]).data[0].customdata[0][1] == "none"
    guess = charts.precision_recall([curve("spam")]).data[-1]
    assert list(guess.y) == [0.3, 0.3]


def test_operating_points_are_told():
    assert title(charts.threshold_curve("spam", POINTS, 4)) == "spam: from 0.40 on, precision 0.700, recall 0.600"
    chosen = charts.abstention_curve(COVERAGE, 5)
    assert title(chosen) == "Answering 50 % of the rows: accuracy 0.875 instead of 0.750"
    assert (chosen.data[1].x[0], chosen.data[1].marker.symbol) == (0.5, "star")
    assert title(charts.abstention_curve(COVERAGE, 10)) == "Answering 100 % of the rows: accuracy 0.750"


def test_calibration_is_told_before_and_after():
    figure = charts.reliability({"as it is": bins(0.1), "with temperature 1.6": bins()})
    assert title(figure) == "Too sure: confidence is 10 points above accuracy (ECE 0.180; with temperature 1.6: 0.080)"
    assert len(figure.data[1].x) == 5, "empty bins are not drawn"
    assert {trace.line.dash for trace in figure.data[1:]} == {"solid", "dash"}
    assert title(charts.reliability({"as it is": bins(-0.05)})).startswith("Not sure enough: confidence is 5 points below")


def test_the_group_that_moved_most_is_named():
    figure = charts.drift_shares(["short", "long"], [0.6, 0.4], [0.3, 0.7], title="Length", ordered=True)
    assert title(figure) == "Length: short 60 % in training, 30 % now"
    assert len(drift(MANY).data[0].x) == 20
    assert "label 0" in title(drift(MANY))


def test_the_most_frequent_entity_error_is_named():
    found = {"PER": {"correct": 5, "missed": 2, "spurious": 4}, "ORG": {"correct": 1, "incorrect": 3}}
    assert title(charts.entity_errors(found, by="type")) == "Most frequent error: PER, 4 not yours"
    assert title(charts.entity_errors({"PER": {"correct": 2}}, by="type")) == "Every entity is right"


def test_a_click_on_a_cell_tells_its_labels():
    points = charts.confusion(LABELS, [[80, 20], [5, 95]], cells=True).data[1]
    assert [tuple(point[:2]) for point in points.customdata] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert (points.x[1], points.y[1], points.customdata[1][4]) == (1, 0, 20)
    chosen = charts.confusion(MANY, [[1] * 77] * 77, chosen=["label 5", "label 2"], cells=True)
    assert list(chosen.layout.xaxis.ticktext)[:2] == ["label 2", "label 5"] and len(chosen.layout.xaxis.ticktext) == 3
    assert [tuple(point[:2]) for point in chosen.data[1].customdata][:3] == [(2, 2), (2, 5), (2, None)]


def test_nothing_to_show_is_no_crash():
    figures = [
        charts.class_intervals([]),
        charts.slice_intervals([], title="Accuracy", overall=None, column="x"),
        charts.roc([]),
        charts.precision_recall([]),
        charts.threshold_curve("x", [], 0),
        charts.abstention_curve([], 0),
        charts.reliability({}),
        charts.drift_shares([], [], [], title="Words"),
        charts.entity_errors({}, by="type"),
        charts.confusion([], [], cells=True),
    ]
    assert all(charts.alt_text(figure) and title(figure) for figure in figures)
