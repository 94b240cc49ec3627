"""On the Metrics page a click on a cell of the confusion table, or on a slice, shows the rows behind it."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
from playwright.sync_api import Browser, Locator, Page, expect

from core import tables
from core.settings import Settings
from tests.browser.conftest import Server, Watch, settled

ROWS = 60
TRIES = 60
PATIENCE = 240_000  # milliseconds; a busy machine takes long to open a page, and no test is about that


def imported(server: Server, folder: Path) -> str:
    """A result table in the data folder of the server: the first twelve rows are wrong, all of them of the lamp."""
    truth = ["positive" if row % 2 else "negative" for row in range(ROWS)]
    said = [label if row >= 12 else {"positive": "negative", "negative": "positive"}[label] for row, label in enumerate(truth)]
    product = ["lamp" if row < ROWS // 2 else "desk" for row in range(ROWS)]
    frame = pd.DataFrame({"text": [f"review {row}" for row in range(ROWS)], "product": product, "label": truth, "prediction": said})
    path = folder / "results.csv"
    frame.to_csv(path, index=False)
    return tables.import_file(Settings(home=server.home), "local", path, name=path.name).id


def opened(browser: Browser, watch: Watch, server: Server, address: str) -> Page:
    watch.expected.append("/metrics/_stcore/")  # the page of a deep link first looks for the server below its own address
    page = watch.follow(browser.new_page(viewport={"width": 1280, "height": 1600}), server)
    page.goto(f"{server.url}/metrics?{address}")
    page.wait_for_selector(".stPlotlyChart .main-svg", timeout=PATIENCE)
    return settled(page)


def click_at(page: Page, chart: Locator, across: float, down: float) -> None:
    """Clicks inside the plot of a chart, at these shares of its width and height, once plotly has found the point under the pointer."""
    told = chart.locator(".hoverlayer .hovertext").first
    for _ in range(TRIES):
        box = chart.locator(".nsewdrag").first.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"], steps=3)
        page.wait_for_timeout(500)
        if told.is_visible():
            break
        page.mouse.move(box["x"], box["y"] - 20)  # a chart that was drawn again has forgotten the pointer
    expect(told).to_be_visible()
    page.mouse.down()
    page.mouse.up()


def test_a_cell_and_a_slice_open_their_rows(server: Server, browser: Browser, watch: Watch, tmp_path: Path) -> None:
    table = imported(server, tmp_path)
    page = opened(browser, watch, server, f"table={table}")
    click_at(page, page.locator(".st-key-metrics-confusion .stPlotlyChart"), 0.8, 0.2)
    expect(page.get_by_text("Your label negative, prediction positive: 6 rows")).to_be_visible(timeout=PATIENCE)
    expect(page).to_have_url(re.compile(r"truth=negative"), timeout=PATIENCE)
    expect(page).to_have_url(re.compile(r"said=positive"), timeout=PATIENCE)
    link = page.url

    page.get_by_role("tab", name="Slices").click()
    page.wait_for_selector(".st-key-metrics-slices .stPlotlyChart .main-svg", timeout=PATIENCE)
    settled(page)
    dots = page.locator(".st-key-metrics-slices .stPlotlyChart .scatterlayer .points path")
    expect(dots).to_have_count(2, timeout=PATIENCE)
    dots.first.click(force=True)
    expect(page.get_by_text("product is lamp: 30 rows")).to_be_visible(timeout=PATIENCE)
    expect(page).to_have_url(re.compile(r"tab=slices"), timeout=PATIENCE)
    expect(page).to_have_url(re.compile(r"of=lamp"), timeout=PATIENCE)

    other = opened(browser, watch, server, link.split("?", 1)[1])
    expect(other.get_by_text("Your label negative, prediction positive: 6 rows")).to_be_visible(timeout=PATIENCE)
    with other.expect_download(timeout=PATIENCE) as waiting:
        other.get_by_test_id("stDownloadButton").get_by_role("button", name="Rows as CSV").click()
    rows = pd.read_csv(waiting.value.path())
    assert rows["text"].tolist() == [f"review {row}" for row in (0, 2, 4, 6, 8, 10)]
