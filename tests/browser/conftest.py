"""A server of one's own on a free port, and Chromium in front of it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-domain-reliability",
    "--disable-default-apps",
]
START_SECONDS = 60
# The page of a deep link first looks for the server below its own address; the second try finds it.
EXPECTED_404 = re.compile(r"/[a-z]+/_stcore/(health|host-config)$")
READY = "[data-testid='stApp'][data-test-connection-state='CONNECTED'][data-test-script-state='notRunning']"

expect.set_options(timeout=60_000)  # a crowded machine draws slowly; what is there is found at once


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if "shared_server" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.xdist_group("shared server"))  # one worker, so that there is one server


class Server:
    """``streamlit run serve.py`` as a process of its own."""

    def __init__(self, home: Path, address: str = "127.0.0.1", script: str = "serve.py", **limits: object) -> None:
        self.home = home
        self.address = address
        self.script = script
        self.port = free_port()
        self.limits = {f"SHEETFORMER_{name.upper()}": str(value) for name, value in limits.items()}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("SHEETFORMER_", "STREAMLIT_"))}
        return clean | {"SHEETFORMER_HOME": str(self.home), "HF_HUB_OFFLINE": "1"} | self.limits

    def start(self) -> Server:
        log = (self.home.parent / "server.log").open("ab")
        command = ["-m", "streamlit", "run", self.script, "--server.port", str(self.port), "--server.address", self.address]
        self.process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        self.wait()
        return self

    def wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self.process is not None
            assert self.process.poll() is None, self.log()
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as answer:
                    if answer.read() == b"ok":
                        return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"the server did not start: {self.log()}")

    def kill(self) -> None:
        """What a power cut does to the server; scheduler and jobs are processes of their own."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)

    def leftovers(self) -> list[psutil.Process]:
        """Processes of ours that work on this data folder."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("SHEETFORMER_HOME") == str(self.home) and process.pid != os.getpid():
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found

    def log(self) -> str:
        return (self.home.parent / "server.log").read_text("utf-8", "replace")[-5_000:]


def end(server: Server) -> None:
    """Stops the server and everything that works on its folder."""
    server.stop()
    for process in server.leftovers():
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(server.leftovers(), timeout=10)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "home").start()
    yield running
    end(running)


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server, with its warm model process, for every test that is content with a workspace of its own.

    Other machines could reach it, so each context of the browser has its own workspace. It is patient: a crowded machine takes long to
    import torch for the first question.
    """
    home = tmp_path_factory.mktemp("shared") / "home"
    running = Server(home, address="0.0.0.0", live_start_seconds=400, live_request_seconds=400).start()
    yield running
    end(running)


@pytest.fixture
def public_server(tmp_path: Path) -> Iterator[Server]:
    """A server that other machines could reach: every browser has a workspace of its own."""
    running = Server(tmp_path / "home", address="0.0.0.0").start()
    yield running
    end(running)


def chromium_path() -> str | None:
    """``$CHROMIUM``, the system's, or Playwright's own (``None``)."""
    for candidate in (os.environ.get("CHROMIUM"), "/usr/bin/chromium", shutil.which("chromium"), shutil.which("chromium-browser")):
        if candidate and Path(candidate).is_file():
            return candidate
    return None


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    flags = [*FLAGS, *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        path = chromium_path()
        if path is None and not Path(playwright.chromium.executable_path).exists():
            pytest.fail("the browser tests need Chromium: run `apt-get install -y chromium` or `python -m playwright install chromium`")
        with playwright.chromium.launch(executable_path=path, args=flags) as launched:
            yield launched


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """The browser, without pages of other tests: a page left open asks its dead server again and again."""
    yield chromium
    for context in chromium.contexts:
        context.close()


class Watch:
    """What a page complains about, and every request that leaves for another host."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.foreign: list[str] = []
        self.expected: list[str] = []

    def follow(self, page: Page, server: Server) -> Page:
        page.on("console", lambda message: self._console(message.type, message.text, message.location.get("url", "")))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self._request(request.url, server))
        return page

    def _console(self, kind: str, text: str, url: str) -> None:
        if kind == "error" and not EXPECTED_404.search(url.split("?")[0]) and not any(words in text + url for words in self.expected):
            self.errors.append(f"{text} ({url})")

    def _request(self, url: str, server: Server) -> None:
        if not url.startswith((server.url, f"ws://127.0.0.1:{server.port}", "data:", "blob:", "about:")):
            self.foreign.append(url)


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fails the test on console errors and on requests to other hosts."""
    watching = Watch()
    yield watching
    assert watching.errors == []
    assert watching.foreign == []


def settled(page: Page) -> Page:
    """Waits until the page has nothing left to draw."""
    page.wait_for_timeout(150)
    page.wait_for_selector(READY, timeout=90_000)
    return page
