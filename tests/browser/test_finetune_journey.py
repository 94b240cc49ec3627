"""From a labelled file to an adapter on the disk, in a real browser against a real server."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Server, Watch, settled
from tests.browser.shots import Shots
from tests.browser.test_journeys import LONG

TALL = {"width": 1280, "height": 1800}
STEPS = 3


def tickets(folder: Path) -> Path:
    """Forty short texts of two kinds."""
    texts = [f'"the parcel number {number} is late",delivery' for number in range(20)]
    texts += [f'"invoice {number} is wrong, please correct it",billing' for number in range(20)]
    path = folder / "tickets.csv"
    path.write_text("body,topic\n" + "\n".join(texts), "utf-8")
    return path


def import_file(page: Page, server: Server, path: Path) -> None:
    page.goto(f"{server.url}/tables")
    settled(page)
    page.locator("input[type=file]").set_input_files(path)
    expect(page.get_by_text(re.compile(r"^(CSV|PARQUET): .* rows"))).to_be_visible(timeout=LONG)
    settled(page)


def test_from_a_labelled_file_to_the_zip_of_an_adapter(shared_server: Server, browser: Browser, watch: Watch, tmp_path: Path) -> None:
    page = watch.follow(browser.new_page(viewport=TALL), shared_server)
    shots = Shots(tmp_path / "shots")
    import_file(page, shared_server, tickets(tmp_path))
    page.get_by_role("link", name="Fine-tune", exact=True).click()
    settled(page)
    shots.take(page, "tune-columns-and-check-list")
    page.get_by_text("Quick", exact=True).click()
    settled(page)
    page.get_by_text("Advanced", exact=True).click()
    page.get_by_role("tab", name="Training").click()
    settled(page)
    steps = page.locator(".st-key-dial-quick-max_steps input")
    steps.fill(str(STEPS))
    steps.press("Enter")
    expect(page.get_by_text(re.compile("Other than in the preset Quick: Steps"))).to_be_visible()
    settled(page)
    shots.take(page, "tune-dials")
    page.get_by_role("button", name=re.compile("^Tune on 32 rows")).click()
    expect(page.get_by_text("The adapter is ready")).to_be_visible(timeout=LONG)
    settled(page)
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(1)
    expect(page.get_by_text("How well it agrees with your labels")).to_be_visible()
    shots.take(page, "tune-done")
    page.get_by_role("link", name="Card, download, merge").click()
    expect(page).to_have_url(re.compile(r"/adapters\?adapter=tickets"))
    expect(page.get_by_role("heading", name="tickets", exact=True)).to_be_visible()
    settled(page)
    expect(page.get_by_role("link", name="The fine-tune that made it")).to_be_visible()
    shots.take(page, "tune-adapter")
    with page.expect_download(timeout=LONG) as waiting:
        page.get_by_role("button", name="Download", exact=True).click()
    held = zipfile.ZipFile(io.BytesIO(Path(waiting.value.path()).read_bytes())).namelist()
    assert any(name.endswith("adapter_model.safetensors") for name in held) and any(name.endswith("README.md") for name in held)
