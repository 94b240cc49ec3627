"""Work beside the queue: what it is asked and says, how it ends, and whose it is. Small modules stand in for ours."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from core.errors import BadInput, LimitReached, RunFailed
from core.settings import Settings
from core.work import Work, WorkList

ANSWERS = """
import json, sys
asked = json.loads(sys.stdin.readline())
assert asked["token"] not in " ".join(sys.argv)
print("a library's own word")
print("null")
sys.stdout.flush()
sys.stdout.buffer.write(b"\\xff\\n")
for done in range(3):
    print(json.dumps({"rows": done}), flush=True)
print(json.dumps({"table": asked["name"]}))
"""
HANGS = "import sys, time; sys.stdin.readline(); print('{\"rows\": 1}', flush=True); time.sleep(600)"
FAILS = """
import json, sys
from core.errors import BadInput
print(json.dumps({"error": BadInput("rows", "none", "Choose another file.").to_facts()}))
"""
LONG = 60.0


@pytest.fixture
def start(settings: Settings, tmp_path: Path) -> Iterator[Callable[..., Work]]:
    """Starts a module of this code; whatever runs at the end of a test is stopped."""
    made: list[Work] = []

    def started(code: str, token: str | None = None, **more: object) -> Work:
        module = f"stand_in_{len(made)}"
        (tmp_path / f"{module}.py").write_text(code)
        path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
        question = {"name": "fine", "token": token}
        made.append(Work(settings, module, question, outcome="table", environment={"PYTHONPATH": path}, **more))
        return made[-1]

    yield started
    for work in made:
        work.stop()


def test_it_is_asked_and_its_last_answer_is_the_outcome(start) -> None:
    called: list[bool] = []
    work = start(ANSWERS, token="hf_secret", on_done=lambda: called.append(True))
    work.join(LONG)
    assert (work.state, work.answer, called, work.with_token) == ("done", {"table": "fine"}, [True], True)
    assert "hf_secret" not in repr(vars(work))


def test_it_is_stopped_and_its_process_is_gone(start) -> None:
    work = start(HANGS)
    assert work.state == "running" and psutil.pid_exists(work.pid)
    work.stop()
    assert work.state == "stopped" and not psutil.pid_exists(work.pid)
    work.stop()  # twice is once


def test_what_it_says_of_an_error_is_the_error(start) -> None:
    work = start(FAILS)
    work.join(LONG)
    assert work.state == "failed" and isinstance(work.error("rows", "Try again."), BadInput)


def test_a_process_that_was_killed_has_failed(start) -> None:
    work = start(HANGS)
    os.kill(work.pid, signal.SIGKILL)
    work.join(LONG)
    error = work.error("the rows", "Try again.")
    assert work.state == "failed" and isinstance(error, RunFailed) and "code -9" in error.one_line()


def test_what_goes_wrong_afterwards_is_told(start) -> None:
    def full() -> None:
        raise LimitReached("room", "none", "Make some.")

    work = start(ANSWERS, token="hf_secret", on_done=full)
    work.join(LONG)
    assert work.state == "failed" and isinstance(work.error("rows", ""), LimitReached)


def test_workspaces_see_their_own(start) -> None:
    works: WorkList[Work] = WorkList()
    mine, theirs = works.add("mine", "a", start(HANGS, token="t")), works.add("theirs", "a", start(HANGS, token="t"))
    free = works.add("mine", "b", start(HANGS))
    assert works.of("mine") == [mine, free] and set(works.running()) == {("mine", "a"), ("theirs", "a"), ("mine", "b")}
    works.forget("mine", "a")
    assert works.of("mine") == [mine, free], "it runs"
    works.sign_out("mine")
    assert (mine.state, free.state, theirs.state) == ("stopped", "running", "running")
    works.forget("mine", "a")
    assert works.of("mine") == [free] and works.get("theirs", "a") is theirs
    works.close()
    assert not works.running()


def test_the_newest_is_the_last_also_in_the_place_of_another(start) -> None:
    works: WorkList[Work] = WorkList()
    for key in ("a", "b", "a"):
        last = works.add("mine", key, start(HANGS))
    assert works.of("mine")[-1] is last and len(works.of("mine")) == 2
