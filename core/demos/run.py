"""The job of a demo: writes its folder, starts it, tells its link, and ends it when it is stopped or nobody asks any more."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from core.demos.environment import python_with_gradio
from core.demos.folder import write_space
from core.demos.link import Link, forget_link, link_host, note_link
from core.errors import LimitReached, RunFailed
from core.files import write_json
from core.jobs.store import TOKEN_VARIABLE
from core.processes import HOME_VARIABLE, QUIET
from core.runs import Outcome, RunContext
from core.schema import DemoSpec
from core.settings import Settings

POLL_SECONDS = 0.25
END_SECONDS = 2.0
SPACE, USED = "space", "used"
SERVING = Path(__file__).with_name("serving.py")


def run(context: RunContext) -> Outcome:
    """Serves until somebody stops the job (``stopped``) or ``demo_idle_minutes`` have passed without a question (``done``).

    Raises:
        NotFound: Gradio is not installed.
        RunFailed: the demo ended by itself.
        LimitReached: it did not answer in ``demo_start_seconds``, or every port is taken.
    """
    spec = context.run.spec()
    if not isinstance(spec, DemoSpec):
        raise RunFailed("the spec of a demo", f"one of kind {spec.kind}", "Start a new one.")
    python, folder = python_with_gradio(), context.run.path / SPACE
    context.report("writing the demo", 0, 0)
    shutil.rmtree(folder, ignore_errors=True)  # of an earlier attempt
    write_space(context.settings, spec, folder, owner=context.run.owner(), inside=True, linked=True)
    with taken_port(context.settings) as door:
        link = Link(host=context.settings.demo_host, port=door.getsockname()[1], path=secrets.token_urlsafe(18))
        context.report("loading the model", 0, 0)
        process = _start(context, python, folder, link, door)
    try:
        if not _await_answer(context, process, link):
            return "stopped"
        note_link(context.run, link)
        context.report("answering", 0, 0)
        outcome = _serve(context, process)
    finally:
        forget_link(context.run)
        _end(process)
    write_json(context.run.summary_path, {"rows": 0, "failed": 0, "skipped": 0, "attempt": context.attempt, "served": link.port})
    return outcome


def taken_port(settings: Settings) -> socket.socket:
    """A socket bound to the first port that nobody has. Its demo gets this very socket: it takes seconds to start, and a port that
    was only looked at would be another's by then.

    Raises:
        LimitReached: ``demo_ports`` from ``demo_port`` on are all taken.
    """
    first = settings.demo_port
    family = socket.AF_INET6 if ":" in settings.demo_host else socket.AF_INET
    for port in range(first, min(first + settings.demo_ports, 65_536)) if first else [0]:
        door = socket.socket(family, socket.SOCK_STREAM)
        try:
            if family == socket.AF_INET6:  # the address that is set, and no other
                door.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            door.bind((settings.demo_host, port))
            return door
        except OSError:
            door.close()
    raise LimitReached(
        f"a free port among demo_ports = {settings.demo_ports} from demo_port = {first} on",
        "none",
        "Stop another demo, or change the settings.",
    )


def _start(context: RunContext, python: Path, folder: Path, link: Link, door: socket.socket) -> subprocess.Popen:
    used = context.run.path / USED
    used.touch()
    # isolated as far as it goes: neither our code nor anything of a user's environment is on its path
    # every file goes along, so it needs no network
    command = [str(python), "-P", str(SERVING), str(folder), "--host", link.host, "--socket", str(door.fileno()), "--used", str(used)]
    quiet = {**QUIET, "GRADIO_TEMP_DIR": str(context.run.path / "gradio"), "HF_HUB_OFFLINE": "1"}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=_environment(quiet),
        pass_fds=[door.fileno()],
        stdin=subprocess.PIPE,
        stdout=sys.stderr.fileno(),
        stderr=sys.stderr.fileno(),
    )
    with contextlib.suppress(BrokenPipeError), process.stdin as pipe:  # everybody on this machine can read a command line
        pipe.write(f"{link.path}\n".encode())
    return process


def _environment(more: dict[str, str]) -> dict[str, str]:
    """Ours without settings and tokens of anybody: a page for others needs neither. What our processes are known by stays."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SHEETFORMER_") and "TOKEN" not in name}
    return {**kept, **{name: os.environ[name] for name in (HOME_VARIABLE, TOKEN_VARIABLE) if name in os.environ}, **more}


def _await_answer(context: RunContext, process: subprocess.Popen, link: Link) -> bool:
    """Waits for the first answer; ``False`` when the job is stopped meanwhile."""
    deadline = time.monotonic() + context.settings.demo_start_seconds
    while not context.stop_requested():
        _check_alive(context, process)
        if answers(link):
            return True
        if time.monotonic() > deadline:
            raise LimitReached(
                f"a demo that answers within demo_start_seconds = {context.settings.demo_start_seconds:g}",
                "none",
                "Choose a smaller model, or give it more time.",
            )
        time.sleep(POLL_SECONDS)
    return False


def answers(link: Link) -> bool:
    """Whether the demo answers at its secret path: another program on the same port would not."""
    try:
        with urllib.request.urlopen(f"http://{link_host(link.host)}:{link.port}/{link.path}/config", timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError, ValueError):
        return False


def _serve(context: RunContext, process: subprocess.Popen) -> Outcome:
    used = context.run.path / USED
    used.touch()
    limit = context.settings.demo_idle_minutes * 60
    before, quiet_since = used.stat().st_mtime_ns, time.monotonic()
    while not context.stop_requested():
        _check_alive(context, process)
        now = used.stat().st_mtime_ns
        if now != before:  # the file's clock may be set; ours cannot
            before, quiet_since = now, time.monotonic()
        if time.monotonic() - quiet_since > limit:
            return "done"
        time.sleep(POLL_SECONDS)
    return "stopped"


def _check_alive(context: RunContext, process: subprocess.Popen) -> None:
    if process.poll() is not None:
        raise RunFailed("a demo that goes on", f"one that ended with code {process.returncode}", "Its log says more; press Log under Jobs.")


def _end(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
