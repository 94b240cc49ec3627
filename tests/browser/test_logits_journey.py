"""From an example to its logits, an edit that moves them, a link that shows the same again, and a branch from a token that is clicked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from core import models
from core.settings import Settings
from tests.browser.conftest import Server, Watch, end, settled
from tests.browser.test_journeys import LONG
from tests.tiny_models import tiny

TALL = {"width": 1280, "height": 2000}
NARROW = {"width": 390, "height": 2400}
WRITTEN = "the film was very good but the price was awful"


@pytest.fixture
def own_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server with a tiny language model of its administrator's."""
    roots, home = tmp_path / "roots", tmp_path / "home"
    tiny(roots / "writer", "llama", "AutoModelForCausalLM")
    monkeypatch.setenv("SHEETFORMER_MODEL_ROOTS", str(roots))
    models.add_local(Settings(home=home), roots / "writer", "writer")
    running = Server(home, model_roots=roots).start()
    yield running
    end(running)


@pytest.mark.model
def test_from_an_example_to_what_an_edit_moves(own_server: Server, browser: Browser, watch: Watch) -> None:
    page = watch.follow(browser.new_page(viewport=TALL), own_server)
    page.goto(f"{own_server.url}/logits")
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
    again = watch.follow(browser.new_page(viewport=NARROW), own_server)
    again.goto(link)
    settled(again)
    expect(again.get_by_text(re.compile(r"negative, [\d.]+% before; positive, [\d.]+% after"))).to_be_visible(timeout=LONG)
    width = again.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert width <= NARROW["width"]
    again.close()
    page.goto(f"{own_server.url}/logits?task=text-generation&model=local:writer&prompt={quote(WRITTEN)}")
    _branch_from_a_click(page)


def _branch_from_a_click(page: Page) -> None:
    """The fifth cell of the strip is pressed: it is the one that is looked at, and the text goes on from it."""
    strip = page.get_by_test_id("stPlotlyChart").first
    cells = strip.locator("g.bars g.point")
    expect(cells).to_have_count(12, timeout=LONG)  # a start, ten words and an end
    settled(page)
    cells.nth(5).locator("path").hover(force=True)
    box = cells.nth(5).locator("path").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page).to_have_url(re.compile(r"token=5\b"))
    settled(page)
    expect(page.get_by_text(re.compile(r"^Token 5:"))).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_url(re.compile(r"branch=5-\d+-30\b"), timeout=LONG)
    expect(page.get_by_text(re.compile(r"^The branch was most surprised"))).to_be_visible(timeout=LONG)
    settled(page)
