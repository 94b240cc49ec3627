"""The pages of a Space stand in a frame of another site, in a browser that keeps cookies of other sites apart: uploads work there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Server, end

READ = "CSV: 2 rows, 1 column"


class Around(BaseHTTPRequestHandler):
    """The site around the frame: localhost, where the pages are 127.0.0.1."""

    inner = ""

    def do_GET(self) -> None:
        body = f'<!doctype html><title>around</title><iframe src="{self.inner}" width="1200" height="800"></iframe>'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


class FramedServer(Server):
    """A Space, except that the site around its frame is one of this machine."""

    around = ""

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"SPACE_ID": "owner/name", "STREAMLIT_SERVER_CORS_ALLOWED_ORIGINS": self.around}


@pytest.fixture
def framed(tmp_path: Path) -> Iterator[str]:
    """The address of the page around a frame with the pages."""

    class Handler(Around):
        pass

    outer = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    outer.daemon_threads = True
    threading.Thread(target=outer.serve_forever, args=(0.02,), daemon=True).start()
    server = FramedServer(tmp_path / "home", address="0.0.0.0")
    server.around = f"http://localhost:{outer.server_address[1]}"
    try:
        Handler.inner = server.start().url + "/tables"
        yield server.around
    finally:
        end(server)
        outer.shutdown()
        outer.server_close()


def test_an_upload_works_in_the_frame_and_its_table_is_there_after_a_reload(framed: str, browser: Browser) -> None:
    page = browser.new_context().new_page()
    page.goto(framed)
    inside = page.frame_locator("iframe")
    inside.locator("input[type=file]").first.set_input_files(
        {"name": "notes.csv", "mimeType": "text/csv", "buffer": b"text\nfine\nbad\n"}, timeout=60_000
    )
    expect(inside.get_by_text(READ)).to_be_visible()
    kept = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert {"sheetformer_workspace", "_streamlit_xsrf"} <= set(kept)
    assert all(cookie["sameSite"] == "None" and cookie["secure"] for cookie in kept.values())
    assert all(cookie.get("partitionKey") for cookie in kept.values()), "apart from the same pages in a tab of their own"
    page.reload()
    expect(page.frame_locator("iframe").get_by_text(READ)).to_be_visible()
    expect(page.frame_locator("iframe").get_by_text("sends no cookies")).to_have_count(0)
