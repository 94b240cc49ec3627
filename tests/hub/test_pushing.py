"""Pushes by a process of their own to a Hub of this machine, with the real client."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core.errors import BadInput, Conflict, HubError, LimitReached, SheetformerError
from core.publish import Order, Push, Pushes, Sent
from core.publish.sending import send
from core.settings import Settings
from pages.parts.publish.pushes import stopped
from tests.hub.conftest import ANALYST, TOKEN
from tests.hub.repositories import Repository
from tests.hub.server import LoopbackHub
from tests.hub.test_asking import point_at

Here = dict[str, Path]
WEIGHTS = {f"model-{number}.safetensors": os.urandom(400_000) for number in (1, 2, 3)}
FILES = {"README.md": b"---\nlicense: mit\n---\n\n# Mine\n", "config.json": b"{}", **WEIGHTS}
MINE = f"{ANALYST}/mine"


@pytest.fixture
def settings(tmp_path: Path, loopback: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Processes started from here, and this one, talk to the loopback Hub."""
    for name, value in {
        "HF_ENDPOINT": loopback.url,
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HOME": str(tmp_path / "hf"),
    }.items():
        monkeypatch.setenv(name, value)
    point_at(monkeypatch, loopback.url)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    return Settings(home=tmp_path / "home", max_pushes=1, hub_probe_seconds=60.0)


@pytest.fixture
def pushes() -> Iterator[Pushes]:
    made = Pushes()
    yield made
    made.close()


@pytest.fixture
def here(tmp_path: Path) -> dict[str, Path]:
    """The files on this machine."""
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    return {name: tmp_path / name for name in FILES}


def order(files: Here, /, **more: object) -> Order:
    return Order.model_validate({"repository": MINE, "message": "first files", "create": True, "files": files} | more)


def ended(push: Push) -> Sent:
    return push.wait(600)


def sent(settings: Settings, what: Order, token: str | None = TOKEN) -> dict[str, str]:
    """The same work in this process: no child to start."""
    return send(settings, what, token, lambda fact: None)


def mine(hub: LoopbackHub, kind: str = "model") -> Repository:
    return hub.shelf.repositories[kind, MINE]


def puts(hub: LoopbackHub) -> int:
    return len(hub.asked("PUT", "/lfs/"))


def test_a_new_repository_is_private_and_gets_every_file_in_one_commit(settings: Settings, loopback: LoopbackHub, here: Here) -> None:
    arrived = ended(Push(settings, order(here), token=TOKEN))
    assert arrived.state == "done" and arrived.error is None and arrived.outcome is not None
    assert (arrived.files_done, arrived.files_total, arrived.kept) == (5, 5, ())
    assert arrived.bytes_done == arrived.bytes_total == sum(map(len, FILES.values()))
    repo = mine(loopback)
    assert repo.private and {path: repo.at("main").files[path] for path in FILES} == FILES
    assert [commit.title for commit in repo.history("main")] == ["first files", "initial commit"]
    assert arrived.outcome.commit == repo.at("main").oid and arrived.outcome.url.endswith(arrived.outcome.commit)


def test_a_public_one_is_asked_for_and_a_data_set_is_one(settings: Settings, loopback: LoopbackHub, here: Here) -> None:
    sent(settings, order({"README.md": here["README.md"]}, kind="dataset", private=False))
    assert not mine(loopback, "dataset").private and ("model", MINE) not in loopback.shelf.repositories


def test_it_goes_to_a_branch_or_asks_as_a_pull_request(settings: Settings, loopback: LoopbackHub, here: Here) -> None:
    repo = loopback.shelf.add("model", MINE, {"old.txt": b"old"})
    on_branch = sent(settings, order(here, create=False, branch="trial"))
    assert repo.at("trial").oid == on_branch["commit"] and set(repo.at("main").files) == {"old.txt"}
    asked = sent(settings, order({"config.json": here["config.json"]}, create=False, pull_request=True))
    assert asked["pull_request"].endswith("/discussions/1") and "config.json" in repo.at("refs/pr/1").files
    assert set(repo.at("main").files) == {"old.txt"}
    others = loopback.shelf.add("model", "owner/theirs", {"old.txt": b"old"})
    sent(settings, order({"config.json": here["config.json"]}, repository="owner/theirs", create=False, pull_request=True))
    assert len(others.pulls) == 1, "who may not write may ask"


