"""The page that scores a table and shows the result."""

import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core import jobs, models
from core.errors import BadInput, NotAllowed
from core.files import write_json
from core.inference.parts import FACTS
from core.runs import open_run, write_part
from core.runs.query import ResultFilters, ResultQuery
from core.schema import JobState, ModelEntry, ModelReference, Role
from pages.parts.choices import model_picker
from pages.parts.results.rows import Shown
from pages.parts.runs import downloads, partial
from pages.parts.tabs import tab_label
from tests.pages.conftest import score, settle, texts

PAGE = "inference/batch"


def shown(app) -> str:
    return texts(app).replace("\\", "").replace("\u2060", "")


def test_without_a_table_the_sample_is_offered(open_page):
    app = open_page(PAGE)
    assert "There is no table yet" in texts(app)
    app.button[0].click().run()
    assert "Score 220 rows" in [button.label for button in app.button]


def test_roles_are_suggested_and_the_button_makes_the_run(open_page, settings, reviews):
    app = open_page(PAGE, table=reviews.id)
    assert not app.exception
    by_label = {box.label: box for box in app.selectbox}
    assert by_label["Text"].value == reviews.columns.index("review")
    assert by_label["Second text"].value is None
    assert "python -m core predict reviews.csv --task text-classification --model embedded:sentiment" in shown(app)
    app.button(key="score").click().run()
    [job] = jobs.list_jobs(settings, owner="local")
    spec = open_run(settings, job.id).spec()
    assert spec.roles[Role.TEXT] == "review"
    assert job.owner == "local"


def test_the_base_of_an_adapter_is_never_downloaded_by_the_page(open_page, reviews, settings, monkeypatch):
    sentiment = models.resolve(settings, "embedded:sentiment")
    models.put_adapter(settings, "local", "mine", sentiment.adapter, replace=False)
    monkeypatch.setattr(models, "hub_model", lambda settings, reference, owner: ModelReference.parse("someone/a-base"))
    monkeypatch.setattr("core.inference.make_spec", lambda *_, **__: pytest.fail("a spec is made"))
    app = open_page(PAGE, table=reviews.id, task="text-classification", model="adapter:mine")
    assert "the model that this adapter was tuned on" in texts(app) and app.button(key="score").disabled


def test_the_estimate_stands_beside_the_button(open_page, reviews):
    app = open_page(PAGE, table=reviews.id)
    for _ in range(50):
        if "About 12 s" in shown(app):
            break
        app.run()
    assert "About 12 s, 40 rows per second, 600 MB of memory" in shown(app)
    assert "Mind *this*" in shown(app)


def test_values_that_are_no_labels_can_be_mapped(open_page, settings, reviews):
    app = open_page(PAGE, table=reviews.id)
    label = next(box for box in app.selectbox if box.label == "Your label")
    label.set_value(reviews.columns.index("mine")).run()
    mapping = next(box for box in app.selectbox if box.label.startswith("5 means"))
    mapping.set_value("positive").run()
    app.button(key="score").click().run()
    [job] = jobs.list_jobs(settings, owner="local")
    assert open_run(settings, job.id).spec().label_map == {"5": "positive"}


def test_options_reach_the_spec(open_page, settings, reviews):
    app = open_page(PAGE, table=reviews.id)
    app.checkbox(key="option-text-classification-logits").check().run()
    next(box for box in app.number_input if box.label == "Only the first rows").set_value(2).run()
    app.button(key="score").click().run()
    [job] = jobs.list_jobs(settings, owner="local")
    spec = open_run(settings, job.id).spec()
    assert spec.options == {"logits": True}
    assert spec.limit == job.rows == 2


def choose_hub_model(app):
    model = app.selectbox(key="model_choice")
    model.select(next(name for name in model.options if "needs the Hub" in name)).run()


