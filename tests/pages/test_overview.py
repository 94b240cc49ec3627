"""The first page."""

from core import jobs, tables
from core.schema import JobState
from tests.pages.conftest import settle, texts

PAGE = "overview/overview"


def test_an_empty_workspace_is_told_what_to_do(open_page):
    app = open_page(PAGE)
    assert [title.value for title in app.title] == ["Sheetformer"]
    for row in ("Score a table", "Come back any time", "Take the result with you"):
        assert row in texts(app)
    assert [button.label for button in app.button] == ["Try it on the sample"]


def test_the_button_imports_the_sample_and_starts_a_run(open_page, settings):
    app = open_page(PAGE)
    app.button[0].click().run()
    assert not app.exception
    [job] = jobs.list_jobs(settings, owner="local")
    [table] = tables.list_tables(settings, "local")
    assert job.rows == table.rows > 200
    assert app.query_params["run"] in (job.id, [job.id])


def test_a_finished_run_is_a_link_to_its_page(open_page, finished):
    app = open_page(PAGE)
    [link] = [link for link in app.get("page_link") if "reviews" in link.proto.label]
    assert link.proto.label.replace("\\", "") == "reviews.csv"
    assert finished.id in str(link.proto)


def test_anothers_jobs_are_not_listed(open_page, settings, queued, monkeypatch):
    monkeypatch.setattr("pages.parts.workspace.current", lambda settings: "w-another")
    app = open_page(PAGE)
    assert "Running now" not in texts(app)
    assert "reviews" not in texts(app).replace("product reviews", "")
    assert "Come back any time" in texts(app)


def test_a_waiting_job_shows_its_place(open_page, queued):
    app = open_page(PAGE)
    assert "Running now" in texts(app)
    assert any("place 1 in the queue" in element.proto.text for element in app.get("progress"))


def test_a_stopped_job_is_recent(open_page, settings, queued):
    settle(settings, queued.id, JobState.STOPPED, rows_done=2)
    app = open_page(PAGE)
    assert "Running now" not in texts(app)
    assert "2 rows" in texts(app)
    assert "Come back any time" not in texts(app)
