"""A link to a result shows what its sender saw, in another browser too; a download may hold only the rows shown."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import Server, Watch, settled
from tests.browser.test_journeys import score_sample


def test_a_link_shows_the_senders_view_and_only_its_rows_can_be_downloaded(shared_server: Server, browser: Browser, watch: Watch) -> None:
    context = browser.new_context()
    page = watch.follow(context.new_page(), shared_server)
    score_sample(page, shared_server)
    search = search_box(page)
    search.fill("lamp")
    search.press("Enter")
    expect(page).to_have_url(re.compile(r"[?&]q=lamp"), timeout=30_000)
    settled(page)
    expect(page.get_by_text(re.compile(r"^Only the \d+ rows? shown$"))).to_be_visible()
    link = page.url

    other = watch.follow(context.new_page(), shared_server)
    other.goto(link + "&state=bogus")
    settled(other)
    expect(search_box(other)).to_have_value("lamp")
    expect(other.get_by_text("The address says state=bogus")).to_be_visible()
    shown = other.get_by_text(re.compile(r"^Only the \d+ rows? shown$"))
    shown.click()
    settled(other)
    number = int(re.search(r"\d+", shown.inner_text())[0])
    with other.expect_download(timeout=60_000) as waiting:
        other.get_by_test_id("stDownloadButton").get_by_role("button", name="CSV", exact=True).click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text("utf-8"), newline="")))
    assert len(rows) == number < 220
    assert all("lamp" in " ".join(row.values()).casefold() for row in rows)

    other.get_by_role("tab", name="Breakdown").click()
    expect(other).to_have_url(re.compile(r"tab=breakdown"), timeout=30_000)
    other.go_back()
    settled(other)
    other.get_by_role("tab", name="Rows").click()
    expect(search_box(other)).to_have_value("lamp", timeout=30_000)


def search_box(page: Page) -> Locator:
    """The field over the rows; the table's own bar has a button of the same label."""
    return page.get_by_placeholder("Text in any column")