def test_choosing_a_model_of_the_hub_asks_nothing_of_the_network(open_page, reviews, monkeypatch):
    asked = []
    monkeypatch.setattr("core.hub.model_facts", lambda *_, **__: asked.append("facts"))
    monkeypatch.setattr("core.hub.download", lambda *_, **__: asked.append("download"))
    app = open_page(PAGE, table=reviews.id)
    choose_hub_model(app)
    app.run()
    assert asked == []
    assert "Needs the Hub: distilbert-sst2, 268 MB." in shown(app)
    assert not app.button(key="score").disabled


def test_a_hub_that_cannot_be_reached_is_one_message_and_loses_no_choice(open_page, settings, reviews):
    app = open_page(PAGE, table=reviews.id)
    app.checkbox(key="option-text-classification-logits").check().run()
    choose_hub_model(app)
    before = {box.key: box.value for box in app.selectbox}
    app.button(key="score").click().run()
    assert not app.exception
    assert [error.value.count("**Expected** the Hub") for error in app.error] == [1]
    assert {box.key: box.value for box in app.selectbox} == before
    assert app.checkbox(key="option-text-classification-logits").value
    assert jobs.list_jobs(settings, owner="local") == []


def test_the_text_leaves_the_prediction_on_a_narrow_screen(open_page, finished):
    app = open_page(PAGE, run=finished.id, tab="rows")
    rows = next(frame for frame in app.dataframe if "Row" in frame.value.columns)
    config = json.loads(rows.proto.columns)
    assert list(rows.value.columns)[:4] == ["Row", "review", "prediction", "confidence"]
    assert config["review"]["width"] == 200 and config["Row"]["pinned"] and "width" not in config["Row"]


def test_a_model_that_was_fetched_before_is_named_by_its_commit(monkeypatch, tmp_path):
    entry = ModelEntry(reference="owner/name", title="name", tasks=[], needs_hub=True)
    monkeypatch.setattr("core.hub.cached_snapshot", lambda name, revision: ("a" * 40, tmp_path))
    assert model_picker.at_hand(entry) == f"owner/name@{'a' * 40}"
    monkeypatch.setattr("core.hub.cached_snapshot", lambda name, revision: None)
    assert model_picker.at_hand(entry) is None


def test_the_limits_of_the_model_stand_under_it(open_page, reviews):
    app = open_page(PAGE, table=reviews.id)
    assert "English only; other languages and scripts get a label that means nothing." in shown(app)
    assert "Licence: apache-2.0" in shown(app)


def test_results_begin_with_numbers_and_the_label_chart(open_page, finished):
    app = open_page(PAGE, run=finished.id)
    assert not app.exception
    assert [metric.label for metric in app.metric] == ["Accuracy", "Balanced accuracy", "F1, macro", "Matthews (MCC)"]
    assert app.metric[0].value == "0.500"
    assert app.metric[0].delta == "0.100 to 0.900"
    assert len(app.get("plotly_chart")) == 1
    said = shown(app)
    assert "**3** of 5 rows scored" in said
    assert "**1** failed" in said
    assert "Some texts are *odd*" in said
    assert "5 (1)" in said
    assert {button.label for button in app.get("download_button")} == {"CSV", "CSV safe for Excel", "XLSX", "Parquet", "JSONL"}


def test_the_grid_says_which_row_is_meant(open_page, finished):
    app = open_page(PAGE, run=finished.id)
    columns = json.loads(app.dataframe[0].proto.columns)
    assert "The row of the table" in columns["Row"]["help"]
    app.session_state["view"] = tab_label("Not scored")
    app.run()
    assert "First row of the table" in app.dataframe[0].value.columns


def test_a_page_of_rows_says_which_ones_it_shows(open_page, settings, finished, monkeypatch):
    assert "5 rows. Select one" in texts(open_page("inference/batch", run=finished.id))
    monkeypatch.setenv("SHEETFORMER_PAGE_ROWS", "3")
    app = open_page("inference/batch", run=finished.id)
    assert "Rows 1 to 3 of 5. Select one" in texts(app)
    (pager,) = app.get("pagination")
    assert pager.proto.num_pages == 2
    assert "Rows 4 to 5 of 5. Select one" in texts(open_page("inference/batch", run=finished.id, page="2"))


