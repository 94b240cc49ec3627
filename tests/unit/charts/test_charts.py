"""Figures: the numbers they show, the words beside them, and data that never becomes markup."""

import json
import re

import pandas as pd
import plotly.graph_objects as go
import pytest

from core import charts
from core.charts import words
from core.charts.change import clearly_differ

LABELS = ["negative", "positive"]
MARKUP = [
    "<b>bold</b>",
    '<a href="javascript:alert(1)">x</a>',
    "a & b",
    "$\\href{javascript:alert(1)}{x}$",
    "&lt;i&gt;",
    "%{x}",
    "line\nbreak\x00\u202e",
]

DAYS = [(2, 1), (2, 3), (2, 5), (2, 8), (4, 1), (4, 3), (4, 5), (4, 8)]


def frame(**columns):
    return pd.DataFrame(columns)


def counts(**rows):
    return frame(label=list(rows), rows=list(rows.values()))


def by_value(table):
    rows = [(value, label, n) for value, found in table.items() for label, n in found.items()]
    return pd.DataFrame(rows, columns=["value", "label", "rows"])


def by_period(table):
    rows = [(pd.Timestamp(period), label, n) for period, found in table.items() for label, n in found.items()]
    return pd.DataFrame(rows, columns=["period", "label", "rows"])


def title(figure):
    return figure.layout.title.text.replace("<br>", " ").replace("\u00a0", " ")


def every_text(figure):
    """All texts that Plotly reads as markup."""
    figure = json.loads(figure.to_json())
    found = [figure["layout"]["title"]["text"]]
    for axis in ("xaxis", "yaxis"):
        found += [*figure["layout"][axis].get("ticktext", []), figure["layout"][axis].get("title", {}).get("text", "")]
    for trace in figure["data"]:
        found.append(trace.get("name", ""))
        found += [part for entry in _flat(trace.get("customdata", [])) for part in [entry] if isinstance(part, str)]
        found += [part for part in _flat(trace.get("text", [])) if isinstance(part, str)]
    return found


def _flat(values):
    for value in values if isinstance(values, list) else [values]:
        if isinstance(value, list):
            yield from _flat(value)
        else:
            yield value


def test_label_counts_says_the_shares():
    figure = charts.label_counts(counts(positive=124, negative=77), LABELS)
    assert title(figure) == "62 % positive, 38 % negative of 201 scored rows"
    assert charts.alt_text(figure) == "Bar chart of rows per predicted label, 201 rows in all: positive 124 (62 %), negative 77 (38 %)."
    assert [trace.x[0] for trace in figure.data] == [77, 124], "traces are in the model's order, for the colours"
    assert list(figure.layout.yaxis.ticktext) == ["positive", "negative"], "bars are in the order of their length"
    assert figure.data[1].text == ("124 · 62 %",)


def test_names_with_commas_stand_apart():
    found = counts(**{"exchange, rates": 1_020, "card, lost": 980})
    figure = charts.label_counts(found)
    assert title(figure) == "51 % exchange, rates; 49 % card, lost of 2,000 scored rows"
    assert "in all: exchange, rates 1,020 (51 %); card, lost 980 (49 %)." in charts.alt_text(figure)
    plain = charts.label_counts(counts(good=1_020, bad=980))
    assert "good 1,020 (51 %), bad 980 (49 %)" in charts.alt_text(plain), "a comma between digits is none"


def test_a_label_keeps_its_place_among_the_colours_in_every_chart():
    figures = [
        charts.label_counts(counts(positive=9, negative=1), LABELS),
        charts.breakdown(by_value({"x": {"positive": 3}, "y": {"positive": 2, "negative": 5}}), LABELS),
        charts.over_time(by_period({"2025-01-01": {"positive": 3}, "2025-02-01": {"positive": 2, "negative": 5}}), LABELS),
        charts.confidence_histogram(frame(low=[0.9, 0.5], high=[0.95, 0.55], label=["positive", "negative"], rows=[3, 2]), LABELS),
    ]
    for figure in figures[1:]:
        assert [trace.name for trace in figure.data] == LABELS
    assert [trace.customdata[0][0] for trace in figures[0].data] == LABELS
    only_one = charts.confidence_histogram(frame(low=[0.9], high=[0.95], label=["positive"], rows=[3]), LABELS)
    assert only_one.data[1].name == "positive"


