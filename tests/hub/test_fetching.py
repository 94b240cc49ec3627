"""Downloads by a process of their own, from a Hub of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core.errors import Conflict, HubError, LimitReached
from core.hub import Fetch, Fetches, Repository
from core.hub.fetching import Arrived
from core.settings import Settings
from tests.hub.conftest import ANALYST, TOKEN
from tests.hub.server import LoopbackHub

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = os.urandom(3_000_000)
FILES = {"config.json": b"{}", "model.safetensors": WEIGHTS, "pytorch_model.bin": b"pickle"}


@pytest.fixture
def settings(tmp_path: Path, loopback: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Processes started from here talk to the loopback Hub and have a cache of their own."""
    for name, value in {
        "HF_ENDPOINT": loopback.url,
        "HF_HUB_OFFLINE": "0",
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_DISABLE_XET": "1",
    }.items():
        monkeypatch.setenv(name, value)
    return Settings(home=tmp_path / "home", max_fetches=1)


@pytest.fixture
def fetches() -> Iterator[Fetches]:
    made = Fetches()
    yield made
    made.close()


def repository(hub: LoopbackHub, name: str = "owner/tiny", **more: object) -> Repository:
    made = hub.shelf.add("model", name, FILES, **more)
    return Repository(id=name, commit=made.at("main").oid, safetensors=True, size_bytes=len(WEIGHTS) + 2)


def cache(tmp_path: Path) -> Path:
    return tmp_path / "hf" / "hub"


def fetched(tmp_path: Path, found: Repository) -> set[str]:
    folder = cache(tmp_path) / f"models--{found.id.replace('/', '--')}" / "snapshots" / found.commit
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def ended(fetch: Fetch) -> Arrived:
    return fetch.wait(120)


def test_a_model_comes_without_its_pickle(settings: Settings, loopback: LoopbackHub, tmp_path: Path) -> None:
    found = repository(loopback)
    arrived = ended(Fetch(settings, found, cache=cache(tmp_path)))
    assert arrived.state == "done" and arrived.bytes_done == found.size_bytes
    assert fetched(tmp_path, found) == {"config.json", "model.safetensors"}


def test_a_stop_keeps_what_has_come_and_the_next_one_goes_on(settings: Settings, loopback: LoopbackHub, tmp_path: Path) -> None:
    found = repository(loopback)
    half = len(WEIGHTS) // 2
    loopback.faults.add("/resolve/.*safetensors", method="GET", cut=half, times=1)
    loopback.faults.add("/resolve/.*safetensors", method="GET", wait=600.0, times=1)  # the client's next try hangs
    fetch = Fetch(settings, found, cache=cache(tmp_path))
    deadline = time.monotonic() + 60
    while len(loopback.asked("GET", "model.safetensors")) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert fetch.now().state == "running"
    fetch.stop()
    stopped = fetch.now()
    assert stopped.state == "stopped" and "model.safetensors" not in fetched(tmp_path, found)
    loopback.faults.clear()
    assert ended(Fetch(settings, found, cache=cache(tmp_path))).state == "done"
    assert "model.safetensors" in fetched(tmp_path, found)


def test_a_gated_model_needs_who_was_let_in_and_the_token_shows_nowhere(settings: Settings, loopback: LoopbackHub, tmp_path: Path) -> None:
    found = repository(loopback, "owner/gated", gated=True, access={ANALYST})
    refused = ended(Fetch(settings, found, cache=cache(tmp_path)))
    assert refused.state == "failed" and isinstance(refused.error, HubError) and "gated" in str(refused.error)
    loopback.faults.add("/resolve/.*safetensors", method="GET", wait=3.0, times=1)
    fetch = Fetch(settings, found, token=TOKEN, cache=cache(tmp_path))
    while not loopback.asked("GET", "model.safetensors"):
        time.sleep(0.02)
    process = psutil.Process(fetch.pid)
    assert TOKEN not in " ".join(process.cmdline()) and TOKEN not in str(process.environ())
    assert ended(fetch).state == "done"
    left = [
        path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size < 1_000_000 and TOKEN.encode() in path.read_bytes()
    ]
    assert left == []


def test_a_server_counts_its_downloads(settings: Settings, loopback: LoopbackHub, fetches: Fetches) -> None:
    found, other = repository(loopback), repository(loopback, "owner/other")
    loopback.faults.add("/resolve/", method="GET", wait=600.0)
    first = fetches.start(settings, "one", found)
    assert fetches.start(settings, "one", found) is first and fetches.of("two") == []
    with pytest.raises(Conflict, match="being fetched"):
        fetches.start(settings, "two", found)
    with pytest.raises(LimitReached, match="max_fetches"):
        fetches.start(settings, "two", other)
    fetches.forget("one", found.id)
    assert fetches.of("one") == [first], "a running one stays"
    first.stop()
    fetches.forget("one", found.id)
    assert fetches.of("one") == []


def test_a_sign_out_ends_the_downloads_that_have_a_token(
    settings: Settings, loopback: LoopbackHub, fetches: Fetches, monkeypatch: pytest.MonkeyPatch
) -> None:
    loopback.faults.add("/resolve/", method="GET", wait=600.0)
    both = settings.model_copy(update={"max_fetches": 2})
    mine = fetches.start(both, "one", repository(loopback), token=TOKEN)
    free = fetches.start(both, "one", repository(loopback, "owner/other"))
    fetches.sign_out("two")
    assert mine.now().state == "running"
    fetches.sign_out("one")
    assert (mine.now().state, free.now().state) == ("stopped", "running") and not psutil.pid_exists(mine.pid)


def cli(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "core", "hub", *words], cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_search_info_and_pull_from_a_shell(settings: Settings, loopback: LoopbackHub, tmp_path: Path) -> None:
    repository(loopback)
    loopback.shelf.add("model", "owner/pickled", {"pytorch_model.bin": b"p"})
    assert "owner/tiny" in cli("search", "tiny").stdout
    assert "It names no licence." in cli("info", "owner/tiny").stdout
    refused = cli("pull", "owner/pickled")
    assert refused.returncode == 2 and "no safetensors" in refused.stderr and len(refused.stderr.splitlines()) == 1
    pulled = cli("pull", "owner/tiny", "--json")
    assert pulled.returncode == 0 and '"model": "owner/tiny@' in pulled.stdout, pulled.stderr
    missing = cli("info", "owner/none")
    assert missing.returncode == 1 and "no such repository" in missing.stderr
