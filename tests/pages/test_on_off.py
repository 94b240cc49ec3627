"""What an adapter changed, in the page of its fine-tune: counts, what stands without it, and the rows."""

from __future__ import annotations

import pandas as pd
import pytest

from core.files import write_json
from core.runs import RunFolder, open_run
from core.schema import JobState
from core.training.outcome.on_off import ON_OFF
from tests.pages.conftest import settle, texts
from tests.pages.test_finetune_view import tuning, unescaped  # noqa: F401  a fixture

SUMMARY = {
    "adapter": "adapter:mine",
    "train_rows": 4,
    "validation_rows": 4,
    "trainable_parameters": 10,
    "seconds": 1.0,
    "precision": "fp32",
}
COUNTS = {"how": "zero-shot", "rows": 4, "fixed": 2, "broken": 1, "unchanged": 1, "right_off": 2, "right_on": 3, "mcnemar": 1.0}


@pytest.fixture
def run(settings, tuning) -> RunFolder:  # noqa: F811
    run = open_run(settings, tuning.id)
    settle(settings, tuning.id, JobState.DONE, rows_done=4)
    frame = pd.DataFrame(
        {
            "row": [0, 3, 5, 9],
            "text": ["one :red[x]", "two", "three", "four"],
            "truth": ["a", "b", "a", "b"],
            "off": ["b", "b", "b", "b"],
            "on": ["a", "a", "a", "b"],
            "change": ["fixed", "broken", "fixed", "unchanged"],
        }
    )
    frame.to_parquet(run.path / ON_OFF)
    return run


def test_counts_then_the_broken_rows_then_what_is_asked_for(run, open_page) -> None:
    write_json(run.summary_path, {**SUMMARY, "on_off": COUNTS})
    app = open_page("training/finetune", run=run.id)
    assert not app.exception
    assert [(tile.label, tile.value) for tile in app.metric][-3:] == [("Fixed", "2"), ("Broken", "1"), ("Unchanged", "1")]
    said = unescaped(texts(app))
    assert "the label whose name is closest" in said and "**50.0%** of 4 validation rows" in said and "**75.0%** with it" in said
    assert app.dataframe[0].value[["Row", "Text"]].to_numpy().tolist() == [[4, "two"]]
    app.selectbox(key=f"on-off-kind-{run.id}").set_value("").run()
    assert len(app.dataframe[0].value) == 4
    app.text_input(key=f"on-off-search-{run.id}").set_value(":red[").run()
    assert app.dataframe[0].value["Row"].tolist() == [1]
    app.text_input(key=f"on-off-search-{run.id}").set_value("nowhere").run()
    assert "No row matches" in texts(app) and not app.exception


def test_how_often_the_most_frequent_label_is_right_stands_beside(run, open_page) -> None:
    summary = {**SUMMARY, "on_off": {**COUNTS, "most_frequent": "*ham*", "most_frequent_rows": 3}}
    write_json(run.summary_path, summary)
    said = unescaped(texts(open_page("training/finetune", run=run.id)))
    assert "Who gives every row the most frequent label, *ham*, is right on 75.0%." in said


def test_where_there_is_nothing_to_compare_it_says_why(run, open_page) -> None:
    write_json(run.summary_path, {**SUMMARY, "on_off": {"why_not": "A number is *neither* right nor wrong."}})
    app = open_page("training/finetune", run=run.id)
    assert not app.exception and "A number is *neither* right" in unescaped(texts(app)) and not app.dataframe


def test_runs_from_before_show_nothing(run, open_page) -> None:
    write_json(run.summary_path, SUMMARY)
    app = open_page("training/finetune", run=run.id)
    assert not app.exception and "What the adapter changed" not in texts(app)


def test_one_answer_for_every_row_is_said_before_the_counts(run, open_page) -> None:
    write_json(run.summary_path, {**SUMMARY, "on_off": {**COUNTS, "one_answer": "*ham*"}})
    app = open_page("training/finetune", run=run.id)
    assert not app.exception
    said = unescaped("\n".join(str(warning.value) for warning in app.warning))
    assert "gives every row the same answer: *ham*" in said and "Rows count as fixed only because that is their label" in said


def test_answers_that_may_be_nearly_right_are_better_or_worse(run, open_page) -> None:
    difference = {"value": 0.3, "low": 0.1, "high": 0.5, "n": 4}
    counts = {"how": "base", "score": "answer_f1", "rows": 4, "better": 2, "worse": 1, "unchanged": 1, "off": 0.4, "on": 0.7}
    write_json(run.summary_path, {**SUMMARY, "on_off": {**counts, "difference": difference}})
    frame = pd.read_parquet(run.path / ON_OFF).rename(columns={"text": "question"})
    frame = frame.assign(change=["better", "worse", "better", "unchanged"], score_off=[0.0, 1.0, 0.5, 1.0], score_on=[1.0, 0.5, 0.75, 1.0])
    frame.insert(1, "prompt_template ({{note}})", ["n"] * 4)
    frame.to_parquet(run.path / ON_OFF)
    app = open_page("training/finetune", run=run.id)
    assert not app.exception
    assert [(tile.label, tile.value) for tile in app.metric][-3:] == [("Better", "2"), ("Worse", "1"), ("Unchanged", "1")]
    said = unescaped(texts(app))
    assert "with it is better than without it by 30.0 points on 4 rows" in said and "**0.400** on 4 validation rows" in said
    shown = app.dataframe[0].value
    assert shown.columns.tolist() == ["Row", "note", "Question", "Yours", "Without", "With", "Score without", "Score with"]
    assert shown["Row"].tolist() == [4] and shown["Score with"].tolist() == [0.5]