def test_single_files_come_and_go(settings: Settings, loopback: LoopbackHub, here: Here) -> None:
    repo = loopback.shelf.add("model", MINE, {"old.txt": b"old", "a/b.txt": b"b"})
    sent(settings, order({"notes/config.json": here["config.json"]}, create=False))
    sent(settings, order({}, create=False, deletions=("a/b.txt",)))
    assert set(repo.at("main").files) == {"old.txt", "notes/config.json"}
    with pytest.raises(HubError, match="no file of this name"):
        sent(settings, order({}, create=False, deletions=("none.txt",)))


def test_after_a_cut_only_what_is_missing_is_sent(settings: Settings, loopback: LoopbackHub, here: Here) -> None:
    second = loopback.faults.add("/lfs/", method="PUT", cut=-1, times=0)
    while puts(loopback) < 0:
        pass
    second.times = 0
    loopback.faults.add(r"/commit/", method="POST", status=503, times=1)
    with pytest.raises(HubError, match=r"trouble of its own \(status 503\).*only what is missing"):
        sent(settings, order(here))
    assert puts(loopback) == 3 and set(mine(loopback).at("main").files) == {".gitattributes"}, "nothing is half there"
    again = ended(Push(settings, order(here), token=TOKEN))
    assert again.state == "done" and set(again.kept) == set(WEIGHTS) and puts(loopback) == 3
    assert all(path.exists() for path in here.values())


def test_a_connection_that_breaks_between_files_loses_none_of_them(settings: Settings, loopback: LoopbackHub, here: Here) -> None:
    loopback.faults.add("/lfs/", method="PUT", times=1)
    loopback.faults.add("/lfs/", method="PUT", status=400, times=1)
    with pytest.raises(HubError, match="status 400"):
        sent(settings, order(here))
    loopback.faults.add("/commit/", method="POST", cut=3, times=1)  # the commit is made, and its answer is lost
    with pytest.raises(HubError, match=r"broke off.*only what is missing"):
        sent(settings, order(here))
    assert puts(loopback) == 4 and len({one.path for one in loopback.asked("PUT", "/lfs/")}) == 3
    again = sent(settings, order(here, made=True))
    assert again["commit"] == mine(loopback).at("main").oid and len(mine(loopback).commits) == 2 and puts(loopback) == 4


def test_a_stop_leaves_the_repository_as_it_was_and_the_next_push_goes_on(
    settings: Settings, loopback: LoopbackHub, here: Here, pushes: Pushes
) -> None:
    loopback.faults.add("/lfs/", method="PUT", times=1)
    loopback.faults.add("/lfs/", method="PUT", wait=600.0)
    push = pushes.start(settings, "one", order(here), token=TOKEN)
    while puts(loopback) < 2:
        time.sleep(0.02)
    running = push.now()
    assert (running.state, running.step, running.files_done) == ("running", "sending", 3) and running.file == "model-2.safetensors"
    process = psutil.Process(push.pid)
    assert TOKEN not in " ".join(process.cmdline()) and TOKEN not in str(process.environ())
    push.stop()
    assert push.now().state == "stopped" and set(mine(loopback).at("main").files) == {".gitattributes"}
    assert "The repository is as it was" in stopped(push)
    loopback.faults.clear()
    pushes.go_on(settings, "one", push.order.what, token=TOKEN)
    done = ended(pushes.of("one")[0])
    assert done.state == "done" and done.kept == ("model-1.safetensors",)
    assert len({one.path for one in loopback.asked("PUT", "/lfs/")}) == 3


