"""The result of every kind of task: its chart, its tabs and filters, what the drawer shows of a row, its downloads."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

from core import jobs, tasks
from core.files import write_json
from core.inference.side_table import write_side_table
from core.runs import append_event, build_result, open_run, write_part
from core.runs.query import ResultQuery
from core.schema import Job, JobState, PredictSpec, Role
from core.settings import Settings
from pages.parts.runs import downloads
from pages.parts.tabs import tab_label
from tests.imported import import_once
from tests.pages.conftest import settle, texts

PAGE = "inference/batch"
TEXTS = ["Zoe met *Ann* in Rome <b>now</b>.\nThen `she` left", "Nothing here", "Zoe again"]
ENTITY = pa.struct([("label", pa.string()), ("text", pa.string()), ("start", pa.int32()), ("end", pa.int32()), ("score", pa.float64())])
ANSWER = pa.struct([("text", pa.string()), ("score", pa.float64()), ("start", pa.int32()), ("end", pa.int32())])


@dataclass(frozen=True)
class MadeUp:
    """A run's outputs, as a worker would have written them."""

    task: str
    roles: dict[Role, str]
    outputs: dict[str, Any]
    options: dict[str, Any]


def entity(label: str, text: str, start: int, score: float = 0.9) -> dict[str, Any]:
    return {"label": label, "text": text, "start": start, "end": start + len(text), "score": score}


def answer(text: str, start: int, score: float) -> dict[str, Any]:
    return {"text": text, "score": score, "start": start, "end": start + len(text)}


READ, CONFIDENCE = {Role.TEXT: "text"}, [0.9, 0.8, 0.4]
ENTITIES = [[entity("PER", "Zoe", 0), entity("PER", "*Ann*", 8), entity("LOC", "Rome", 17)], [], [entity("PER", "Zoe", 0, 0.4)]]
ANSWERS = [
    [answer("Rome", 17, 0.7), answer("Zoe", 0, 0.2)],
    [{"text": "", "score": 0.9, "start": None, "end": None}],
    [answer("Zoe", 0, 0.5)],
]
MADE_UP = {
    "token-classification": MadeUp(
        "token-classification",
        READ,
        {
            "prediction": ["Zoe (PER); *Ann* (PER); Rome (LOC)", "", "Zoe (PER)"],
            "confidence": CONFIDENCE,
            "entities": pa.array(ENTITIES, pa.list_(ENTITY)),
            "entity_count": [3, 0, 1],
        },
        {},
    ),
    "question-answering": MadeUp(
        "question-answering",
        {Role.CONTEXT: "text"},
        {"prediction": ["Rome", "", "Zoe"], "confidence": CONFIDENCE, "answers": pa.array(ANSWERS, pa.list_(ANSWER))},
        {"question_text": "Where :red[was] it?"},
    ),
    "summarization": MadeUp(
        "summarization", {**READ, Role.TARGET: "mine"}, {"prediction": ["Zoe left", "Nothing", "Zoe"], "method": ["extractive"] * 3}, {}
    ),
    "translation": MadeUp("translation", READ, {"prediction": ["a b", "c", "d"], "confidence": CONFIDENCE, "output_tokens": [2, 1, 1]}, {}),
    "text2text-generation": MadeUp(
        "text2text-generation",
        READ,
        {
            "prediction": ["a b", "c", "d"],
            "confidence": CONFIDENCE,
            "sequences": pa.array([[{"text": "a b", "score": -0.1}, {"text": "a <i>", "score": -2.0}]] * 3),
        },
        {"num_return_sequences": 2},
    ),
    "text-generation": MadeUp(
        "text-generation",
        {},
        {"prediction": ["one", "two", "three"], "confidence": CONFIDENCE, "tokens": pa.array([[{"text": "on", "logprob": -0.5}]] * 3)},
        {"prompt_template": "Say *it*: {{text}}", "token_logprobs": True},
    ),
    "fill-mask": MadeUp(
        "fill-mask",
        READ,
        {
            "prediction": ["warm", "warm", "cold"],
            "confidence": CONFIDENCE,
            "filled": ["a warm day"] * 3,
            "candidates": pa.array([[{"gap": 1, "token": "warm", "score": 0.9}, {"gap": 1, "token": "cold", "score": 0.05}]] * 3),
        },
        {},
    ),
    "zero-shot-classification": MadeUp(
        "zero-shot-classification",
        READ,
        {
            "prediction": ["people", "nothing", "people"],
            "confidence": CONFIDENCE,
            "p_people": [0.9, 0.2, 0.4],
            "p_nothing": [0.1, 0.8, 0.6],
        },
        {"labels": ["people", "nothing"]},
    ),
    "feature-extraction": MadeUp(
        "feature-extraction",
        READ,
        {
            "prediction": pa.FixedSizeListArray.from_arrays(pa.array(np.linspace(0, 1, 36, dtype=np.float32)), 12),
            "duplicate_of": pa.array([1, None, 1], pa.int64()),
            "similar": pa.array([[{"row": 3, "similarity": 0.97}], [{"row": 1, "similarity": 0.1}], [{"row": 1, "similarity": 0.97}]]),
            "cluster": ["zoe, rome", "nothing", "zoe, rome"],
            "map_x": [0.0, 1.0, 0.1],
            "map_y": [0.0, 1.0, 0.2],
        },
        {},
    ),
}


