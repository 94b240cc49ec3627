"""Tasks other than the first one, from their own controls to the row behind a point of the map."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server, Watch, settled
from tests.browser.test_journeys import LONG

ROWS, SCORED = 220, 215  # five reviews of the sample are empty

TALL = {"width": 1280, "height": 1600}  # a list that opens is not closed by the page moving under it


def choose_task(page: Page, server: Server, title: str) -> None:
    """The sample as a table, and a task for it."""
    page.goto(f"{server.url}/batch")
    settled(page)
    sample = page.get_by_role("button", name="Use the sample")
    choice = page.locator(".st-key-task_choice input")
    expect(sample.or_(choice)).to_be_visible(timeout=LONG)  # a page can look idle before its first run: neither is there yet
    if sample.is_visible():
        sample.click()
        expect(page.get_by_role("button", name=f"Score {ROWS} rows")).to_be_visible(timeout=LONG)
    settled(page)
    choice.click()
    page.get_by_role("option", name=title, exact=True).click()
    settled(page)


def start(page: Page) -> None:
    page.get_by_role("button", name=f"Score {ROWS} rows").click()
    expect(page.get_by_text(f"{SCORED} of {ROWS} rows scored")).to_be_visible(timeout=LONG)
    settled(page)


def test_labels_of_ones_own_from_typing_them_to_filtered_rows(shared_server: Server, browser: Browser, watch: Watch) -> None:
    page = watch.follow(browser.new_page(viewport=TALL), shared_server)
    choose_task(page, shared_server, "Your own labels")
    expect(page.get_by_text("Name at least one label.")).to_be_visible()
    expect(page.get_by_role("button", name=f"Score {ROWS} rows")).to_be_disabled()
    labels = page.locator(".st-key-option-zero-shot-classification-labels input")
    for label in ("delivery", "quality", "price"):
        labels.fill(label)
        labels.press("Enter")
        settled(page)
    labels.press("Escape")
    start(page)
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(1)
    page.locator(".st-key-labels input").click()
    page.get_by_role("option", name="price", exact=True).click()
    settled(page)
    page.locator(".st-key-labels input").press("Escape")
    expect(page).to_have_url(re.compile(r"label=price"))
    left = page.get_by_text(re.compile(r"^\d+ rows?\. Select one to see it whole\.$"))
    expect(left).to_be_visible()
    assert 0 < int(re.match(r"\d+", left.inner_text())[0]) < ROWS


def test_a_click_on_the_map_opens_the_row(shared_server: Server, browser: Browser, watch: Watch) -> None:
    page = watch.follow(browser.new_page(viewport=TALL), shared_server)
    choose_task(page, shared_server, "Compare texts")
    start(page)
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(2)
    points = page.locator(".st-key-map-chart .points path")
    expect(points).to_have_count(SCORED)
    points.nth(3).click(force=True)
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text(re.compile(r"Row \d+ of the table"))
    expect(drawer).to_contain_text("The most similar rows of the table.")
    expect(drawer).to_contain_text("(384 numbers)")