def test_going_on_takes_the_pull_request_whose_answer_was_lost(settings: Settings, loopback: LoopbackHub, here: Here) -> None:
    repo = loopback.shelf.add("model", MINE, {"old.txt": b"old"})
    asks = order(here, create=False, pull_request=True)
    loopback.faults.add("/commit/", method="POST", cut=3, times=1)
    with pytest.raises(HubError, match="broke off"):
        sent(settings, asks)
    again = asks.model_copy(update={"asked": True})
    took = sent(settings, again)
    assert len(repo.pulls) == 1 and took["pull_request"].endswith(f"{MINE}/discussions/1")
    assert took["commit"] == repo.at("refs/pr/1").oid and took["url"] == f"{loopback.url}/{MINE}/commit/{took['commit']}"
    others = {"message": "other words"}, {"files": {"config.json": here["README.md"]}}, {"deletions": ("old.txt",)}
    made = [sent(settings, again.model_copy(update=other))["pull_request"][-1] for other in others]
    assert made == ["2", "3", "4"], "another title, content or deletion is another pull request"
    for pull in repo.pulls:
        pull["author"] = "somebody"
    assert sent(settings, again)["pull_request"].endswith("/5"), "and so is another's"


def test_going_on_takes_the_commit_whose_answer_was_lost(settings: Settings, loopback: LoopbackHub, here: Here) -> None:
    repo = loopback.shelf.add("dataset", MINE, {"old.txt": b"old"})
    more = {"kind": "dataset", "create": False, "parent": repo.at("main").oid}
    for number, what in enumerate((order(here, **more, branch="trial"), order(here, **more, deletions=("old.txt",))), 2):
        loopback.faults.add("/commit/", method="POST", cut=3, times=1)
        with pytest.raises(HubError, match="broke off"):
            sent(settings, what)
        took = sent(settings, what.model_copy(update={"asked": True}))
        assert took["commit"] == repo.at(what.branch).oid and len(repo.commits) == number
        assert took["url"] == f"{loopback.url}/datasets/{MINE}/commit/{took['commit']}"


def test_a_stop_with_the_commit_on_its_way_says_so_and_going_on_looks_for_it(
    settings: Settings, loopback: LoopbackHub, here: Here, pushes: Pushes
) -> None:
    repo = loopback.shelf.add("model", MINE, {"old.txt": b"old"})
    loopback.faults.add("/commit/", method="POST", wait=600.0)
    push = pushes.start(settings, "one", order(here, create=False, pull_request=True), token=TOKEN)
    while not loopback.asked("POST", "/commit/"):
        time.sleep(0.02)
    push.stop()
    assert push.now().state == "stopped" and "may have arrived" in stopped(push)
    repo.refs["refs/pr/1"] = repo.at("main").oid
    late = repo.commit(FILES, push.order.message, ref="refs/pr/1")
    repo.pulls.append({"num": 1, "oid": late.oid, "title": push.order.message, "author": ANALYST})
    pushes.go_on(settings, "one", push.order.what, token=TOKEN)
    done = ended(pushes.of("one")[0])
    assert done.outcome is not None and done.outcome.commit == late.oid and len(repo.pulls) == 1


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "a token that the Hub knows.*Sign in"),
        (403, f"the right to write to model {MINE}.*pull request"),
        (404, "no such repository, or a private one"),
        (413, "more than it takes at once"),
        (429, "Wait 9 s"),
        (500, "trouble of its own"),
    ],
)
def test_each_refusal_is_one_clear_message(settings: Settings, loopback: LoopbackHub, here: Here, status: int, words: str) -> None:
    loopback.faults.add("/commit/", method="POST", status=status, headers=(("Retry-After", "9"),))
    with pytest.raises(HubError, match=rf"{words}") as caught:
        sent(settings, order(here))
    assert f"status {status}" in str(caught.value) and TOKEN not in str(caught.value) and str(settings.home) not in str(caught.value)