@pytest.fixture
def made_up(settings: Settings, tmp_path: Path) -> Callable[[str], Job]:
    """A finished run of a task over three texts."""

    def make(name: str) -> Job:
        case, path = MADE_UP[name], tmp_path / "texts.parquet"
        pq.write_table(pa.table({"text": TEXTS, "mine": ["Zoe left", "Nothing", None]}), path)
        table = import_once(settings, "local", path, name="texts.parquet")
        spec = PredictSpec(
            task=case.task, table=table.source, roles=case.roles, model="local:made-up", revision="0" * 40, options=case.options
        )
        job = jobs.submit(settings, spec, owner="local", input_table=table.path, title=table.name)
        run = open_run(settings, job.id)
        write_part(run, 1, pa.table({"key": [0, 1, 2], **case.outputs, "error": pa.nulls(3, pa.string())}))
        append_event(run, "started", attempt=1)
        build_result(run, np.arange(3, dtype=np.int64))
        write_json(run.choices_path, {"counted": tasks.get(case.task).counted, "labels": [], "problem": ""})
        write_json(run.summary_path, {"rows": 3, "failed": 0, "skipped": 0, "distinct": 3, "truncated": 0, "warnings": []})
        write_side_table(run)
        return settle(settings, job.id, JobState.DONE, rows_done=3)

    return make


@pytest.fixture
def row_opened(settings: Settings) -> Callable[[Job, int], AppTest]:
    """The drawer of one row, drawn alone: a click into the grid is the browser's."""

    def opened(job: Job, number: int) -> AppTest:
        def script(run_id: str, row: int) -> None:
            from core.runs import open_run
            from core.runs.query import ResultQuery
            from core.settings import Settings
            from pages.parts.results.row_drawer import open_row

            run = open_run(Settings(), run_id)
            open_row(ResultQuery(Settings(), run), row, run.spec())

        app = AppTest.from_function(script, args=(job.id, number), default_timeout=60).run()
        assert not app.exception
        return app

    return opened


def shown(app: AppTest) -> str:
    return texts(app).replace("\\", "").replace("\u2060", "").replace("\u00a0", " ")


def tab_names(app: AppTest) -> list[str]:
    return [tab.label.removeprefix(":gray[").removesuffix("]") for tab in app.tabs]


def figure(app: AppTest, number: int = 0) -> dict[str, Any]:
    return json.loads(app.get("plotly_chart")[number].proto.spec)


