"""The canary: an access token goes through whole runs that end well, fail, are stopped and are killed, and is then found nowhere.

It is given by the environment of the command line, and by a workspace that signs in on a page. Looked through: every file that was
written, databases and archives included; what each process was started with; what was printed; what pages sent to the browser.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import inference, jobs, models, processes, tables
from core.errors import HubError, printable, safe_traceback
from core.schema import FINAL_STATES, Job, JobState
from core.settings import Settings
from core.workspaces import LOCAL
from tests.hub.online import go_online
from tests.hub.server import LoopbackHub
from tests.tiny_models import classifier

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.xdist_group("canary")  # one cage for all of them
BY_ENVIRONMENT, BY_PAGE, WRONG = "hf_canaryEnvironment" + "e" * 20, "hf_canaryPage" + "p" * 20, "hf_canaryWrong" + "w" * 20
CANARIES = (BY_ENVIRONMENT, BY_PAGE, WRONG)
TEXTS = ["good film", "it broke after two days", "love this phone", "not very fine"]
PATIENCE = 300.0


@dataclass
class Cage:
    """A data folder, a Hub, and all that was seen of the processes over it."""

    settings: Settings
    hub: LoopbackHub
    folder: Path
    printed: list[str] = field(default_factory=list)
    started_with: dict[int, str] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Notes arguments and environment of every process of this data folder while there are any."""
        while not self.ended.wait(0.05):
            for process in psutil.process_iter():
                try:
                    environment, arguments = process.environ(), process.cmdline()
                except psutil.Error:
                    continue
                # A command shows its own environment, also in a child that has not become another program yet.
                ours = environment.get(processes.HOME_VARIABLE) == str(self.settings.home) and arguments[1:3] != ["-m", "core"]
                if ours and process.pid != os.getpid():
                    self.started_with[process.pid] = f"{arguments} {environment}"

    def command(self, *words: str, token: str = BY_ENVIRONMENT) -> subprocess.CompletedProcess[str]:
        """A command whose environment has a token."""
        environment = {**os.environ, **self.settings.environment(), "HF_TOKEN": token}
        asked = [sys.executable, "-m", "core", *words]
        ended = subprocess.run(asked, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE)
        self.printed += [ended.stdout, ended.stderr]
        return ended

    def submitted(self, model: str) -> Job:
        """A run that scores the texts, in the queue."""
        table = tables.import_file(self.settings, LOCAL, self.texts())
        choices = {"task": "text-classification", "model": model, "roles": {"text": "text"}, "precision": "fp32"}
        spec = inference.make_spec(self.settings, table, owner=LOCAL, **choices)
        return jobs.submit(self.settings, spec, owner=LOCAL, input_table=table.path)

    def texts(self) -> Path:
        path = self.folder / "texts.csv"
        pd.DataFrame({"text": TEXTS}).to_csv(path, index=False)
        return path

    def ended_job(self, job: Job) -> Job:
        await_true("the end of a job", lambda: jobs.get(self.settings, job.id).state in FINAL_STATES)
        return jobs.get(self.settings, job.id)

    def downloading(self, name: str) -> None:
        """Waits until the weights of a model have been asked for."""
        await_true(f"a download of {name}", lambda: any(name in one.path for one in self.hub.asked("GET", "model.safetensors")))


def await_true(what: str, look: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not look():
        assert time.monotonic() < deadline, f"no {what}"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def cage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cage]:
    folder, patch = tmp_path_factory.mktemp("canary"), pytest.MonkeyPatch()
    weights = classifier(folder / "tiny", "bert")
    files = {path.name: path.read_bytes() for path in weights.iterdir()}
    with LoopbackHub() as hub:
        hub.shelf.tokens |= {BY_ENVIRONMENT: "administrator", BY_PAGE: "analyst"}
        hub.shelf.add("model", "owner/gated", files, gated=True, access={"administrator"})
        hub.shelf.add("model", "owner/closed", files, gated=True)
        hub.shelf.add("model", "owner/secret", files, private=True, access={"analyst"}, facts={"pipeline_tag": "text-classification"})
        for name in ("stopped", "killed"):
            hub.shelf.add("model", f"owner/{name}", files)
        go_online(patch, hub, folder)
        settings = Settings(home=folder / "home", quick_starts=False, idle_exit_seconds=0.5, stop_grace_seconds=2.0, hub_probe_seconds=60.0)
        settings.home.mkdir()
        made = Cage(settings, hub, folder)
        watcher = threading.Thread(target=made.watch, daemon=True)
        watcher.start()
        yield made
        made.ended.set()
        watcher.join()
        processes.kill(processes.processes_of(settings))
    patch.undo()