def test_no_colour_is_named_but_the_grey_of_other():
    for figure in (*all_figures(LABELS), *all_figures([f"label {i}" for i in range(77)])):
        named = set(re.findall(r"#[0-9a-f]{6}|rgba?\([^)]*\)", json.dumps([trace.to_plotly_json() for trace in figure.data], default=str)))
        assert named <= {"rgba(128, 128, 128, 0.55)"}
        assert figure.layout.paper_bgcolor is None


def test_colour_is_never_alone():
    stacked = charts.breakdown(by_value({"x": {"positive": 3, "negative": 4}}), LABELS)
    assert len({trace.marker.pattern.shape for trace in stacked.data}) == 2
    lines = charts.over_time(by_period({"2025-01-01": {"positive": 3, "negative": 5}}), LABELS)
    assert len({(trace.line.dash, trace.marker.symbol) for trace in lines.data}) == 2


def all_figures(labels, value="x", column="region"):
    n = len(labels)
    every = frame(label=labels, rows=range(1, n + 1))
    other = frame(label=labels[:2], rows=[3, 4])
    return [
        charts.label_counts(every, labels),
        charts.confidence_histogram(every.assign(low=0.9, high=0.95), labels),
        charts.breakdown(every.assign(value=value), labels, column=column, other=other, other_values=7),
        charts.over_time(every.assign(period=pd.Timestamp("2025-06-01")), labels, column=column),
        charts.confusion(labels, [[i * j % 5 for i in range(n)] for j in range(n)]),
        charts.metric_intervals({label: {"value": 0.5, "low": 0.4, "high": 0.6, "n": 9} for label in labels}),
    ]


def test_data_is_never_markup():
    for figure in all_figures(MARKUP, value=MARKUP[0] + MARKUP[1], column=MARKUP[0] + MARKUP[3]):
        for text in every_text(figure):
            left = text.replace("<br>", "")
            assert "<" not in left, text
            assert "$" not in left, text
            assert re.sub(r"&(amp|lt|gt|#36);", "", left).count("&") == 0, text
            assert not any(sign in text for sign in "\n\x00\u202e"), text


def test_a_cut_title_never_ends_inside_an_entity():
    figure = charts.label_counts(frame(label=["&" * 90, "<" * 90, "$" * 90], rows=[3, 2, 1]))
    for line in figure.layout.title.text.split("<br>"):
        assert re.sub(r"&(amp|lt|gt|#36);", "", line).count("&") == 0
        assert "<" not in line


def test_long_labels_are_cut_on_the_axis_and_whole_in_the_hover():
    name = "card_payment_" + "fee_" * 12
    figure = charts.label_counts(frame(label=[name, "x"], rows=[5, 5]))
    assert len(figure.layout.yaxis.ticktext[0]) <= words.TICK_LETTERS
    assert figure.layout.yaxis.ticktext[0].endswith("…")
    assert name in [trace.customdata[0][0] for trace in figure.data]


def test_labels_that_are_cut_alike_stay_apart():
    names = [f"a very long name of a label that ends in {i}" for i in range(3)]
    figure = charts.label_counts(frame(label=names, rows=[3, 2, 1]))
    assert len(set(figure.layout.yaxis.ticktext)) == 3
    assert [trace.y[0] for trace in figure.data] == [0, 1, 2]


def test_labels_that_are_numbers_or_dates_stay_names():
    figure = charts.label_counts(frame(label=["10", "9", "2025-01-01"], rows=[3, 2, 1]))
    assert sorted(figure.layout.yaxis.ticktext) == ["10", "2025-01-01", "9"]


def test_77_labels_become_20_and_other():
    names = [f"label {i:02d}" for i in range(77)]
    figure = charts.label_counts(frame(label=names, rows=range(1, 78)), names)
    assert len(figure.data) == 21
    assert figure.layout.yaxis.ticktext[-1] == "other (57 labels)"
    assert figure.data[-1].x[0] == sum(range(1, 58))
    assert sum(trace.x[0] for trace in figure.data) == sum(range(1, 78))
    table = charts.confusion(names, [[1] * 77 for _ in range(77)])
    assert len(table.data[0].z) == 21
    assert sum(cell[2] for row in table.data[0].customdata for cell in row) == 77 * 77
    stacked = charts.breakdown(frame(label=names, rows=range(1, 78), value="x"), names)
    assert [trace.name for trace in stacked.data][-1] == "other (69 labels)"
    assert sum(trace.x[0] for trace in stacked.data) == pytest.approx(1)