def test_labels_can_be_mapped_after_the_run(open_page, settings, finished):
    app = open_page(PAGE, run=finished.id)
    assert "1 row of your label column matches no label of the model and is left out of the numbers: 5 (1)." in shown(app)
    next(box for box in app.selectbox if box.label == "5 means").set_value("positive")
    next(button for button in app.button if button.label == "Map labels and count again").click().run()
    assert not app.exception
    run = open_run(settings, finished.id)
    assert run.metrics()["label_map"] == {"5": "positive"}
    assert "left out of the numbers" not in shown(app)
    assert next(box for box in app.selectbox if box.label == "5 means").value == "positive"  # it can be taken back
    assert run.spec().label_map == {}
    assert "--map-label 5=positive" in shown(app)


def test_a_column_without_a_label_of_the_model_gives_words_not_empty_figures(open_page, settings, finished):
    run = open_run(settings, finished.id)
    nothing = {"value": None, "low": None, "high": None, "n": 0}
    write_json(run.metrics_path, run.metrics() | {"metrics": dict.fromkeys(("accuracy", "mcc"), nothing), "unmatched": {"5": 1}})
    app = open_page(PAGE, run=finished.id)
    assert len(app.metric) == 0
    assert "There is nothing to compare" in shown(app)
    assert tab_label("Agreement") not in [tab.label for tab in app.tabs]


def test_a_visitor_is_not_offered_to_map_labels(open_page, finished, monkeypatch):
    monkeypatch.setattr("pages.parts.workspace.current", lambda settings: "w-another")
    app = open_page(PAGE, run=finished.id)
    assert "5 (1)." in shown(app)
    assert [box.label for box in app.selectbox if box.label.endswith("means")] == []


def test_labels_of_a_model_to_fetch_are_said_to_be_mapped_later(open_page, reviews):
    app = open_page(PAGE, table=reviews.id)
    next(box for box in app.selectbox if box.label == "Your label").set_value(reviews.columns.index("mine")).run()
    choose_hub_model(app)
    assert "After the run, its page lets you say what yours mean." in shown(app)


def test_rows_can_be_filtered_and_searched(open_page, finished):
    app = open_page(PAGE, run=finished.id)
    assert len(app.dataframe[0].value) == 5
    app.text_input(key="q").set_value("BROKE").run()
    assert app.dataframe[0].value["Row"].tolist() == [2]
    app.text_input(key="q").set_value("").run()
    app.selectbox(key="state").set_value("failed").run()
    assert app.dataframe[0].value["Row"].tolist() == [3]
    app.text_input(key="q").set_value("nothing like this").run()
    assert "No row matches" in shown(app)


@pytest.mark.parametrize("tab", ["Breakdown", "Confidence", "Over time", "Agreement", "Not scored"])
def test_every_tab_opens(open_page, finished, tab):
    app = open_page(PAGE, run=finished.id)
    app.session_state["view"] = tab_label(tab)
    app.run()
    assert not app.exception
    charts = app.get("plotly_chart")
    assert len(charts) == {"Not scored": 1, "Agreement": 3}.get(tab, 2)


def test_failed_rows_can_be_retried_alone(open_page, settings, finished):
    app = open_page(PAGE, run=finished.id)
    next(button for button in app.button if button.label == "Retry 1 failed row").click().run()
    job = jobs.get(settings, finished.id)
    assert (job.state, job.retry_failed, job.attempt) == (JobState.QUEUED, True, 2)


def test_a_waiting_run_shows_its_place_and_can_be_stopped(open_page, settings, queued):
    app = open_page(PAGE, run=queued.id)
    assert any("place 1 in the queue" in element.proto.text for element in app.get("progress"))
    next(button for button in app.button if button.label == "Stop").click().run()
    assert jobs.get(settings, queued.id).state is JobState.STOPPED