EXPECTED_TABS = {
    "token-classification": ["Rows", "Entities", "Confidence"],
    "question-answering": ["Rows", "Confidence"],
    "summarization": ["Rows"],
    "translation": ["Rows", "Confidence"],
    "text2text-generation": ["Rows", "Confidence"],
    "text-generation": ["Rows", "Confidence"],
    "fill-mask": ["Rows", "Breakdown", "Confidence"],
    "zero-shot-classification": ["Rows", "Breakdown", "Confidence"],
    "feature-extraction": ["Map", "Rows", "Breakdown"],
}


def test_there_is_a_made_up_run_of_every_task():
    assert set(MADE_UP) == {task.name for task in tasks.all_tasks()} - {"text-classification"}


@pytest.mark.parametrize("task", MADE_UP)
def test_what_is_shown_follows_the_task(open_page, made_up, task):
    app = open_page(PAGE, run=made_up(task).id)
    assert not app.exception
    assert [error.value for error in app.error] == []
    assert tab_names(app) == EXPECTED_TABS[task]
    assert len(app.get("plotly_chart")) == (2 if task == "feature-extraction" else 1)
    for name in EXPECTED_TABS[task]:
        app.session_state["view"] = tab_label(name)
        app.run()
        assert not app.exception, name


def test_free_answers_are_not_counted(open_page, made_up):
    app = open_page(PAGE, run=made_up("question-answering").id)
    assert "2 answers, each of 1 word" in shown(app)
    assert "Prediction" not in [box.label for box in app.multiselect]


def test_entities_are_counted_by_type_listed_and_filtered(open_page, made_up):
    job = made_up("token-classification")
    app = open_page(PAGE, run=job.id)
    assert {metric.label: metric.value for metric in app.metric} == {"Entities": "4", "Rows with one": "67 %"}
    assert "75 % PER, 25 % LOC of 4 entities" in shown(app)
    next(box for box in app.multiselect if box.label == "Entity type").set_value([1]).run()
    assert app.dataframe[0].value["Row"].tolist() == [1]
    app.session_state["view"] = tab_label("Entities")
    app.run()
    assert app.dataframe[0].value.values.tolist() == [["Zoe", "PER", 2, 2], ["*Ann*", "PER", 1, 1], ["Rome", "LOC", 1, 1]]


def test_entities_are_a_download_of_their_own(open_page, made_up, settings):
    job = made_up("token-classification")
    app = open_page(PAGE, run=job.id)
    assert len(app.get("download_button")) == 2 * len(downloads.FORMATS)
    run = open_run(settings, job.id)
    table = run.path / "entities.parquet"
    written = downloads.exported(lambda: downloads.second_table(run, table), downloads.FORMATS[0])()
    assert written.decode().splitlines()[:2] == ["row,label,text,start,end,score", "1,PER,Zoe,0,3,0.9"]
    table.unlink()
    assert downloads.second_table(run, table).exists()


def test_a_row_shows_its_entities_in_the_text_as_data(row_opened, made_up):
    app = row_opened(made_up("token-classification"), 0)
    marked = next(text.value for text in app.markdown if "-background[" in text.value)
    assert ":blue-background[Zoe :small[**PER**]]" in marked
    assert ":blue-background[\\*Ann\\* :small[**PER**]]" in marked
    assert ":green-background[Rome :small[**LOC**]]" in marked
    assert "\\<b\\>now\\<\\/b\\>" in marked
    assert "<b>" not in marked
    assert "  \nThen \\`she\\` left" in marked
    assert app.dataframe[0].value["Text"].tolist() == ["Zoe", "*Ann*", "Rome"]


def test_a_row_shows_its_answer_in_the_context(row_opened, made_up):
    job = made_up("question-answering")
    app = row_opened(job, 0)
    assert any(":blue-background[Rome]" in text.value for text in app.markdown)
    assert "Where :red[was] it?" in shown(app)
    assert not any(":red[" in text.value for text in app.markdown)
    assert app.dataframe[0].value["Answer"].tolist() == ["Rome", "Zoe"]
    assert "No answer in this text." in [text.value for text in row_opened(job, 1).text]


