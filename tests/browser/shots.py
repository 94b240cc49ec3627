"""Pictures of a journey: wide and narrow, light and dark, in the folder that the variable JOURNEY_SHOTS names, else in the test's own."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import settled

VARIABLE = "JOURNEY_SHOTS"
WIDE, NARROW, TALL = 1280, 390, 1600
MOST_PIXELS = 5_000
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
FULL = "() => document.querySelector('[data-testid=stMain]')?.scrollHeight ?? document.documentElement.scrollHeight"


class Shots:
    """Takes the pictures of one journey.

    Args:
        own: where they go when no folder is named; only one picture of each step is taken then.
    """

    def __init__(self, own: Path) -> None:
        named = os.environ.get(VARIABLE)
        self.folder, self.all = Path(named or own), bool(named)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.names: list[str] = []
        self.taken: list[Path] = []

    def take(self, page: Page, name: str, *, streamlit: bool = True) -> None:
        """One step; nothing of it may stick out at the side.

        Args:
            streamlit: whether it is a page of ours, which says when it is drawn.
        """
        page.mouse.move(1, 1)  # no tooltip in the picture, nor over the next button
        for width in (NARROW, WIDE) if self.all else (WIDE,):
            for scheme in ("dark", "light") if self.all else ("light",):
                page.emulate_media(color_scheme=scheme)
                _fit(page, width, streamlit)
                assert page.evaluate(OVERFLOW) <= 0, f"{name} sticks out at {width} pixels"
                self.taken.append(self.folder / f"{len(self.names):02}-{name}-{width}-{scheme}.png")
                page.screenshot(path=self.taken[-1])
        self.names.append(name)
        page.set_viewport_size({"width": WIDE, "height": TALL})
        if streamlit:
            settled(page)


def _fit(page: Page, width: int, streamlit: bool) -> None:
    """A window as high as the page."""
    page.set_viewport_size({"width": width, "height": 900})
    if streamlit:
        settled(page)
    page.set_viewport_size({"width": width, "height": max(900, min(MOST_PIXELS, page.evaluate(FULL)))})
    if streamlit:
        settled(page)
        expect(page.get_by_test_id("stSkeleton")).to_have_count(0)  # charts and buttons whose code is still on its way