def test_a_stopped_run_shows_partial_results_and_says_so(open_page, settings, queued):
    score(settings, queued.id, whole=False)
    settle(settings, queued.id, JobState.STOPPED, rows_done=2)
    app = open_page(PAGE, run=queued.id)
    assert not app.exception
    assert "partial results" in shown(app)
    assert "Download partial results" in shown(app)
    assert "Resume" in [button.label for button in app.button]
    app.selectbox(key="state").set_value("scored").run()
    assert app.dataframe[0].value["Row"].tolist() == [1, 2]


def test_a_stopped_run_says_what_is_known_and_what_is_not_yet(open_page, settings, queued):
    run = open_run(settings, queued.id)
    part = {"key": [0, 1], "prediction": ["positive", None], "confidence": [0.9, None], "error": [None, "RuntimeError"]}
    facts = {FACTS: json.dumps({"seconds": 1.0, "truncated": 1, "lost_tokens": 9}).encode()}
    write_part(run, 1, pa.table(part).replace_schema_metadata(facts))
    settle(settings, queued.id, JobState.STOPPED, rows_done=2)
    app = open_page(PAGE, run=queued.id)
    assert "So far: **1** failed · **1** cut because they are too long for the model" in shown(app)
    assert "Whether the texts fit the model, and how well it agrees with your labels, is found out when the run is done." in shown(app)


def test_filters_that_the_menu_hides_are_said_in_words(open_page, finished):
    app = open_page(PAGE, run=finished.id, confidence="0.50-0.90", differs="yes", column="product", value="Desk")
    said = "Only rows where the confidence is 0.50 to 0.90; the prediction differs from your label; product is Desk."
    assert said in shown(app)


def test_a_failed_run_says_why(open_page, settings, queued):
    settle(settings, queued.id, JobState.FAILED, error="Killed, probably out of *memory*")
    app = open_page(PAGE, run=queued.id)
    assert "Killed, probably out of *memory*" in shown(app)


def test_a_link_shares_a_run_to_read_only(open_page, settings, finished, monkeypatch):
    monkeypatch.setattr("pages.parts.workspace.current", lambda settings: "w-another")
    app = open_page(PAGE, run=finished.id)
    assert "Shared with you" in shown(app)
    assert len(app.dataframe[0].value) == 5
    assert [button.label for button in app.button] == []
    with pytest.raises(NotAllowed):
        jobs.delete(settings, finished.id, owner="w-another")


@pytest.mark.parametrize("run", ["0" * 16, "../../etc", "<script>"])
def test_an_id_of_no_run_is_answered_in_words(open_page, run):
    app = open_page(PAGE, run=run)
    assert not app.exception
    assert "Expected" in shown(app)


def test_every_format_can_be_made_of_a_partial_result(settings, queued):
    score(settings, queued.id, whole=False)
    run = open_run(settings, queued.id)
    made = {format_.label: downloads.exported(lambda: partial._snapshot(run), format_)() for format_ in downloads.FORMATS}
    assert made["CSV"].decode().splitlines()[0].startswith("date,product,review,mine,prediction,confidence")
    assert made["CSV"].decode().count("not scored") == 2
    assert b"'=1+1" in made["CSV safe for Excel"]
    assert b"'=1+1" not in made["CSV"]
    assert not run.result_path.exists()


def test_a_download_says_which_rows_it_holds_and_offers_those_shown(open_page, finished):
    app = open_page(PAGE, run=finished.id)
    assert "All 5 rows, in the order of the table." in shown(app)
    assert len(app.radio) == 0
    app.text_input(key="q").set_value("lamp").run()
    [choice] = app.radio
    assert list(choice.options) == ["All 5 rows", "Only the 2 rows shown"]
    assert choice.value == "all"
    assert "All 5 rows, in" not in shown(app)