def test_a_row_shows_what_was_written_beside_what_was_read(row_opened, made_up):
    app = row_opened(made_up("summarization"), 0)
    said = [text.value for text in app.text]
    assert said[:3] == ["Zoe left", TEXTS[0], "Zoe left"]
    assert "**Answer** · 2 words" in [caption.value for caption in app.caption]


def test_a_row_of_a_template_shows_the_prompt_that_was_sent(row_opened, made_up):
    app = row_opened(made_up("text-generation"), 1)
    assert [text.value for text in app.text][:2] == ["two", "Say *it*: Nothing here"]
    assert app.dataframe[0].value.values.tolist() == [["on", -0.5]]


def test_a_row_shows_all_its_answers(row_opened, made_up):
    app = row_opened(made_up("text2text-generation"), 0)
    assert "a <i>" in [text.value for text in app.text]
    assert "Answer 2 of 2 · score -2.000" in [caption.value for caption in app.caption]


def test_a_row_shows_the_words_for_a_gap(row_opened, made_up):
    app = row_opened(made_up("fill-mask"), 0)
    assert app.dataframe[0].value.values.tolist() == [["warm", 0.9], ["cold", 0.05]]


def test_vectors_are_never_a_wall_of_numbers(open_page, row_opened, made_up):
    job = made_up("feature-extraction")
    app = open_page(PAGE, run=job.id, tab="rows")
    grid = app.dataframe[0].value
    assert grid["prediction"].iloc[0] == "0.000, 0.029, 0.057, … (12 numbers)"
    assert grid["similar"].iloc[0] == "row 3 (0.97)"
    assert "map_x" not in grid.columns
    assert "0.000, 0.029, 0.057, … (12 numbers)" in [text.value for text in row_opened(job, 0).text]


def test_clusters_then_the_map_then_duplicates(open_page, row_opened, made_up):
    job = made_up("feature-extraction")
    app = open_page(PAGE, run=job.id)
    assert "67 % zoe, rome; 33 % nothing of 3 scored rows" in shown(app)
    assert {metric.label: metric.value for metric in app.metric} == {"Clusters": "2", "Near-duplicates": "2"}
    assert [trace["name"] for trace in figure(app, 1)["data"]] == ["zoe, rome", "nothing"]
    app.session_state["view"] = tab_label("Rows")
    app.run()
    app.checkbox(key="duplicates").check().run()
    assert app.dataframe[0].value["Row"].tolist() == [1, 3]
    assert "Only rows where another row says nearly the same." in shown(app)
    assert app.query_params["duplicates"] == "yes"
    nearest = row_opened(job, 0).dataframe[0].value
    assert nearest[["Row", "Text"]].values.tolist() == [[3, "Zoe again"]]


def test_the_metrics_of_the_task_are_four_tiles_and_a_table(open_page, made_up, settings):
    job = made_up("summarization")
    run = open_run(settings, job.id)
    one = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 2}
    names = ("rouge_1", "rouge_2", "rouge_l", "bleu", "chrf", "exact_text", "of_tomorrow")
    write_json(run.metrics_path, {"metrics": dict.fromkeys(names, one)})
    app = open_page(PAGE, run=job.id)
    assert "How close it comes to your texts" in shown(app)
    assert [metric.label for metric in app.metric] == ["ROUGE-L", "chrF", "BLEU", "ROUGE-1"]
    assert app.table[0].value.index.tolist() == ["ROUGE-2", "Same text", "of\\_tomorrow"]
    assert app.table[0].value["Range"].tolist() == ["0.400 to 0.600"] * 3


def test_what_is_asked_of_a_run_without_such_outputs_is_nothing(made_up, settings):
    query = ResultQuery(settings, open_run(settings, made_up("summarization").id))
    assert query.items("entities", ("label",), 10).empty
    assert query.labels_of_items("entities") == []
