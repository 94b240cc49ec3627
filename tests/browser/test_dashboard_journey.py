"""A chart of a run is pinned to a new dashboard, and a read-only link shows it in another browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from core import inference, jobs, tables
from core.jobs import api
from core.schema import JobState, Role
from core.settings import Settings
from tests.browser.conftest import Server, Watch, end, settled
from tests.pages.conftest import REVIEWS, score, settle

PATIENCE = 240_000  # milliseconds; a busy machine takes long, and no test is about that


@pytest.fixture
def scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Server, str]]:
    """A server whose data folder has a finished run, and the run's id."""
    monkeypatch.setattr(api, "ensure_scheduler", lambda settings: None)
    settings = Settings(home=tmp_path / "home")
    path = tmp_path / "reviews.csv"
    path.write_text(REVIEWS, "utf-8")
    table = tables.import_file(settings, "local", path, name=path.name)
    roles = {Role.TEXT: "review", Role.LABEL: "mine"}
    spec = inference.make_spec(settings, table, task="text-classification", model="embedded:sentiment", roles=roles)
    job = jobs.submit(settings, spec, owner="local", input_table=table.path, title=table.name)
    score(settings, job.id)
    settle(settings, job.id, JobState.DONE, rows_done=5)
    running = Server(settings.home).start()
    yield running, job.id
    end(running)


def test_a_dashboard_is_built_and_shared(scored: tuple[Server, str], browser: Browser, watch: Watch) -> None:
    server, run = scored
    watch.expected.append("/dashboards/_stcore/")  # the page of a deep link first looks for the server below its own address
    page = watch.follow(browser.new_page(viewport={"width": 1280, "height": 1600}), server)
    page.goto(f"{server.url}/batch?run={run}")
    page.get_by_role("button", name="Pin").first.click(timeout=PATIENCE)
    title = page.get_by_label("Title of the dashboard")
    title.fill("Weekly look", timeout=PATIENCE)
    title.press("Enter")
    settled(page)
    page.get_by_role("button", name="Pin it").click(timeout=PATIENCE)
    page.get_by_role("link", name="Open the dashboard").click(timeout=PATIENCE)
    expect(page.get_by_role("heading", name="Weekly look")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("3 scored rows")).to_be_visible(timeout=PATIENCE)
    settled(page)
    page.get_by_text("Arrange and share").click()
    page.get_by_role("button", name="Make a read-only link").click(timeout=PATIENCE)
    code = page.get_by_test_id("stCode")
    expect(code).to_contain_text("shared=", timeout=PATIENCE)
    token = re.search(r"shared=([0-9a-f]{32})", code.inner_text())
    assert token is not None

    other = watch.follow(browser.new_context(viewport={"width": 1280, "height": 1600}).new_page(), server)
    other.goto(f"{server.url}/dashboards?shared={token[1]}")
    expect(other.get_by_role("heading", name="Weekly look")).to_be_visible(timeout=PATIENCE)
    expect(other.get_by_text("3 scored rows")).to_be_visible(timeout=PATIENCE)
    expect(other.get_by_text("Arrange and share")).to_have_count(0)
    expect(other.get_by_role("link", name="Open the run")).to_have_count(0)