def test_only_the_rows_shown_can_be_downloaded(settings, finished):
    run = open_run(settings, finished.id)
    query = ResultQuery(settings, run)
    part = Shown(query, ResultFilters(state="scored"), "lamp", 2)
    made = {f.label: downloads.exported(lambda: run.result_path, f, shown=part)() for f in downloads.FORMATS}
    whole = downloads.exported(lambda: run.result_path, downloads.FORMATS[0])().decode().splitlines()
    assert made["CSV"].decode().splitlines() == whole[:3]
    assert len(made["JSONL"].decode().splitlines()) == 2
    assert downloads.file_name(finished, downloads.FORMATS[1], selected=True) == "reviews-scored-selected-safe.csv"
    query.close()


def test_rows_appear_while_a_run_works(open_page, settings, queued):
    settle(settings, queued.id, JobState.QUEUED, rows_done=0)
    app = open_page(PAGE, run=queued.id)
    assert "The first rows can be looked at here" in shown(app)
    assert list(app.toggle) == []
    score(settings, queued.id, whole=False)
    app.run()
    assert "The first rows can be looked at here" not in shown(app)
    app.toggle[0].set_value(True).run()
    assert not app.exception
    assert "as of 2 rows" in shown(app)
    assert len(app.dataframe[0].value) == 5
    score(settings, queued.id, whole=True)
    app.button(key=f"refresh-{queued.id}").click().run()
    assert "as of 3 rows" in shown(app)


def test_a_result_older_than_its_parts_is_not_shown_as_the_result(open_page, settings, finished):
    run = open_run(settings, finished.id)
    os.utime(run.result_path, ns=(1, 1))
    settle(settings, finished.id, JobState.STOPPED)
    app = open_page(PAGE, run=finished.id)
    assert not app.exception
    assert "Download partial results" in shown(app)


def test_xlsx_is_off_where_a_cell_does_not_fit_and_says_why(open_page, settings, finished):
    run = open_run(settings, finished.id)
    buttons = {button.proto.label: button.proto for button in open_page(PAGE, run=finished.id).get("download_button")}
    assert not buttons["XLSX"].disabled
    table = pq.read_table(run.result_path)
    texts_ = ["\N{GRINNING FACE}" * 16_384, *table["review"].to_pylist()[1:]]  # 32,768 units in Excel
    table = table.set_column(table.column_names.index("review"), "review", pa.array(texts_))
    pq.write_table(table, run.result_path)
    buttons = {button.proto.label: button.proto for button in open_page(PAGE, run=finished.id).get("download_button")}
    assert buttons["XLSX"].disabled
    assert "32,768 characters" in buttons["XLSX"].help
    assert not buttons["CSV"].disabled


def test_a_download_that_failed_says_why_when_the_page_is_drawn_again(open_page, settings, finished):
    failed = []
    make = downloads.exported(lambda: settings.home / "gone.parquet", downloads.FORMATS[0], failed)
    with pytest.raises(BadInput):
        make()
    assert isinstance(failed[0], BadInput)
    app = open_page(PAGE, run=finished.id)
    app.session_state[downloads.FAILED] = failed
    assert "**Next**" in shown(app.run())
    assert "**Next**" not in shown(app.run())


@pytest.mark.parametrize("damage", ["spec.json", "summary.json", "metrics.json", "no spec.json"])
def test_a_damaged_run_can_still_be_deleted(open_page, settings, finished, damage):
    run = open_run(settings, finished.id)
    if damage.startswith("no "):
        run.spec_path.unlink()
    else:
        (run.path / damage).write_text("{", "utf-8")
    settle(settings, finished.id, JobState.FAILED)
    app = open_page(PAGE, run=finished.id)
    assert not app.exception
    assert "Expected" in shown(app)
    assert "Delete" in [button.label for button in app.button]


def test_the_name_of_a_download_is_no_path(finished):
    job = finished.model_copy(update={"title": "../../etc/passwd\\x:y*.csv"})
    assert downloads.file_name(job, downloads.FORMATS[0]) == "x_y_-scored.csv"
