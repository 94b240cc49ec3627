"""From an example to its logits, an edit that moves them, and a link that shows the same again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Server, Watch, settled
from tests.browser.test_journeys import LONG

TALL = {"width": 1280, "height": 2000}
NARROW = {"width": 390, "height": 2400}


@pytest.mark.model
def test_from_an_example_to_what_an_edit_moves(shared_server: Server, browser: Browser, watch: Watch) -> None:
    page = watch.follow(browser.new_page(viewport=TALL), shared_server)
    page.goto(f"{shared_server.url}/logits")
    settled(page)
    page.get_by_role("button", name="Use an example").click()
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(1, timeout=LONG)
    settled(page)
    expect(page.get_by_text(re.compile(r"^negative, \d"))).to_be_visible()
    page.get_by_text("Edit and compare", exact=True).click()
    changed = page.locator(".st-key-edit-text textarea")
    changed.fill("The screen is sharp, and the battery lasts for days. I love it.")
    changed.press("Control+Enter")
    expect(page.get_by_text("removed").first).to_be_visible(timeout=LONG)
    settled(page)
    expect(page).to_have_url(re.compile("changed-text="))
    expect(page.get_by_text(re.compile(r"negative, [\d.]+% before; positive, [\d.]+% after"))).to_be_visible()
    link = page.url
    with page.expect_download(timeout=LONG) as waiting:
        page.locator(".st-key-numbers-moved").get_by_role("button", name="Numbers as CSV").click()
    lines = Path(waiting.value.path()).read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("Label,Logit before,Logit after") and len(lines) == 3
    again = watch.follow(browser.new_page(viewport=NARROW), shared_server)
    again.goto(link)
    settled(again)
    expect(again.get_by_text(re.compile(r"negative, [\d.]+% before; positive, [\d.]+% after"))).to_be_visible(timeout=LONG)
    width = again.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert width <= NARROW["width"]
