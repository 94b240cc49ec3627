"""The list of jobs."""

import datetime
import json
import shutil

import pytest

from core import jobs
from core.jobs import store
from core.runs import open_run
from core.schema import JobState
from tests.pages.conftest import settle, texts
from tests.pages.test_finetune_view import unescaped

PAGE = "jobs/jobs"


def test_without_jobs_the_sample_is_offered(open_page):
    app = open_page(PAGE)
    assert "No job yet" in texts(app)


def test_jobs_are_listed_with_state_and_place(open_page, queued):
    app = open_page(PAGE)
    table = app.dataframe[0].value
    assert table["Job"].tolist() == ["reviews.csv"]
    assert table["State"].tolist() == ["queued, place 1"]
    assert table["Id"].tolist() == [queued.id]
    assert (table["What"].tolist(), table["Model"].tolist()) == (["Text classification"], ["embedded:sentiment"])


def test_a_chosen_job_shows_its_log_and_can_be_resumed(open_page, settings, queued):
    settle(settings, queued.id, JobState.FAILED, error="went <b>wrong</b>")
    app = open_page(PAGE, job=queued.id)
    assert "went <b>wrong</b>" in texts(app).replace("\\", "")
    app.button(key=f"resume-{queued.id}").click().run()
    job = jobs.get(settings, queued.id)
    assert (job.state, job.attempt) == (JobState.QUEUED, 2)


def test_one_whose_end_the_queue_cannot_note_says_what_to_do(open_page, queued, monkeypatch):
    gone = queued.model_copy(update={"state": JobState.RUNNING, "unnoted": True, "error": "The disk is *full*. Free some space there."})
    monkeypatch.setattr(jobs, "get", lambda *args: gone)
    app = open_page("inference/batch", run=queued.id)
    assert not app.exception and app.error[0].value.replace("\\", "") == gone.error
    assert "the job goes on" not in texts(app)


def test_the_log_is_shown_as_text(open_page, finished):
    app = open_page(PAGE, job=finished.id)
    assert "loading <b>model</b>" in [code.value for code in app.code]


def test_the_time_of_a_resumed_job_is_that_of_all_its_attempts(open_page, settings, finished):
    run = open_run(settings, finished.id)
    with store.opened(settings) as connection:
        assert store.change(connection, store.row(connection, finished.id), attempt=2)
    start = finished.started
    moments = [("started", start - 5_000), ("stopped", start - 5_000 + 58), ("started", start)]
    run.events_path.write_text("".join(json.dumps({"what": what, "time": moment}) + "\n" for what, moment in moments))
    app = open_page(PAGE, job=finished.id)
    assert app.dataframe[0].value["Took"].tolist() == ["60 s"]
    assert "took 60 s" in texts(app)
    assert f"2 attempts, the last one from {moment(start)}" in unescaped(texts(app))
    assert app.dataframe[0].value["Started"].tolist() == [moment(start - 5_000)]
    assert f"Started {moment(start - 5_000)}" in unescaped(texts(app))
    run.events_path.write_text(json.dumps({"what": "started", "time": 1.0}) + "\n" + json.dumps({"what": "started", "time": start}) + "\n")
    app.run()
    assert app.dataframe[0].value["Took"].tolist() == ["2 s (last attempt)"]
    run.events_path.write_text("")
    assert app.run().dataframe[0].value["Started"].tolist() == [moment(start)], "no event says better"


def moment(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    ("state", "words"), [(JobState.DONE, "as it does when nothing goes wrong"), (JobState.FAILED, "Its process may have been killed")]
)
def test_an_empty_log_says_what_that_means(open_page, settings, finished, state, words):
    open_run(settings, finished.id).log_path.unlink()
    settle(settings, finished.id, state)
    app = open_page(PAGE, job=finished.id)
    assert words in texts(app)
    assert len(app.code) == 0


def test_delete_asks_first(open_page, settings, finished):
    app = open_page(PAGE, job=finished.id)
    app.button(key=f"delete-{finished.id}").click().run()
    assert jobs.list_jobs(settings, owner="local")
    assert "will be gone" in texts(app)  # the button in the dialog is pressed in tests/browser: AppTest cannot


def test_an_action_that_is_too_late_says_so_and_loses_nothing(open_page, settings, queued):
    app = open_page(PAGE, job=queued.id)
    settle(settings, queued.id, JobState.DONE)
    app.button(key=f"stop-{queued.id}").click().run()
    assert not app.exception
    assert "There is nothing to stop" in texts(app).replace("\\", "")


def test_anothers_job_is_not_listed_even_by_its_id(open_page, queued, monkeypatch):
    monkeypatch.setattr("pages.parts.workspace.current", lambda settings: "w-another")
    app = open_page(PAGE, job=queued.id)
    assert "No job yet" in texts(app)
    assert "reviews" not in texts(app)


def test_a_job_whose_folder_is_gone_can_still_be_deleted(open_page, settings, finished):
    shutil.rmtree(open_run(settings, finished.id).path)
    app = open_page(PAGE, job=finished.id)
    assert not app.exception
    assert app.button(key=f"delete-{finished.id}")


def test_a_job_with_a_damaged_summary_can_still_be_deleted(open_page, settings, finished):
    open_run(settings, finished.id).summary_path.write_text("{", "utf-8")
    app = open_page(PAGE, job=finished.id)
    assert not app.exception
    assert app.button(key=f"delete-{finished.id}")