def test_what_the_hub_says_itself_is_told_too(settings: Settings, loopback: LoopbackHub, here: Here) -> None:
    with pytest.raises(HubError, match="a token that the Hub knows"):
        sent(settings, order(here), "hf_nobody")
    loopback.shelf.add("model", "owner/theirs", {"a.txt": b"a"})
    with pytest.raises(HubError, match="no such repository"):
        sent(settings, order(here, repository="owner/theirs", create=False))
    repo = loopback.shelf.add("model", MINE, {"a.txt": b"a"})
    with pytest.raises(HubError, match="there already"):
        sent(settings, order(here))
    seen = repo.at("main").oid
    repo.commit({"b.txt": b"b"}, "in between")
    with pytest.raises(HubError, match=r"came in between \(status 412\)"):
        sent(settings, order(here, create=False, parent=seen))
    assert "model-1.safetensors" not in repo.at("main").files
    sent(settings, order(here, create=False, parent=repo.at("main").oid))
    loopback.faults.add("^/$", wait=600.0)
    with pytest.raises(HubError, match="no answer within"):
        sent(settings.model_copy(update={"hub_probe_seconds": 0.01}), order(here))


def test_an_empty_repository_is_taken_when_it_is_as_private_as_asked(settings: Settings, loopback: LoopbackHub, here: Here) -> None:
    loopback.shelf.add("model", MINE)
    with pytest.raises(HubError, match="an empty one that is public"):
        sent(settings, order(here))
    sent(settings, order(here, private=False))
    assert "config.json" in mine(loopback).at("main").files


def test_a_server_counts_its_pushes(settings: Settings, loopback: LoopbackHub, here: Here, pushes: Pushes) -> None:
    loopback.faults.add("/api/", wait=600.0)
    first = pushes.start(settings, "one", order(here), token=TOKEN)
    with pytest.raises(Conflict, match="under way"):
        pushes.start(settings, "two", order(here), token=TOKEN)
    with pytest.raises(LimitReached, match="max_pushes"):
        pushes.start(settings, "two", order(here, repository=f"{ANALYST}/other"), token=TOKEN)
    pushes.forget("one", first.order.what)
    assert pushes.of("one") == [first] and pushes.of("two") == []
    first.stop()
    pushes.forget("one", first.order.what)
    assert pushes.of("one") == []


def test_a_sign_out_ends_the_pushes_of_its_workspace(settings: Settings, loopback: LoopbackHub, here: Here, pushes: Pushes) -> None:
    loopback.faults.add("/api/", wait=600.0)
    both = settings.model_copy(update={"max_pushes": 2})
    mine = pushes.start(both, "one", order(here), token=TOKEN)
    theirs = pushes.start(both, "two", order(here, repository=f"{ANALYST}/other"), token=TOKEN)
    pushes.sign_out("one")
    assert (mine.now().state, theirs.now().state) == ("stopped", "running") and not psutil.pid_exists(mine.pid)


def test_a_token_is_in_no_order_and_in_no_file(settings: Settings, loopback: LoopbackHub, here: Here, tmp_path: Path) -> None:
    what, told = order(here), []
    send(settings, what, TOKEN, told.append)
    assert TOKEN not in what.model_dump_json() and TOKEN not in json.dumps(told)
    assert {one.user for one in loopback.requests if "/api/" in one.path} == {ANALYST}
    assert [path for path in tmp_path.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()] == []


@pytest.mark.parametrize(
    "more",
    [
        {"repository": "mine"},
        {"repository": "me/../you"},
        {"files": {}},
        {"files": {"../a": "a"}},
        {"files": {"/etc/a": "a"}},
        {"files": {".git/config": "a"}},
        {"deletions": ("a\\b",)},
        {"branch": "a..b"},
        {"parent": "main"},
        {"message": ""},
    ],
)
def test_an_order_that_tries_something_is_none(more: dict[str, object], here: Here) -> None:
    with pytest.raises((SheetformerError, ValueError)) as caught:
        order(here, **more)
    assert not isinstance(caught.value, SheetformerError) or isinstance(caught.value, BadInput)
