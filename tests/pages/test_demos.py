"""The page of demos: what starts one, who gets its link, and what is offered to take along."""

from __future__ import annotations

import pytest

from core import demos, jobs
from core.demos.link import note_link
from core.errors import NotFound
from core.runs import open_run
from core.schema import JobState
from pages.parts.demos import making, running
from pages.parts.visit import Visit
from tests.pages.conftest import settle, texts

PAGE = "demos/demos"


@pytest.fixture(autouse=True)
def gradio(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if Gradio were installed, wherever the tests run."""
    monkeypatch.setattr(demos, "python_with_gradio", lambda: "python")


def started(settings, owner: str = "local", title: str = "demo of x") -> jobs.Job:
    return jobs.submit(settings, demos.make_spec(settings, "embedded:sentiment"), owner=owner, title=title)


def test_one_press_starts_a_demo_of_the_model_in_the_address(settings, open_page) -> None:
    app = open_page(PAGE, task="token-classification", model="embedded:entities")
    assert not app.exception and "a page of its own" in texts(app)
    assert [box.value for box in app.selectbox] == ["token-classification", "embedded:entities"]
    app.text_input(key="demo-title").input("Names *in* texts")
    app.text_area(key="demo-examples-token-classification").input("Ada lives in Rome.\n\n Bo in Oslo. ")
    app.button(key="start-demo").click().run()
    assert not app.exception
    (job,) = jobs.list_jobs(settings, owner="local")
    spec = open_run(settings, job.id).spec()
    assert (job.kind, spec.task, spec.model, spec.title) == ("demo", "token-classification", "embedded:entities", "Names *in* texts")
    assert spec.examples == (("Ada lives in Rome.",), ("Bo in Oslo.",))
    assert app.query_params["run"] == job.id and "Waiting, place 1" in texts(app)


def test_the_owner_alone_is_given_the_link(settings, open_page) -> None:
    mine, theirs = started(settings), started(settings, "theirs", "their secret demo")
    for job in (mine, theirs):
        settle(settings, job.id, JobState.RUNNING)
        note_link(open_run(settings, job.id), demos.Link(host="127.0.0.1", port=7870, path=f"path-of-{job.id}"))
    app = open_page(PAGE, run=theirs.id)
    assert not app.exception
    shown = texts(app)
    assert f"http://127.0.0.1:7870/path-of-{mine.id}/" in shown and theirs.id not in shown and "secret" not in shown
    assert [link.label for link in app.get("link_button")] == ["Open the demo"]
    app.button(key=f"stop-demo-{mine.id}").click().run()
    assert jobs.get(settings, mine.id).state is JobState.STOPPING and jobs.get(settings, theirs.id).state is JobState.RUNNING


def test_a_demo_that_ended_says_why(settings, open_page) -> None:
    job = started(settings)
    settle(settings, job.id, JobState.DONE)
    app = open_page(PAGE, run=job.id)
    assert not app.exception and "nobody asked for 30 minutes" in texts(app)
    settle(settings, job.id, JobState.FAILED, error="Expected :red[x]; found y.")
    app = open_page(PAGE, run=job.id)
    assert "found y" in texts(app) and ":red[" not in app.error[0].value


def test_both_spaces_are_offered(settings, open_page) -> None:
    app = open_page(PAGE, task="text-classification", model="embedded:sentiment")
    assert [found.label for found in app.get("download_button")] == ["Gradio Space", "Docker Space"]
    assert any("hub space embedded:sentiment --out sentiment-space" in code.value for code in app.code)


def test_an_export_is_the_zip_of_the_choice(settings) -> None:
    visit = Visit(settings.model_copy(update={"max_space_mb": 1}), "local")
    chosen = making.Chosen("embedded:sentiment", making.tasks.get("text-classification"), "t", ())
    assert chosen.spec(visit).title == "t"
    with pytest.raises(Exception, match="max_space_mb"):
        demos.write_zip(visit.settings, chosen.spec(visit), None)


def test_without_gradio_the_spaces_are_left(settings, open_page, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise NotFound("an environment with Gradio", "none", "Run `make setup`.")

    monkeypatch.setattr(demos, "python_with_gradio", missing)
    app = open_page(PAGE)
    assert not app.exception and app.button(key="start-demo").disabled and "make setup" in app.error[0].value
    assert len(app.get("download_button")) == 2


def test_a_model_of_the_hub_is_fetched_first(settings, open_page) -> None:
    app = open_page(PAGE, task="fill-mask")
    assert not app.exception and "Needs the Hub" in texts(app) and "start-demo" not in [button.key for button in app.button]


def test_tasks_with_several_boxes_bring_their_own_examples(settings, open_page) -> None:
    app = open_page(PAGE, task="question-answering")
    assert not app.exception and "more than one text" in texts(app) and not app.text_area


def test_the_jobs_page_knows_demos(settings, open_page) -> None:
    job = started(settings)
    app = open_page("jobs/jobs", job=job.id)
    assert not app.exception and list(app.dataframe[0].value["What"]) == ["Demo"]
    app = open_page("inference/batch", run=job.id)
    assert not app.exception and "This is a demo: see it under Demos" in [link.label for link in app.get("page_link")]


@pytest.mark.parametrize("page", ["inference/batch", "training/adapters"])
def test_models_lead_to_their_demo(settings, reviews, open_page, page: str) -> None:
    from core import models

    models.put_adapter(settings, "local", "mine", models.resolve(settings, "embedded:sentiment").adapter, replace=False)
    app = open_page(page, adapter="mine")
    assert not app.exception and "Try as a demo" in [link.label for link in app.get("page_link")]


def test_where_no_browser_asks_it_is_this_machine() -> None:
    assert running.host_of_visit() == "127.0.0.1"
