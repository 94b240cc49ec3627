"""The canary: an access token goes through whole runs that end well, fail, are stopped and are killed, and is then found nowhere.

Runs and fine-tunes, rows of data sets, pushes, demos and exports. It is given by the environment of the command line, and by a workspace
that signs in on a page. Looked through: every file that was written, databases and archives included; what each process was started with;
what was printed; what pages sent to the browser; what reached the Hub beside the head of a request.
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
import pyarrow as pa
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import demos, inference, jobs, models, processes, tables, training
from core.demos import run as demo_job
from core.errors import HubError, RunFailed, printable, safe_traceback
from core.hub import Fetches
from core.live import LiveClient
from core.publish import Order, Push
from core.runs import RunContext, create_run
from core.schema import FINAL_STATES, HubSource, Job, JobState
from core.settings import Settings
from core.tables import hub as hub_tables
from core.workspaces import LOCAL
from pages.parts.hub import account
from tests.hub.datasets import parquet
from tests.hub.online import go_online
from tests.hub.server import LoopbackHub
from tests.tiny_models import classifier
from tests.unit.demos.test_run import STAND_IN

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.xdist_group("canary")  # one cage for all of them
BY_ENVIRONMENT, BY_PAGE, WRONG = "hf_canaryEnvironment" + "e" * 20, "hf_canaryPage" + "p" * 20, "hf_canaryWrong" + "w" * 20
CANARIES = (BY_ENVIRONMENT, BY_PAGE, WRONG)
TEXTS = ["good film", "it broke after two days", "love this phone", "not very fine"]
LABELLED = [{"text": f"{text} {number}", "label": label} for number in range(8) for text, label in (("good", "yes"), ("bad", "no"))]
ROWS = "owner/gated-rows"
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

    def done(self, *words: str) -> None:
        """A command that ends well."""
        ended = self.command(*words)
        assert ended.returncode == 0, ended.stderr

    def said(self, *errors: object) -> None:
        """Notes what a page would show of what happened."""
        self.printed += [f"{error} {error!r}" for error in errors]

    def submitted(self, model: str) -> Job:
        """A run that scores the texts, in the queue."""
        table = tables.import_file(self.settings, LOCAL, self.texts())
        choices = {"task": "text-classification", "model": model, "roles": {"text": "text"}, "precision": "fp32"}
        spec = inference.make_spec(self.settings, table, owner=LOCAL, **choices)
        return jobs.submit(self.settings, spec, owner=LOCAL, input_table=table.path)

    def tuning(self, model: str) -> Job:
        """A fine-tune, in the queue."""
        path = self.folder / "labelled.parquet"
        pd.DataFrame(LABELLED).to_parquet(path)
        table = tables.import_file(self.settings, LOCAL, path)
        choices = {"task": "text-classification", "model": model, "roles": {"text": "text", "label": "label"}, "name": "job"}
        spec = training.make_spec(self.settings, table, owner=LOCAL, dials={"epochs": 1, "rank": 2}, **choices)
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
        patch.setenv(processes.HOME_VARIABLE, str(folder / "home"))
        hub.shelf.tokens |= {BY_ENVIRONMENT: "administrator", BY_PAGE: "analyst"}
        hub.shelf.add("model", "owner/gated", files, gated=True, access={"administrator"})
        hub.shelf.add("model", "owner/closed", files, gated=True)
        hub.shelf.add("model", "owner/secret", files, private=True, access={"analyst"}, facts={"pipeline_tag": "text-classification"})
        for name in ("stopped", "killed", "tuned"):
            hub.shelf.add("model", f"owner/{name}", files)
        rows = {"train.parquet": parquet(pa.Table.from_pylist(LABELLED))}
        hub.shelf.add("dataset", ROWS, rows, gated=True, access={"administrator", "analyst"})
        go_online(patch, hub, folder)
        patient = {"idle_exit_seconds": 0.5, "stop_grace_seconds": 2.0, "hub_probe_seconds": 60.0, "min_free_disk_mb": 1}
        settings = Settings(home=folder / "home", quick_starts=False, **patient)
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
    app.switch_page("pages/hub/publish.py").run()
    sent.append(_sent(app))
    app.switch_page("pages/hub/hub.py").run()
    next(button for button in app.button if button.label == "Sign out").click().run()
    sent += [_sent(app), repr(app.session_state)]
    assert account.tokens().of(LOCAL) is None and "Signed in" not in sent[-2]
    assert _found_in("\n".join(sent)) == []
    job = cage.ended_job(cage.submitted("owner/secret"))
    assert job.state is JobState.DONE, job.error
    st.cache_resource.clear()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_fine_tune_a_push_and_an_export(cage: Cage) -> None:
    """By commands: gated rows and a gated base come with the token, and what is made of them leaves with it and without it."""
    roles = ("--text", "text", "--label", "label", "--task", "text-classification")
    dials = ("--set", "epochs=1", "--set", "rank=2", "--set", "precision=fp32")
    cage.done("finetune", f"hf://datasets/{ROWS}:train", *roles, "--model", "owner/gated", "--name", "mine", *dials)
    cage.done("hub", "push", "mine", "--to", "administrator/mine")
    refused = cage.command("hub", "push", "mine", "--to", "administrator/other", token=WRONG)
    assert refused.returncode == 1 and "a token that the Hub knows" in refused.stderr
    cage.done("hub", "space", "adapter:mine", "--out", str(cage.folder / "exported"))
    assert {one.user for one in cage.hub.asked("GET", f"/datasets/{ROWS}/resolve/")} == {"administrator"}
    assert "adapter_model.safetensors" in cage.hub.shelf.repositories["model", "administrator/mine"].at("main").files


def test_a_fine_tune_that_is_stopped_and_killed(cage: Cage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", BY_ENVIRONMENT)
    cage.hub.faults.add("/resolve/.*safetensors", method="GET", wait=3_600.0)
    job = cage.tuning("owner/tuned")
    cage.downloading("owner/tuned")
    jobs.stop(cage.settings, job.id, owner=LOCAL)
    assert cage.ended_job(job).state is JobState.STOPPED
    cage.hub.requests.clear()
    jobs.resume(cage.settings, job.id, owner=LOCAL)
    cage.downloading("owner/tuned")
    os.kill(jobs.get(cage.settings, job.id).pid or 0, signal.SIGKILL)
    cage.hub.faults.clear()
    assert cage.ended_job(job).state is JobState.DONE, "it is started again and goes on"
    assert {one.user for one in cage.hub.asked("GET", "/owner/tuned/resolve/")} == {None}, "a job has no token"


def test_rows_that_fail_are_stopped_and_killed(cage: Cage) -> None:
    """As the page brings them in, for somebody who is signed in."""
    _, wanted = hub_tables.find(cage.settings, HubSource(dataset=ROWS), BY_PAGE)
    with pytest.raises(HubError, match="a token that the Hub does not know") as caught:
        hub_tables.bring(Fetches(), cage.settings, "w-mine", wanted, token=WRONG)
    cage.said(caught.value)
    cage.hub.faults.add("/resolve/", method="GET", wait=3_600.0)
    for end, state in (("stop", "stopped"), ("kill", "failed")):
        cage.hub.requests.clear()
        work = hub_tables.bring(Fetches(), cage.settings, "w-mine", wanted, token=BY_PAGE)
        await_true("rows", lambda: cage.hub.asked("GET", f"{ROWS}/resolve/"))
        if end == "stop":
            work.stop()
        else:
            os.kill(work.pid, signal.SIGKILL)
        now = work.wait(PATIENCE)
        assert now.state == state
        cage.said(now, vars(work))
    cage.hub.faults.clear()
    work = hub_tables.bring(Fetches(), cage.settings, "w-mine", wanted, token=BY_PAGE)
    assert work.wait(PATIENCE).state == "done" and {one.user for one in cage.hub.asked("GET", f"{ROWS}/resolve/")} == {"analyst"}
    cage.said(work.now(), vars(work))


def test_pushes_that_fail_are_stopped_and_killed(cage: Cage) -> None:
    path = cage.folder / "model.safetensors"
    path.write_bytes(os.urandom(50_000))
    order = Order(repository="analyst/mine", create=True, message="first", files={"model.safetensors": path})
    refused = Push(cage.settings, order, token=WRONG)
    failed = refused.wait(PATIENCE)
    assert failed.state == "failed"
    cage.said(failed, vars(refused))
    cage.hub.faults.add("/lfs/", method="PUT", wait=3_600.0)
    for end, state in (("stop", "stopped"), ("kill", "failed")):
        cage.hub.requests.clear()
        push = Push(cage.settings, order, token=BY_PAGE)
        await_true("a file", lambda: cage.hub.asked("PUT", "/lfs/"))
        if end == "stop":
            push.stop()
        else:
            os.kill(push.pid, signal.SIGKILL)
        assert push.wait(PATIENCE).state == state
        cage.said(push.now(), vars(push))
    cage.hub.faults.clear()
    done = Push(cage.settings, order, token=BY_PAGE)
    assert done.wait(PATIENCE).state == "done"
    cage.said(done.now(), vars(done))


def test_the_warm_process_is_started_without_it(cage: Cage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", BY_ENVIRONMENT)
    client = LiveClient(cage.settings)
    client.warm()
    await_true("a warm process", lambda: client.pid in cage.started_with)
    os.kill(client.pid or 0, signal.SIGKILL)
    client.close()


def test_demos_that_end_well_and_crash(cage: Cage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small server in the place of Gradio, started by a job whose own environment has a token, which it never has."""
    monkeypatch.setenv("HF_TOKEN", BY_ENVIRONMENT)
    monkeypatch.setattr(demo_job, "python_with_gradio", lambda: Path(sys.executable))
    limits = cage.settings.model_copy(update={"demo_idle_minutes": 0.01, "demo_port": 0})
    spec, code = demos.make_spec(limits, "adapter:mine"), cage.folder / "stand_in.py"
    monkeypatch.setattr(demo_job, "SERVING", code)
    with (cage.folder / "space.zip").open("wb") as file:
        demos.write_zip(limits, spec, file)
    before = len(cage.started_with)
    code.write_text(STAND_IN)
    assert demo_job.run(RunContext(limits, create_run(limits, spec, owner=LOCAL))) == "done"
    code.write_text("import time; time.sleep(1); raise SystemExit(3)")
    with pytest.raises(RunFailed) as caught:
        demo_job.run(RunContext(limits, create_run(limits, spec, owner=LOCAL)))
    cage.said(caught.value)
    assert len(cage.started_with) >= before + 2, "both were looked at"


