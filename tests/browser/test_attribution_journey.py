"""A text's words and what each of them moved: computed, read, changed, shared and downloaded in a browser."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Browser, expect

from tests.browser.conftest import Server, Watch, settled

TEXT = "The light is lovely, but it broke <img src=x onerror=alert(1)>"
TALL = {"width": 1280, "height": 1600}  # a list that opens is not closed by the page moving under it
MODEL_MS = 120_000  # the first question loads libraries and a model


def test_words_get_values_and_a_link_reopens_them(shared_server: Server, browser: Browser, watch: Watch) -> None:
    page = watch.follow(browser.new_page(viewport=TALL), shared_server)
    page.goto(f"{shared_server.url}/logits?task=text-classification&model=embedded:sentiment&text={quote(TEXT)}")
    page.get_by_text("What moved the answer").click(timeout=MODEL_MS)
    expect(page.get_by_text(re.compile("It took .* forward passes"))).to_be_visible(timeout=MODEL_MS)
    settled(page)
    expect(page.get_by_text(re.compile("raises the logit of .* most|lowers .* most")).first).to_be_visible()

    method = page.get_by_label("Method")
    method.fill("Integrated")
    method.press("Enter")
    settled(page)
    expect(page).to_have_url(re.compile("method=integrated-gradients"))
    page.get_by_role("button", name="Compute").click()
    expect(page.get_by_text(re.compile(r"completeness error of 0\.\d+%"))).to_be_visible(timeout=MODEL_MS)
    settled(page)
    page.get_by_text("Numbers", exact=True).last.click()
    settled(page)
    with page.expect_download(timeout=MODEL_MS) as waiting:
        page.get_by_role("button", name="Numbers as CSV").last.click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text("utf-8-sig"), newline="")))
    assert [row["Word"] for row in rows][:5] == ["The", "light", "is", "lovely", ","] and float(rows[3]["Value"]) != 0

    other = watch.follow(browser.new_context().new_page(), shared_server)
    other.goto(page.url.replace("integrated-gradients", "gradient-x-input"))
    expect(other.get_by_text(re.compile("one backward pass")).first).to_be_visible(timeout=MODEL_MS)
    settled(other)