def test_breakdown_names_the_widest_gap_among_values_with_enough_rows():
    table = {"North": {"positive": 90, "negative": 10}, "South": {"positive": 30, "negative": 70}, None: {"positive": 1}}
    figure = charts.breakdown(by_value(table), LABELS, column="region")
    assert title(figure) in ("positive: 90 % in North, 30 % in South", "negative: 70 % in South, 10 % in North")
    assert list(figure.layout.yaxis.ticktext) == ["North · 100", "South · 100", "(blank) · 1"]
    assert list(figure.data[1].x) == [0.9, 0.3, 1.0]
    assert "South: positive 30 %, negative 70 % of 100 rows" in charts.alt_text(figure)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"North": {"positive": 6}, "South": {"negative": 6}}, "too few rows per value to tell a difference"),
        ({"North": {"positive": 24, "negative": 16}, "South": {"positive": 20, "negative": 20}}, "no clear difference"),
    ],
)
def test_breakdown_claims_no_difference_that_may_be_chance(table, said):
    figure = charts.breakdown(by_value(table), LABELS, column="region")
    assert title(figure) == f"Share of each label by region: {said}"


def test_breakdown_counts_the_values_that_are_not_shown():
    figure = charts.breakdown(by_value({"x": {"positive": 8}}), LABELS, other=counts(positive=1, negative=3), other_values=12)
    assert figure.layout.yaxis.ticktext[-1] == "other (12 values) · 4"
    assert [trace.x[1] for trace in figure.data] == [0.75, 0.25]


def test_over_time_tells_what_moved_and_leaves_gaps():
    table = {
        "2025-05-01": {"positive": 36, "negative": 4},
        "2025-06-01": {"positive": 5, "negative": 15},
        "2025-08-01": {"positive": 8, "negative": 32},
    }
    figure = charts.over_time(by_period(table), LABELS, column="date")
    assert title(figure) in (
        "negative: from 10 % (May 2025) to 80 % (August 2025)",
        "positive: from 90 % (May 2025) to 20 % (August 2025)",
    )
    assert [trace.name for trace in figure.data] == LABELS
    assert list(figure.data[0].y) == [0.1, 0.75, None, 0.8], "July has no rows: a gap, not a zero"
    assert figure.layout.xaxis.title.text == "date, by month"
    assert list(charts.over_time(by_period(table), LABELS, as_share=False).data[0].y) == [4, 15, 0, 32]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        # six rows a week: the extremes are chance
        (
            {"2025-04-14": {"positive": 1, "negative": 5}, "2025-04-21": {"positive": 6}, "2025-04-28": {"positive": 4, "negative": 2}},
            "Share of each label by week, 3 weeks: too few rows per week to tell a change",
        ),
        # enough rows, but 60 % and 50 % of 40 do not differ
        (
            {"2025-04-14": {"positive": 24, "negative": 16}, "2025-04-21": {"positive": 20, "negative": 20}},
            "Share of each label by week, 2 weeks: no clear change",
        ),
        # few rows in each week, enough in each half of the time
        (
            {f"2025-0{month}-0{day}": {"positive": 10 * (month == 2), "negative": 10 * (month == 4)} for month, day in DAYS},
            " before week of ",
        ),
        (
            {"2025-04-14": {"positive": 90, "negative": 30}},
            "One week only (week of 14 Apr 2025), so no trend: 75 % positive, 25 % negative",
        ),
    ],
)
def test_over_time_claims_no_change_that_may_be_chance(table, said):
    figure = charts.over_time(by_period(table), LABELS, granularity="week")
    assert said in title(figure)
    assert said in charts.alt_text(figure)


def test_the_hours_of_one_day_are_several_points():
    table = {f"2017-08-27 {hour}:00": {"positive": 20, "negative": 20} for hour in (14, 15, 17)}
    for granularity in ("hour", None):
        figure = charts.over_time(by_period(table), LABELS, granularity=granularity)
        assert list(figure.data[0].y) == [0.5, 0.5, None, 0.5], "16:00 has no rows: a gap"
        assert title(figure) == "Share of each label by hour, 4 hours: no clear change"
        assert figure.data[0].customdata[0][1] == "27 Aug 2017, 14:00"
    assert "2 steps" in title(
        charts.over_time(by_period({"2017-08-27 14:10": {"a": 9}, "2017-08-27 14:20": {"b": 9}}), granularity="10 minutes")
    )


