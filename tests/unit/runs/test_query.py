"""Questions about a run's rows: pages, filters, search, order."""

import pyarrow as pa
import pytest

from core.errors import NotFound
from core.runs import build_result, write_part
from core.runs.filters import ColumnFilter, ResultFilters, Sort
from core.runs.query import ResultQuery
from tests.unit.runs.sample_runs import COLUMNS, KEYS, TEXTS, new_run, outputs


def test_a_page_has_the_users_columns_untouched_then_the_outputs(finished):
    page = finished.page()
    assert list(page.columns) == [*COLUMNS, "prediction", "confidence", "p_negative", "p_positive", "error"]
    assert page.index.tolist() == list(range(10))
    assert [None if value != value else value for value in page["review"]] == TEXTS
    assert page["prediction"][3] == "positive"
    assert page["error"][2] == "skipped: the cell is empty"
    assert finished.finished


def test_pages_cut_the_rows_without_gaps_or_repeats(finished):
    seen = [row for offset in range(0, 12, 3) for row in finished.page(offset=offset, limit=3).index]
    assert seen == list(range(10))
    assert finished.page(offset=100).empty
    assert list(finished.page(offset=100).columns) == list(finished.page().columns)


@pytest.mark.parametrize(
    ("filters", "rows"),
    [
        (ResultFilters(labels=("negative",)), [1, 4]),
        (ResultFilters(labels=("negative", "positive"), confidence=(0.6, 0.9)), [1, 5, 6]),
        (ResultFilters(columns=(ColumnFilter(column="region", one_of=("North",)),)), [0, 2, 6, 9]),
        (ResultFilters(columns=(ColumnFilter(column="region", one_of=("East", None)),)), [3, 4, 7, 8]),
        (ResultFilters(columns=(ColumnFilter(column="region", one_of=()),)), []),
        (ResultFilters(columns=(ColumnFilter(column="review", contains="GREAT"), ColumnFilter(column="rating", one_of=("5",)))), [0]),
        (ResultFilters(state="failed"), [8]),
        (ResultFilters(state="skipped"), [2, 7]),
        (ResultFilters(state="scored"), [0, 1, 3, 4, 5, 6, 9]),
        (ResultFilters(disagrees_with="truth"), [6]),
        (ResultFilters(labels=("' OR true --",)), []),
    ],
)
def test_filters(finished, filters, rows):
    assert finished.page(filters).index.tolist() == rows
    assert finished.count(filters) == len(rows)


def test_disagreement_knows_the_label_map(settings, tmp_path):
    run = new_run(settings, tmp_path, label_map={"meh": "negative"})
    write_part(run, 1, outputs([0, 1, 4, 5, 6, 8, 9], "too hot"))
    build_result(run, KEYS)
    assert ResultQuery(settings, run).page(ResultFilters(disagrees_with="truth")).index.tolist() == [5, 6]


@pytest.mark.parametrize(
    ("search", "rows"),
    [
        ("great", [0, 3]),
        ("%", [5]),
        ("_", [5]),
        ("ÜNÏ", [6]),
        ("🎧", [6]),
        ("<B>", [8]),
        ("too HOT", [8]),
        ("'; drop view result; --", []),
        ("\\", []),
    ],
)
def test_search_is_for_the_letters_themselves_in_any_case(finished, search, rows):
    assert finished.page(search=search).index.tolist() == rows
    assert finished.count(search=search) == len(rows)


def test_search_and_filters_hold_together(finished):
    assert finished.page(ResultFilters(labels=("positive",)), search="o").index.tolist() == [0, 3, 5, 6, 9]
    assert finished.page(ResultFilters(labels=("negative",)), search="aw").index.tolist() == [1]


def test_sorting_puts_blanks_last_both_ways_and_reads_numbers_as_numbers(finished):
    assert finished.page(sort=Sort(column="rating")).index.tolist() == [1, 8, 4, 2, 9, 5, 6, 0, 3, 7]
    assert finished.page(sort=Sort(column="rating", descending=True)).index.tolist() == [3, 0, 5, 6, 2, 9, 4, 1, 8, 7]
    assert finished.page(sort=Sort(column="confidence", descending=True), limit=2).index.tolist() == [9, 0]
    assert finished.page(sort=Sort(column="region")).index.tolist()[-2:] == [3, 4]
    assert finished.page(ResultFilters(labels=("positive",)), sort=Sort(column="confidence")).index.tolist() == [5, 6, 0, 3, 9]


def test_row_is_whole_and_page_is_cut(settings, tmp_path):
    long = "👨‍👩‍👧" * 600
    run = new_run(settings, tmp_path, {"review": pa.array([long, "short"])}, rows=2)
    query = ResultQuery(settings, run)
    shown = query.page()["review"][0]
    assert shown.endswith("…")
    assert shown.count("👨‍👩‍👧") == settings.max_shown_characters
    assert query.row(0)["review"] == long
    assert query.row(1)["review"] == "short"
    with pytest.raises(NotFound):
        query.row(2)
