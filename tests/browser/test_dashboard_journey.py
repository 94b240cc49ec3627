"""A dashboard is built from a run and from its metrics, and its read-only link shows it to somebody who has another workspace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core import inference, jobs, tables
from core.jobs import api
from core.schema import JobState, Role
from core.settings import Settings
from pages.parts.workspace import COOKIE, from_cookies
from tests.browser.conftest import Server, Watch, end, settled
from tests.browser.test_safety import choose
from tests.pages.conftest import REVIEWS, score, settle

PATIENCE = 240_000  # milliseconds; a busy machine takes long, and no test is about that
MINE = "0123456789abcdef" * 2


@pytest.fixture
def scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Server, str]]:
    """A server that others can reach, whose data folder has a finished run in one browser's workspace; and the run's id."""
    monkeypatch.setattr(api, "ensure_scheduler", lambda settings: None)
    settings, owner = Settings(home=tmp_path / "home"), from_cookies({COOKIE: MINE})
    assert owner is not None
    path = tmp_path / "reviews.csv"
    path.write_text(REVIEWS, "utf-8")
    table = tables.import_file(settings, owner, path, name=path.name)
    roles = {Role.TEXT: "review", Role.LABEL: "mine"}
    spec = inference.make_spec(settings, table, task="text-classification", model="embedded:sentiment", roles=roles)
    job = jobs.submit(settings, spec, owner=owner, input_table=table.path, title=table.name)
    score(settings, job.id)
    settle(settings, job.id, JobState.DONE, rows_done=5)
    running = Server(settings.home, address="0.0.0.0").start()
    yield running, job.id
    end(running)


def opened(browser: Browser, watch: Watch, server: Server, cookie: str) -> Page:
    """A page in a browser of its own, whose cookie names its workspace."""
    context = browser.new_context(viewport={"width": 1280, "height": 1600})
    context.add_cookies([{"name": COOKIE, "value": cookie, "url": server.url}])
    return watch.follow(context.new_page(), server)


def pin(page: Page, button: str = "Pin it") -> None:
    page.get_by_role("button", name=button).click(timeout=PATIENCE)
    expect(page.get_by_text("Pinned.")).to_be_visible(timeout=PATIENCE)
    settled(page)


def test_a_dashboard_is_built_and_shared(scored: tuple[Server, str], browser: Browser, watch: Watch) -> None:
    server, run = scored
    # The page of a deep link first looks for the server below its own address.
    watch.expected += ["/dashboards/_stcore/", "/metrics/_stcore/"]
    page = opened(browser, watch, server, MINE)
    page.goto(f"{server.url}/batch?run={run}")
    page.get_by_role("button", name="Pin").first.click(timeout=PATIENCE)
    title = page.get_by_label("Title of the dashboard")
    title.fill("Weekly look", timeout=PATIENCE)
    title.press("Enter")
    settled(page)
    pin(page)

    page.goto(f"{server.url}/metrics?run={run}")
    page.get_by_role("button", name="Pin").first.click(timeout=PATIENCE)
    settled(page)
    choose(page, "Chart", "One figure")
    expect(page.get_by_role("combobox", name="Figure")).to_be_visible(timeout=PATIENCE)
    pin(page)
    page.get_by_role("link", name="Open the dashboard").click(timeout=PATIENCE)
    expect(page.get_by_role("heading", name="Weekly look")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("3 scored rows")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_test_id("stMetric")).to_have_count(1, timeout=PATIENCE)
    settled(page)

    page.get_by_text("Arrange and share").click()
    name, notes = page.get_by_label("Title", exact=True), page.get_by_role("textbox", name="Notes")
    name.fill("Monday look", timeout=PATIENCE)
    name.press("Enter")
    settled(page)
    notes.fill("Mind the *lamps*")
    notes.press("Control+Enter")
    expect(page.get_by_test_id("stText")).to_have_text("Mind the *lamps*", timeout=PATIENCE)
    settled(page)
    page.get_by_role("button", name="Make a read-only link").click(timeout=PATIENCE)
    code = page.get_by_test_id("stCode")
    expect(code).to_contain_text("shared=", timeout=PATIENCE)
    token = re.search(r"shared=([0-9a-f]{32})", code.inner_text())
    assert token is not None

    other = opened(browser, watch, server, MINE[::-1])
    other.goto(f"{server.url}/dashboards?shared={token[1]}")
    whole(other)
    expect(other.get_by_text("Shared with you by its link")).to_be_visible(timeout=PATIENCE)
    for theirs in ("Arrange and share", "Open the run"):
        expect(other.get_by_text(theirs)).to_have_count(0)
    other.goto(f"{server.url}/batch?run=")
    settled(other)
    expect(other.get_by_text("reviews.csv")).to_have_count(0)

    other.goto(f"{server.url}/dashboards?shared={token[1]}&embed=true")
    whole(other)
    for frame in ("Shared with you by its link", "Deploy", "Charts of your runs", "Batch inference"):
        expect(other.get_by_text(frame)).to_have_count(0)


def whole(page: Page) -> None:
    """The dashboard with everything that was put on it."""
    expect(page.get_by_role("heading", name="Monday look")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_test_id("stText")).to_have_text("Mind the *lamps*", timeout=PATIENCE)
    expect(page.get_by_text("3 scored rows")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_test_id("stMetric")).to_have_count(1, timeout=PATIENCE)
    settled(page)
