"""The warm process: answers, dies, is killed, comes back; one question never harms the next."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core import models
from core.errors import BadInput, LimitReached, NotFound, RunFailed, SheetformerError
from core.files import sha256_of
from core.live import LiveClient
from core.schema import PredictSpec, Role, TableSource
from core.settings import Settings
from tests.tiny_models import classifier

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("roots")
    for name in ("one", "two", "three"):
        classifier(root / name, "bert", seed=len(name))
    return root


@pytest.fixture(scope="module")
def live_settings(tmp_path_factory: pytest.TempPathFactory, roots: Path) -> Settings:
    made = Settings(home=tmp_path_factory.mktemp("home"), model_roots=(roots,), live_request_seconds=60)
    for folder in roots.iterdir():
        models.add_local(made, folder, folder.name)
    return made


@pytest.fixture(scope="module")
def client(live_settings: Settings) -> Iterator[LiveClient]:
    """One client for all tests, as on a server: what a test does to the process must not harm the next."""
    made = LiveClient(live_settings)
    yield made
    made.close()


@pytest.fixture
def question(tmp_path: Path, live_settings: Settings) -> dict:
    texts = ["good phone", "bad " * 90, "good phone", "", "love the screen"] * 3
    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"text": texts}), path)
    return ask_about(live_settings, "one", path, rows=len(texts))


def ask_about(settings: Settings, name: str, path: Path, rows: int = 15) -> dict:
    files = models.resolve(settings, f"local:{name}")
    spec = PredictSpec(
        task="text-classification",
        table=TableSource(id=sha256_of(path), name="t", rows=rows),
        roles={Role.TEXT: "text"},
        model=files.reference,
        revision=files.revision,
    )
    return {"spec": spec.model_dump(mode="json"), "input": str(path)}


def test_an_estimate_counts_what_the_run_will_meet(client: LiveClient, question: dict) -> None:
    answer = client.ask("estimate", question)
    assert (answer["rows"], answer["distinct_rows"], answer["skipped_rows"], answer["sampled"]) == (15, 3, 3, 3)
    assert (answer["truncated_rows"], answer["lost_tokens"]) == (3, 90 + 2 - 64)
    assert answer["rows_per_second"] > 0 and 0 < answer["seconds"] < 10
    assert 100e6 < answer["memory_bytes"] < 2e9
    assert any("longer than the model reads" in warning for warning in answer["warnings"])
    began = time.monotonic()
    assert client.ask("estimate", question)["distinct_rows"] == 3
    assert time.monotonic() - began < 5  # some 0.5 s on a quiet machine


def test_at_most_so_many_models_stay_loaded(client: LiveClient, live_settings: Settings, question: dict) -> None:
    path = Path(question["input"])
    for name in ("one", "two", "one", "three"):
        client.ask("estimate", ask_about(live_settings, name, path))
    assert client.ask("ping", {})["models"] == ["local:one", "local:three"]


def test_errors_keep_their_class_and_the_process_lives(client: LiveClient, question: dict) -> None:
    client.ask("ping", {})
    before = client.pid
    with pytest.raises(BadInput, match="one of the questions"):
        client.ask("divine", {})
    with pytest.raises(NotFound):
        client.ask("estimate", {**question, "spec": {**question["spec"], "model": "local:nobody"}})
    with pytest.raises(RunFailed, match="FileNotFoundError"):
        client.ask("estimate", {**question, "input": "/nowhere/at/all.parquet"})
    assert client.pid == before


def test_killed_in_the_middle_of_a_question_only_that_question_fails(client: LiveClient, question: dict) -> None:
    client.ask("ping", {})
    os.kill(client.pid, signal.SIGSTOP)  # it cannot answer any more, whatever comes
    threading.Timer(0.3, os.kill, (client.pid, signal.SIGKILL)).start()
    with pytest.raises(RunFailed, match="killed, probably out of memory"):
        client.ask("estimate", question)
    assert client.ask("estimate", question)["rows"] == 15


def test_no_answer_in_time_kills_the_process(client: LiveClient, question: dict) -> None:
    client.ask("ping", {})
    before = psutil.Process(client.pid)
    os.kill(before.pid, signal.SIGSTOP)
    began = time.monotonic()
    with pytest.raises(LimitReached, match=r"an answer within 0\.5 seconds"):
        client.ask("estimate", question, timeout=0.5)
    assert time.monotonic() - began < 5
    assert not before.is_running() or before.status() == psutil.STATUS_ZOMBIE
    assert client.ask("ping", {})["models"] == []


def test_a_model_that_needs_more_memory_than_allowed_fails_alone(live_settings: Settings, question: dict) -> None:
    tight = LiveClient(live_settings.model_copy(update={"live_memory_mb": 40, "threads": 1}))
    roomy = live_settings.model_copy(update={"live_memory_mb": 8_000})
    try:
        big = Path(question["input"]).with_name("big.parquet")
        pq.write_table(pa.table({"text": [f"{index} " + "good " * 400 for index in range(40_000)]}), big)
        with pytest.raises(SheetformerError, match=r"(?i)memory|alloc|ended with code"):
            tight.ask("estimate", ask_about(roomy, "one", big, rows=40_000))
        assert tight.ask("ping", {})["models"] == []
    finally:
        tight.close()


def test_threads_share_one_client_and_get_their_own_answers(client: LiveClient, live_settings: Settings, tmp_path: Path) -> None:
    answers: dict[int, int] = {}

    def ask(rows: int) -> None:
        path = tmp_path / f"{rows}.parquet"
        pq.write_table(pa.table({"text": [f"good {index}" for index in range(rows)]}), path)
        answers[rows] = client.ask("estimate", ask_about(live_settings, "one", path, rows))["rows"]

    threads = [threading.Thread(target=ask, args=(rows,)) for rows in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {rows: rows for rows in range(1, 9)}


def test_what_libraries_print_never_reaches_an_answer(client: LiveClient, live_settings: Settings, question: dict) -> None:
    log = live_settings.home / "live" / "log.txt"
    before = log.stat().st_size
    with pytest.raises(RunFailed):
        client.ask("estimate", {**question, "input": "/nowhere"})
    assert b"Traceback" in log.read_bytes()[before:]
    assert client.ask("estimate", question)["rows"] == 15


def test_the_process_ends_with_its_owner(live_settings: Settings) -> None:
    code = (
        "import os, sys; from core.live import LiveClient; from core.settings import Settings; client = LiveClient(Settings()); "
        "client.ask('ping', {}); assert 'torch' not in sys.modules; print(client.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    project = Path(__file__).parents[3]
    owner = subprocess.run(
        [sys.executable, "-c", code], cwd=project, env=live_settings.environment(), capture_output=True, text=True, check=False
    )
    pid = int(owner.stdout)
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "the process outlives its owner"
        time.sleep(0.05)
