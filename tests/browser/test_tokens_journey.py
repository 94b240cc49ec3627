"""The page of tokens as a person uses it: a text is typed, a token is pressed, its explanation appears and has an address."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server, Watch, settled

pytestmark = pytest.mark.timeout(900)
TALL = {"width": 1280, "height": 1400}
LONG = 400_000  # the process that holds tokenizers imports torch first, which takes as long as the machine is busy


def opened(page: Page, server: Server) -> Page:
    page.goto(f"{server.url}/tokens")
    expect(page.locator(".st-key-token-0-1 button")).to_be_visible(timeout=LONG)
    return settled(page)


def test_a_pressed_token_is_explained_and_the_link_reopens_it(shared_server: Server, browser: Browser, watch: Watch) -> None:
    page = opened(watch.follow(browser.new_page(viewport=TALL), shared_server), shared_server)
    text = page.get_by_label("Your text")
    text.fill("Naïve <b>bold</b> ☃ :red[x]")
    text.press("Control+Enter")
    line = page.locator("[class*='st-key-token-line']").first
    expect(line).to_contain_text("unknown", timeout=LONG)
    expect(line).to_contain_text("<")
    settled(page)
    assert line.locator("b").count() == 0  # markup of the text is text
    page.locator(".st-key-token-0-1 button").click()
    explained = page.locator(".st-key-token-explained")
    expect(explained).to_contain_text("id 15743", timeout=LONG)
    expect(explained).to_contain_text("The model reads it as 'naive'")
    expect(page).to_have_url(re.compile(r"token=1"))
    again = watch.follow(browser.new_page(viewport=TALL), shared_server)
    again.goto(page.url)
    expect(again.locator(".st-key-token-explained")).to_contain_text("id 15743", timeout=LONG)


def test_the_vocabulary_and_a_narrow_page(shared_server: Server, browser: Browser, watch: Watch) -> None:
    page = opened(watch.follow(browser.new_page(viewport={"width": 390, "height": 1600}), shared_server), shared_server)
    right = "Math.max(...[...document.querySelectorAll('[class*=st-key-token-0-]')].map(each => each.getBoundingClientRect().right))"
    assert 0 < page.evaluate(right) <= 390
    page.get_by_role("tab", name="Vocabulary").click()
    search = page.locator(".st-key-vocabulary-query input")
    search.fill("hugging")
    search.press("Enter")
    expect(page.get_by_text("1 entry matches")).to_be_visible(timeout=LONG)
    expect(page).to_have_url(re.compile(r"tab=vocabulary.*q=hugging|q=hugging.*tab=vocabulary"))
