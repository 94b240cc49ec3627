"""A chart of a run is pinned to a new dashboard, and a read-only link shows it in another browser."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from tests.browser.conftest import Server, Watch, settled
from tests.browser.test_journeys import score_sample

PATIENCE = 240_000  # milliseconds; a busy machine takes long, and no test is about that


def test_a_dashboard_is_built_and_shared(server: Server, browser: Browser, watch: Watch) -> None:
    watch.expected.append("/dashboards/_stcore/")  # the page of a deep link first looks for the server below its own address
    page = watch.follow(browser.new_page(viewport={"width": 1280, "height": 1600}), server)
    score_sample(page, server)
    page.get_by_role("button", name="Pin", exact=False).first.click()
    page.get_by_label("Title of the dashboard").fill("Weekly look")
    page.get_by_role("button", name="Pin it").click()
    page.get_by_role("link", name="Open the dashboard").click(timeout=PATIENCE)
    expect(page.get_by_role("heading", name="Weekly look")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("scored rows")).to_be_visible(timeout=PATIENCE)
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
    expect(other.get_by_text("scored rows")).to_be_visible(timeout=PATIENCE)
    expect(other.get_by_text("Arrange and share")).to_have_count(0)
    expect(other.get_by_role("link", name="Open the run")).to_have_count(0)
