"""What data and strangers try in a browser: markup, other workspaces, other origins (classes 12, 14, 15 and 16)."""

from __future__ import annotations

import http.server
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.browser.conftest import Server, Watch, end, settled
from tests.browser.test_journeys import LONG, run_id


class Canary:
    """A web server that remembers every request."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        seen = self.seen

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append(self.path)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                return

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def canary() -> Iterator[Canary]:
    watching = Canary()
    yield watching
    watching.server.shutdown()
    watching.server.server_close()


def attacks(canary: Canary) -> list[str]:
    return [
        "<img src=x onerror='window.__xss=1'>",
        f"![pixel]({canary.url}/md.png)",
        f"<img src={canary.url}/html.png>",
        "[click](javascript:window.__xss=1)",
        "$\\href{javascript:window.__xss=1}{x}$",
        ":material/home: :red[red] :smile:",
        "<svg onload='window.__xss=1'></svg>",
        "<b>bold</b> <a href='javascript:window.__xss=1'>a</a>",
    ]


def hostile_csv(canary: Canary) -> bytes:
    """Attacks in cells, labels, groups, column names; every one of them is drawn somewhere."""
    texts = attacks(canary)
    quoted = ['"' + text.replace('"', '""') + '"' for text in texts]
    header = ",".join(["text", quoted[1], quoted[5], "label"])
    lines = [f"{text},{quoted[number - 1]},{text},{quoted[(number + 2) % len(quoted)]}" for number, text in enumerate(quoted)]
    return ("\n".join([header, *lines]) + "\n").encode()


def test_nothing_in_the_data_is_markup(shared_server: Server, browser: Browser, watch: Watch, canary: Canary) -> None:
    page = watch.follow(browser.new_page(), shared_server)
    page.goto(f"{shared_server.url}/tables")
    settled(page)
    name = f"![n]({canary.url.replace('/', '-')}) :red[x] $x$ <img src=x onerror=window.__xss=1>.csv"
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": hostile_csv(canary)})
    expect(page.get_by_role("button", name="Score this table")).to_be_visible(timeout=60_000)
    settled(page)
    unharmed(page)
    page.get_by_role("tab", name="Columns").click()
    settled(page)
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text(":red[x]".replace(":", ":\u2060"))
    page.get_by_role("button", name="Keep").click()
    settled(page)
    page.get_by_role("button", name="Score this table").click()
    expect(page.get_by_role("button", name="Score 8 rows")).to_be_visible(timeout=30_000)
    settled(page)
    choose(page, "Text", "text")
    choose(page, "Your label", "label")
    choose(page, "Group", "![pixel]")
    unharmed(page)
    page.get_by_role("button", name="Score 8 rows").click()
    expect(page.get_by_text("of 8 rows scored")).to_be_visible(timeout=LONG)
    settled(page)
    for tab in page.get_by_role("tab").all():
        tab.click()
        settled(page)
        unharmed(page)
    page.get_by_role("tab", name="Rows").click()
    settled(page)
    page.get_by_test_id("stDataFrame").first.click(position={"x": 14, "y": 46})
    expect(page.get_by_role("dialog")).to_contain_text("window.__xss=1")
    page.keyboard.press("Escape")
    for path in ("jobs", "", f"jobs?job={run_id(page)}"):
        page.goto(f"{shared_server.url}/{path}")
        settled(page)
        unharmed(page)
    assert canary.seen == []


def choose(page: Page, label: str, start: str) -> None:
    """Picks the entry that begins so; entries show a user's text as it is."""
    page.get_by_role("combobox", name=label, exact=False).first.click()
    page.get_by_role("option").filter(has_text=start).first.click()
    settled(page)


def unharmed(page: Page) -> None:
    assert page.evaluate("window.__xss") is None
    main = page.locator("main")
    assert main.locator("img").count() == 0
    assert main.locator("a[href^='javascript']").count() == 0
    assert main.locator(".katex").count() == 0


def test_two_browsers_do_not_see_each_others_tables(public_server: Server, browser: Browser, watch: Watch) -> None:
    first, second = (watch.follow(browser.new_context().new_page(), public_server) for _ in range(2))
    first.goto(f"{public_server.url}/tables")
    first.get_by_role("button", name="Use the sample").click()
    expect(first.get_by_role("button", name="Score this table")).to_be_visible(timeout=60_000)
    settled(first)
    assert "table=" in first.url
    second.goto(first.url)  # the id of a table is no key to it
    expect(second.get_by_text("No table yet")).to_be_visible()
    first.reload()
    expect(first.get_by_role("button", name="Score this table")).to_be_visible()
    cookies = {cookie["name"]: cookie for cookie in first.context.cookies()}
    assert cookies["sheetformer_workspace"]["httpOnly"]
    assert cookies["sheetformer_workspace"]["sameSite"] == "Lax"
    folders = [folder.name for folder in (public_server.home / "workspaces").iterdir()]
    assert len(folders) == 1
    assert cookies["sheetformer_workspace"]["value"] not in folders[0]


@pytest.mark.parametrize("script", ["serve.py", "Home.py"])
def test_a_foreign_page_opens_no_websocket(tmp_path: Path, script: str) -> None:
    server = Server(tmp_path / "home", script=script).start()
    try:
        address = f"ws://127.0.0.1:{server.port}/_stcore/stream"
        with connect(address, origin=server.url):  # type: ignore[arg-type]
            pass
        with pytest.raises(InvalidStatus) as refused, connect(address, origin="http://evil.test"):  # type: ignore[arg-type]
            pass
        assert refused.value.response.status_code == 403
    finally:
        end(server)


def test_an_upload_without_its_token_is_refused(shared_server: Server) -> None:
    url = f"{shared_server.url}/_stcore/upload_file/00000000-0000-0000-0000-000000000000/1"
    request = urllib.request.Request(url, data=b"x", method="PUT", headers={"Content-Type": "text/csv"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    assert refused.value.code == 403


@pytest.mark.parametrize(
    "path", ["app/static/config.toml", "app/static/../Home.py", "media/../../Home.py", ".streamlit/config.toml", "core/settings.py"]
)
def test_files_of_the_project_are_not_served(shared_server: Server, path: str) -> None:
    try:
        with urllib.request.urlopen(f"{shared_server.url}/{path}", timeout=10) as answer:
            body = answer.read()
    except urllib.error.HTTPError:
        return
    assert b"SHEETFORMER" not in body
    assert b"st.navigation" not in body
    assert b"enableXsrfProtection" not in body