def test_the_difference_of_two_shares():
    assert clearly_differ(36, 40, 8, 40)
    assert clearly_differ(8, 40, 36, 40)
    assert not clearly_differ(29, 29, 0, 29), "fewer than 30 rows"
    assert not clearly_differ(20, 40, 24, 40)
    assert not clearly_differ(40, 40, 40, 40)
    assert clearly_differ(20, 50, 31, 50) and not clearly_differ(20, 50, 31, 50, comparisons=100)
    assert not clearly_differ(20, 50, 29, 50)


def test_few_rows_make_no_finding():
    table = {"2025-01-01": {"positive": 50, "negative": 50}, "2025-02-01": {"negative": 1}, "2025-03-01": {"positive": 60, "negative": 40}}
    assert "February" not in title(charts.over_time(by_period(table), LABELS))


def test_confidence_histogram_counts_the_sure_rows():
    bins = frame(
        low=[0.5, 0.9, 0.95, 0.95], high=[0.55, 0.95, 1.0, 1.0], label=["positive", "negative", "positive", "negative"], rows=[2, 3, 4, 1]
    )
    figure = charts.confidence_histogram(bins, LABELS)
    assert title(figure) == "80 % of 10 rows have a confidence of 0.9 or more"
    assert "8 rows at 0.9 or more, 2 rows at 0.6 or less" in charts.alt_text(figure)
    assert list(figure.data[0].y) == [3, 1]


def test_confusion_shows_counts_and_row_shares():
    figure = charts.confusion(LABELS, [[80, 20], [5, 95]])
    assert title(figure) == "88 % of 200 rows agree with your label"
    assert list(figure.data[0].text[0]) == ["80<br>80%", "20<br>20%"]
    assert figure.data[0].z[1][1] == 0.95
    assert charts.alt_text(figure).endswith("negative taken for positive 20 times and positive taken for negative 5 times.")


def test_metric_intervals():
    figure = charts.metric_intervals(
        {
            "accuracy": {"value": 0.9, "low": 0.85, "high": 0.94, "n": 100},
            "mcc": {"value": None, "low": None, "high": None, "n": 100},
            "f1": {"value": 1.0, "low": None, "high": None, "n": 100},
        },
        {"accuracy": "Accuracy"},
    )
    assert title(figure) == "Accuracy 0.900 (0.850 to 0.940)"
    assert list(figure.data[0].x) == [0.9, 1.0]
    assert figure.data[0].error_x.array == pytest.approx((0.04, 0.0))


def test_nothing_to_show_is_no_crash():
    nothing = frame(label=[], rows=[])
    figures = [
        charts.label_counts(nothing),
        charts.confidence_histogram(frame(low=[], high=[], label=[], rows=[])),
        charts.breakdown(frame(value=[], label=[], rows=[])),
        charts.over_time(frame(period=pd.to_datetime([]), label=[], rows=[])),
        charts.confusion([], []),
        charts.confusion(LABELS, [[0, 0], [0, 0]]),
        charts.metric_intervals({}),
    ]
    for figure in figures:
        assert isinstance(figure, go.Figure)
        assert charts.alt_text(figure)
        assert title(figure)


@pytest.mark.parametrize("figure", range(6))
def test_titles_fit_a_narrow_screen_and_axes_have_names(figure):
    figure = all_figures(["a label of middling length", "another one that is longer"], value="v" * 60, column="c" * 60)[figure]
    assert all(len(re.sub(r"&[^;]+;", "x", line)) <= words.TITLE_LETTERS for line in figure.layout.title.text.split("<br>"))
    assert figure.layout.xaxis.title.text
    assert figure.layout.xaxis.automargin
    assert figure.layout.yaxis.automargin
    assert all(trace.hovertemplate for trace in figure.data)


def test_cutting_keeps_emoji_whole():
    family = "👨‍👩‍👧"
    assert words.elided(family * 10, 9) in (family + "…", family * 2 + "…")
    assert words.elided("e\u0301" * 10, 6) in ("e\u0301" * 2 + "…",)


def test_shares_never_round_something_to_nothing():
    assert [words.share(*case) for case in ((1, 1000), (999, 1000), (0, 10), (10, 10), (62, 100))] == [
        "under 1 %",
        "over 99 %",
        "0 %",
        "100 %",
        "62 %",
    ]
