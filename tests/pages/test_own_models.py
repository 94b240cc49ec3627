"""Adapters on pages: offered to their workspace only, while a run made with one can be shared by its link."""

from __future__ import annotations

from core import inference, jobs, models
from core.schema import JobState, Role
from tests.pages.conftest import score, settle, texts

PAGE = "inference/batch"


def put(settings, owner: str, name: str) -> None:
    models.put_adapter(settings, owner, name, models.resolve(settings, "embedded:sentiment").adapter, replace=False)


def test_the_picker_offers_the_workspace_its_own(open_page, settings, reviews):
    put(settings, "local", "ours")
    put(settings, "theirs", "secret")
    app = open_page(PAGE, table=reviews.id)
    assert not app.exception
    offered = " ".join(app.selectbox(key="model_choice").options)
    assert "ours" in offered and "secret" not in offered


def test_the_chosen_adapter_makes_the_job(open_page, settings, reviews):
    put(settings, "local", "ours")
    app = open_page(PAGE, table=reviews.id)
    app.selectbox(key="model_choice").select("adapter:ours").run()
    assert not app.button(key="score").disabled, texts(app)
    app.button(key="score").click().run()
    assert not app.exception
    assert [job.owner for job in jobs.list_jobs(settings)] == ["local"]


def test_a_shared_run_shows_its_results_though_its_model_is_not_shared(open_page, settings, reviews):
    put(settings, "theirs", "secret")
    roles = {Role.TEXT: "review", Role.LABEL: "mine"}
    task = "text-classification"
    spec = inference.make_spec(settings, reviews, task=task, model="adapter:secret", roles=roles, owner="theirs")
    job = jobs.submit(settings, spec, owner="theirs", input_table=reviews.path, title=reviews.name)
    score(settings, job.id)
    settle(settings, job.id, JobState.DONE, rows_done=5)
    app = open_page(PAGE, run=job.id)
    assert not app.exception and not app.error
    assert "adapter:secret" in texts(app).replace("\\", "")
    assert len(app.dataframe[0].value) == 5
