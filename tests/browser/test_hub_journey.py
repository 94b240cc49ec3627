"""From the Hub to scored rows: search, look, fetch, choose, score. The Hub is one of this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Server, Watch, end, settled
from tests.browser.test_journeys import LONG
from tests.hub.server import LoopbackHub
from tests.tiny_models import classifier

ROWS = 220


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[LoopbackHub]:
    """A Hub with one tiny classifier."""
    folder = classifier(tmp_path / "tiny", "bert")
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    facts = {"pipeline_tag": "text-classification", "tags": ["license:mit", "safetensors", "text-classification"], "downloads": 12}
    with LoopbackHub() as made:
        made.shelf.add("model", "owner/tiny-feelings", files, facts=facts)
        yield made


@pytest.fixture
def hub_server(tmp_path: Path, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server of the app that knows this Hub."""
    online = {"HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0", "HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_XET": "1"}
    monkeypatch.setattr(Server, "environment", property(lambda server: _environment(server) | online))
    running = Server(tmp_path / "home").start()
    yield running
    end(running)


_environment = Server.environment.fget


def test_a_model_of_the_hub_scores_a_table(hub_server: Server, browser: Browser, watch: Watch) -> None:
    page = watch.follow(browser.new_page(viewport={"width": 1280, "height": 1600}), hub_server)
    page.goto(f"{hub_server.url}/hub")
    settled(page)
    page.get_by_label("Words in the name").fill("feelings")
    page.get_by_role("button", name="Search the Hub").click()
    expect(page.get_by_text("1 repository. Tick a line to look closer.")).to_be_visible()
    page.goto(f"{hub_server.url}/hub?repo=owner/tiny-feelings&kind=models")
    page.get_by_role("button", name=re.compile("^.*Fetch ")).click()
    expect(page.get_by_text(re.compile("owner/tiny-feelings is on this machine"))).to_be_visible(timeout=LONG)
    page.get_by_role("link", name=re.compile("Score a table with it")).click()
    page.get_by_role("button", name="Use the sample").click()
    expect(page.get_by_role("button", name=f"Score {ROWS} rows")).to_be_enabled(timeout=LONG)
    page.get_by_role("button", name=f"Score {ROWS} rows").click()
    expect(page.get_by_text(re.compile(rf"of {ROWS} rows scored"))).to_be_visible(timeout=LONG)