def _sent(app: AppTest) -> str:
    """Everything that a page sent to the browser, as its messages are."""
    return "\n".join(str(element.proto) for element in app._tree if getattr(element, "proto", None) is not None) + str(app.query_params)


def test_the_canary_is_found_nowhere(cage: Cage) -> None:
    """After all of it. Each of the places is looked at only if there is something to look at."""
    assert len(cage.started_with) > 5 and len(cage.printed) > 5
    assert [pid for pid, words in cage.started_with.items() if _found_in(words)] == []
    assert [text for text in cage.printed if _found_in(text)] == []
    files = [path for path in cage.folder.rglob("*") if path.is_file()]
    written = {"spec.json", "log.txt", "scheduler.log", "jobs.sqlite", "restricted.json", "out.xlsx", "space.zip"}
    written |= {"app.py", "answering.py", "requirements.txt", "README.md", "adapter_config.json", "result.parquet"}
    assert written - {path.name for path in files} == set()
    assert [str(path) for path in files if any(_found_in(content) for content in _contents(path))] == []


def test_the_canary_is_in_nothing_that_left(cage: Cage) -> None:
    """Repositories as they are now, their commits, and every address that was asked for."""
    there = [commit for repository in cage.hub.shelf.repositories.values() for commit in repository.commits]
    assert {"administrator/mine", "analyst/mine"} <= {name for _, name in cage.hub.shelf.repositories}
    assert [
        commit.title for commit in there if any(_found_in(content) for content in (commit.title, commit.message, *commit.files.values()))
    ] == []
    assert [one.path for one in cage.hub.requests if _found_in(one.path)] == []


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
