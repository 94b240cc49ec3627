"""How long answers are: every row in one bar, a title that is true."""

import pandas as pd

from core import charts
from tests.unit.charts.test_charts import title


def counts(**rows: list[int]) -> pd.DataFrame:
    return pd.DataFrame(rows)


def test_every_row_is_in_a_bar_and_half_of_them_under_the_median() -> None:
    figure = charts.lengths(counts(words=[3, 1, 40], rows=[2, 5, 3]))
    assert sum(figure.data[0].y) == 10
    assert title(figure) == "Half of 10 answers have 1 word or fewer"
    assert charts.alt_text(figure) == "Histogram of the words of 10 answers: median 1, longest 40."


def test_one_very_long_answer_does_not_press_the_others_together() -> None:
    figure = charts.lengths(counts(words=[*range(1, 11), 10_000], rows=[100] * 10 + [1]))
    [bars] = figure.data
    assert len(bars.y) == 10
    assert list(bars.y) == [100] * 9 + [101]
    assert bars.customdata[-1][0] == "10–10,000"


def test_answers_of_one_length_and_no_answers_at_all() -> None:
    same = charts.lengths(counts(words=[7], rows=[4]))
    assert list(same.data[0].y) == [4]
    assert title(same) == "4 answers, each of 7 words"
    assert same.layout.xaxis.range == (-2.5, 2.5)
    assert title(charts.lengths(counts(words=[], rows=[]))) == "No row has a text yet"


def test_label_counts_can_count_something_else_than_rows() -> None:
    figure = charts.label_counts(pd.DataFrame({"label": ["PER", "LOC"], "rows": [3, 1]}), counted=("entity", "entities"))
    assert title(figure) == "75 % PER, 25 % LOC of 4 entities"
    assert figure.layout.xaxis.title.text == "Entities"
    assert charts.alt_text(figure).startswith("Bar chart of entities per predicted label, 4 entities in all:")
    one = charts.label_counts(pd.DataFrame({"label": ["PER"], "rows": [1]}), counted=("entity", "entities"))
    assert title(one) == "100 % PER of 1 entity"
