"""Law 10: a first run sends nothing. Every process of ours runs with sockets that note whom they are asked to reach."""

import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.faults.rig import eventually
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
WATCHER = """
import os, socket, sys

LOG = os.environ["SOCKET_LOG"]
LOOPBACK = ("127.", "::1", "localhost")

def note(what):
    with open(LOG, "a") as file:
        file.write(f"{what!r} by {sys.argv[:4]}\\n")

class WatchedSocket(socket.socket):
    def connect(self, address):
        self._watch(address)
        return super().connect(address)

    def connect_ex(self, address):
        self._watch(address)
        return super().connect_ex(address)

    def _watch(self, address):
        # Connecting a datagram socket sends nothing: it is how a program asks for this machine's own address.
        if self.family != socket.AF_UNIX and self.type == socket.SOCK_STREAM and not str(address[0]).startswith(LOOPBACK):
            note(address)

look_up = socket.getaddrinfo

def watched_look_up(host, *arguments, **keywords):
    name = host.decode() if isinstance(host, bytes) else str(host)
    if host is not None and not name.startswith(LOOPBACK) and name != "0.0.0.0":
        note(name)
    return look_up(host, *arguments, **keywords)

socket.socket = WatchedSocket
socket.getaddrinfo = watched_look_up
"""


def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "watch").mkdir()
    (tmp_path / "watch" / "sitecustomize.py").write_text(WATCHER)
    (tmp_path / "sockets.log").touch()
    silent = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "DO_NOT_TRACK"))}
    return {
        **silent,
        "PYTHONPATH": str(tmp_path / "watch"),
        "SOCKET_LOG": str(tmp_path / "sockets.log"),
        "SHEETFORMER_HOME": str(tmp_path / "home"),
        "SHEETFORMER_IDLE_EXIT_SECONDS": "1",
        "HOME": str(tmp_path),
    }


def run(tmp_path: Path, env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, timeout=180, stdin=subprocess.DEVNULL, check=False
    )


def test_the_watcher_notices_a_call_home(tmp_path: Path) -> None:
    env = environment(tmp_path)
    code = "import urllib.request\ntry:\n urllib.request.urlopen('http://usage.invalid/', timeout=2)\nexcept OSError:\n pass"
    run(tmp_path, env, "-c", code)
    assert "usage.invalid" in (tmp_path / "sockets.log").read_text()


@pytest.mark.slow
@pytest.mark.model
def test_a_first_run_sends_nothing_and_asks_nothing(tmp_path: Path) -> None:
    env = environment(tmp_path)
    arguments = ["--task", "text-classification", "--model", "embedded:sentiment", "--text", "review", "--json"]
    done = run(tmp_path, env, "-m", "core", "predict", "sample/product_reviews.csv", *arguments)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "sockets.log").read_text() == ""


@pytest.mark.slow
@pytest.mark.parametrize(("script", "address"), [("serve.py", "127.0.0.1"), ("serve.py", "0.0.0.0"), ("Home.py", "0.0.0.0")])
def test_a_server_calls_nobody(tmp_path: Path, script: str, address: str) -> None:
    env = environment(tmp_path)
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.address", address, "--server.port", str(port)]
    with (tmp_path / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        answer = eventually("a healthy server with its banner", lambda: banner(tmp_path, port))
        assert f":{port}" in answer
    finally:
        server.terminate()
        server.wait(30)
    assert (tmp_path / "sockets.log").read_text() == ""


def banner(tmp_path: Path, port: int) -> str:
    """What the server has printed, once it answers and has said where it can be opened."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
            printed = (tmp_path / "server.log").read_text()
            return printed if "URL" in printed else ""
    except OSError:
        return ""