def test_runs_that_end_well_and_runs_that_fail(cage: Cage) -> None:
    """The command fetches a gated model with its token; the job of the run has none and needs none."""
    choices = ("--task", "text-classification", "--text", "text", "--precision", "fp32")
    done = cage.command("predict", str(cage.texts()), "--model", "owner/gated", *choices, "--out", str(cage.folder / "out.xlsx"), "--json")
    assert done.returncode == 0, done.stderr
    assert {one.user for one in cage.hub.asked("GET", "/owner/gated/resolve/")} == {"administrator"}
    failed = cage.command("predict", str(cage.texts()), "--model", "owner/closed", *choices)
    assert failed.returncode == 1 and "gated" in failed.stderr
    wrong = cage.command("hub", "pull", "owner/gated", token=WRONG)
    assert wrong.returncode == 1 and "a token that the Hub does not know" in wrong.stderr
    listed = cage.command("jobs", "list")
    assert "done" in listed.stdout


def test_runs_that_are_stopped_and_killed(cage: Cage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server has the token in its environment; the jobs that it starts are ended in the middle of a download."""
    monkeypatch.setenv("HF_TOKEN", BY_ENVIRONMENT)
    cage.hub.faults.add("/resolve/.*safetensors", method="GET", wait=3_600.0)
    job = cage.submitted("owner/stopped")
    cage.downloading("owner/stopped")
    jobs.stop(cage.settings, job.id, owner=LOCAL)
    assert cage.ended_job(job).state is JobState.STOPPED
    job = cage.submitted("owner/killed")
    cage.downloading("owner/killed")
    os.kill(jobs.get(cage.settings, job.id).pid or 0, signal.SIGKILL)
    cage.hub.faults.clear()
    assert cage.ended_job(job).state is JobState.DONE, "it is started again and goes on"
    users = {one.user for one in cage.hub.requests if "/resolve/" in one.path and ("stopped" in one.path or "killed" in one.path)}
    assert users <= {None, "administrator"}


def test_a_workspace_that_signs_in_and_fetches(cage: Cage, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the field of the page, whose token is in this process's memory alone."""
    monkeypatch.setenv("SHEETFORMER_HOME", str(cage.settings.home))
    monkeypatch.setenv("SHEETFORMER_SHARE_WORKSPACE", "true")
    monkeypatch.setenv("SHEETFORMER_HUB_PROBE_SECONDS", "60")
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(jobs, "hold_server", lambda settings: None)
    monkeypatch.setattr("core.live.LiveClient.warm", lambda self: None)
    st.cache_data.clear()
    st.cache_resource.clear()
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=PATIENCE)
    app.switch_page("pages/hub/hub.py")
    app.query_params["repo"] = "owner/secret"
    sent = [_sent(app.run())]
    for token in (WRONG, BY_PAGE):
        app.text_input[0].input(token)
        next(button for button in app.button if button.label == "Sign in").click().run()
        sent.append(_sent(app))
    assert "analyst" in sent[-1] and not app.exception
    next(button for button in app.button if button.label.startswith("Fetch")).click().run()
    sent.append(_sent(app))
    await_true("the model", lambda: any(one.name == "owner/secret" for one in models.read_fetched(cage.settings, LOCAL)))
    sent.append(_sent(app.run()))
    assert {one.user for one in cage.hub.asked("GET", "/owner/secret/resolve/")} == {"analyst"}
    assert _found_in("\n".join(sent)) == []
    job = cage.ended_job(cage.submitted("owner/secret"))
    assert job.state is JobState.DONE, job.error
    st.cache_resource.clear()


def _sent(app: AppTest) -> str:
    """Everything that a page sent to the browser, as its messages are."""
    return "\n".join(str(element.proto) for element in app._tree if getattr(element, "proto", None) is not None) + str(app.query_params)


def test_the_canary_is_found_nowhere(cage: Cage) -> None:
    """After all of it. Each of the places is looked at only if there is something to look at."""
    assert len(cage.started_with) > 5 and len(cage.printed) > 5
    assert [pid for pid, words in cage.started_with.items() if _found_in(words)] == []
    assert [text for text in cage.printed if _found_in(text)] == []
    files = [path for path in cage.folder.rglob("*") if path.is_file()]
    assert {"spec.json", "log.txt", "scheduler.log", "jobs.sqlite", "restricted.json", "out.xlsx"} <= {path.name for path in files}
    assert [str(path) for path in files if any(_found_in(content) for content in _contents(path))] == []


def _contents(path: Path) -> Iterator[bytes]:
    """A file as it is, and what is packed in it."""
    yield path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())


def _found_in(text: Any) -> list[str]:
    """The canaries in a text; none of them may be in an output of a test either, so only their first letters."""
    content = text if isinstance(text, bytes) else str(text).encode("utf-8", "replace")
    return [canary[:12] for canary in CANARIES if canary.encode() in content]


def test_a_message_that_quotes_a_token_loses_it() -> None:
    error = HubError("an answer", f"status 400 for Bearer {BY_PAGE}", "Try again.")
    try:
        raise error
    except HubError as caught:
        assert _found_in(safe_traceback(caught)) == []
    assert _found_in(error.one_line()) == [] and printable(f"a {WRONG} b") == "a hf_… b" and printable("hf_short") == "hf_short"
