"""The job of a demo: port, health, link, stop, idle limit. A small server stands in for Gradio, which takes long to start."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from core import demos
from core.demos import run as job
from core.demos.link import is_local, link_host, note_link
from core.demos.serving import Door, is_loopback
from core.errors import LimitReached, NotFound, RunFailed
from core.runs import RunContext, create_run
from core.schema import RehearsalSpec
from core.settings import Settings

STAND_IN = """
import socket, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

door, path, used = int(sys.argv[sys.argv.index("--socket") + 1]), sys.stdin.readline().strip(), sys.argv[-1]
assert path and path not in sys.argv  # everybody on a machine can read command lines

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == f"/{path}/config" else 404)
        self.end_headers()
    def log_message(self, *words):
        pass

server = HTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
server.socket.close()
server.socket = socket.socket(fileno=door)
server.server_activate()
server.serve_forever()
"""


@pytest.fixture
def context(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., RunContext]:
    """An attempt at a demo of the embedded sentiment model, served by ``code``."""

    def made(code: str = STAND_IN, **limits: object) -> RunContext:
        (tmp_path / "stand_in.py").write_text(code)
        monkeypatch.setattr(job, "SERVING", tmp_path / "stand_in.py")
        monkeypatch.setattr(job, "python_with_gradio", lambda: Path(sys.executable))
        monkeypatch.setattr(job, "write_space", lambda *_, **__: (run.path / "space").mkdir())
        monkeypatch.setattr(job, "POLL_SECONDS", 0.02)
        limited = settings.model_copy(update=limits)
        run = create_run(limited, demos.make_spec(limited, "embedded:sentiment"), owner="mine")
        return RunContext(limited, run, stop=threading.Event())

    return made


def in_thread(attempt: RunContext) -> tuple[threading.Thread, list[object]]:
    outcome: list[object] = []
    thread = threading.Thread(target=lambda: outcome.append(job.run(attempt)))
    thread.start()
    while demos.read_link(attempt.run, "mine") is None and thread.is_alive():
        time.sleep(0.02)
    return thread, outcome


def test_its_owner_alone_gets_the_link_until_it_is_stopped(context) -> None:
    attempt = context()
    thread, outcome = in_thread(attempt)
    link = demos.read_link(attempt.run, "mine")
    assert (
        link is not None
        and link.local
        and len(link.path) >= 20
        and link.url("elsewhere.org") == f"http://127.0.0.1:{link.port}/{link.path}/"
    )
    assert demos.read_link(attempt.run, "theirs") is None
    assert (attempt.run.path / "link.json").stat().st_mode & 0o077 == 0
    assert urllib.request.urlopen(f"{link.url()}config").status == 200
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"http://127.0.0.1:{link.port}/config")
    (child,) = [found for found in psutil.Process().children() if "stand_in.py" in " ".join(found.cmdline())]
    attempt._stop.set()
    thread.join()
    assert outcome == ["stopped"] and not child.is_running() and demos.read_link(attempt.run, "mine") is None


def test_it_ends_when_nobody_asks(context) -> None:
    attempt = context(demo_idle_minutes=0.002)
    assert job.run(attempt) == "done" and attempt.run.summary()["failed"] == 0


def test_it_goes_on_while_somebody_asks(context) -> None:
    attempt = context(demo_idle_minutes=0.02)  # 1.2 seconds
    thread, outcome = in_thread(attempt)
    for number in range(8):
        os.utime(attempt.run.path / "used", ns=(number, number))
        time.sleep(0.3)
    assert thread.is_alive() and outcome == []
    attempt._stop.set()
    thread.join()


def test_a_demo_that_ends_by_itself_failed(context) -> None:
    with pytest.raises(RunFailed, match="code 3"):
        job.run(context("raise SystemExit(3)"))


def test_a_demo_that_never_answers_is_ended(context) -> None:
    with pytest.raises(LimitReached, match="demo_start_seconds"):
        job.run(context("import time; time.sleep(600)", demo_start_seconds=0.2))
    assert not [found for found in psutil.Process().children() if "stand_in.py" in " ".join(found.cmdline())]


def test_it_can_be_stopped_before_it_answers(context) -> None:
    attempt = context("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_DFL); time.sleep(600)")
    attempt._stop.set()
    assert job.run(attempt) == "stopped" and signal.getsignal(signal.SIGTERM) is not None


def test_ports_are_taken_in_turn(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        limited = settings.model_copy(update={"demo_port": port, "demo_ports": 1})
        with pytest.raises(LimitReached, match="demo_ports = 1"):
            job.taken_port(limited)
    with job.taken_port(settings.model_copy(update={"demo_port": 0})) as door:
        assert door.getsockname()[1] > 0


def test_two_demos_that_start_at_once_take_two_ports(settings: Settings) -> None:
    """Neither listens yet: that takes seconds."""
    with job.taken_port(settings) as first, job.taken_port(settings) as second:
        assert first.getsockname()[1] != second.getsockname()[1]


def test_only_a_demo_is_served(settings: Settings) -> None:
    run = create_run(settings, RehearsalSpec(), owner="mine")
    with pytest.raises(RunFailed, match="spec of a demo"):
        job.run(RunContext(settings, run))


def test_the_page_of_a_demo_gets_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("SHEETFORMER_HOME", "/home")
    monkeypatch.setenv("SHEETFORMER_THREADS", "1")
    environment = job._environment({"A": "b"})
    assert "hf_secret" not in environment.values() and "SHEETFORMER_THREADS" not in environment
    assert environment["SHEETFORMER_HOME"] == "/home" and environment["A"] == "b"  # by which our processes are found


def test_a_link_for_others_needs_the_administrators_word(settings: Settings) -> None:
    run = create_run(settings, RehearsalSpec(), owner="mine")
    assert settings.demo_host == "127.0.0.1"
    note_link(run, demos.Link(host="0.0.0.0", port=7870, path="x"))
    link = demos.read_link(run, "mine")
    assert link is not None and not link.local
    assert link.url("team.example") == "http://team.example:7870/x/" and link.url() == "http://127.0.0.1:7870/x/"
    assert [is_local(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "team.example")] == [True, True, True, False, False]
    assert link_host("::1") == "[::1]"


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1:7870", True),
        ("localhost:7870", True),
        ("localhost", True),
        ("[::1]:7870", True),
        ("evil.example:7870", False),
        ("", False),
    ],
)
def test_names_that_a_page_elsewhere_may_give_us(host: str, local: bool) -> None:
    assert is_loopback(host) is local


def test_the_door_turns_foreign_names_away_and_notes_questions(tmp_path: Path) -> None:
    used, passed, sent = tmp_path / "used", [], []

    async def inner(scope, receive, send) -> None:
        passed.append(scope["path"])

    async def send(message) -> None:
        sent.append(message.get("status"))

    def ask(path: str, host: str, local: bool = True) -> None:
        scope = {"type": "http", "path": path, "headers": [(b"host", host.encode())]}
        with pytest.raises(StopIteration):  # its end: nothing in it waits, and a loop may run in this thread already
            Door(inner, used, local=local)(scope, None, send).send(None)

    ask("/x/", "evil.example")
    assert passed == [] and sent[0] == 421 and not used.exists()
    ask("/x/heartbeat/1", "localhost:1")
    assert passed == ["/x/heartbeat/1"] and not used.exists()
    ask("/x/gradio_api/queue/join", "localhost:1")
    ask("/x/", "team.example", local=False)
    assert used.exists() and len(passed) == 3


def test_without_gradio_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    with pytest.raises(NotFound, match="make setup"):
        demos.python_with_gradio()
