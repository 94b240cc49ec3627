"""The desk that answers pages: one question at a time, for many visitors."""

import threading
from concurrent.futures import CancelledError

import pytest

from core.errors import BadInput, NotReady
from pages.parts import live
from pages.parts.live import Desk
from tests.pages.conftest import texts


class Client:
    """Answers when it is let, and fails while it is told to."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.asked: list[str] = []
        self.fails = False

    def ask(self, question: str, payload: dict) -> dict:
        self.asked.append(payload["name"])
        assert self.go.wait(10)
        if self.fails:
            raise RuntimeError("no model")
        return payload

    def close(self) -> None:
        self.go.set()


@pytest.fixture
def client():
    return Client()


@pytest.fixture
def desk(client):
    made = Desk(client)
    yield made
    made.close()


def ask(desk: Desk, visitor: str, name: str):
    return desk.ask(visitor, "estimate", name, {"name": name})


def test_a_visitor_drops_their_own_question_only(desk, client):
    ask(desk, "somebody", "busy")  # the thread works on it until the client may go
    mine, theirs = ask(desk, "me", "first"), ask(desk, "you", "yours")
    newer = ask(desk, "me", "second")
    assert mine.cancelled()
    assert not theirs.cancelled()
    client.go.set()
    assert (theirs.result(10), newer.result(10)) == ({"name": "yours"}, {"name": "second"})
    with pytest.raises(CancelledError):
        mine.result()
    assert client.asked == ["busy", "yours", "second"]


def test_a_question_that_two_wait_for_stays_when_one_leaves(desk, client):
    ask(desk, "somebody", "busy")
    shared = ask(desk, "me", "shared")
    assert ask(desk, "you", "shared") is shared
    ask(desk, "me", "other")
    assert not shared.cancelled()
    ask(desk, "you", "another")
    assert shared.cancelled()


def test_an_answer_is_kept(desk, client):
    client.go.set()
    assert ask(desk, "me", "x").result(10) == ask(desk, "you", "x").result(10)
    assert client.asked == ["x"]


def test_a_failure_is_asked_again_after_a_pause(desk, client, monkeypatch):
    client.go.set()
    client.fails = True
    failed = ask(desk, "me", "x")
    assert isinstance(failed.exception(10), RuntimeError)
    assert ask(desk, "me", "x") is failed
    client.fails = False
    monkeypatch.setattr(live, "ASK_AGAIN_SECONDS", 0.0)
    assert ask(desk, "me", "x").result(10) == {"name": "x"}


def test_a_failure_is_forgotten_and_an_answer_is_not(desk, client):
    client.go.set()
    client.fails = True
    ask(desk, "me", "x").exception(10)
    client.fails = False
    desk.forget("x")
    assert ask(desk, "me", "x").result(10) == {"name": "x"}
    desk.forget("x")
    assert ask(desk, "me", "x").result(10) == {"name": "x"}
    assert client.asked == ["x", "x"]


def test_a_page_asks_again_when_the_process_was_not_ready(open_page, monkeypatch):
    answers = [NotReady("the process within 1 second (live_start_seconds)", "one that is still starting", "Try again in a moment.")]

    def ask(self, question, payload, timeout=None):
        raise answers.pop() if answers else BadInput("nothing more", "a second question", "None.")

    monkeypatch.setattr("core.live.LiveClient.ask", ask)
    app = open_page("inspect/tokens", text="Hello")
    assert not app.exception and "live_start_seconds" in texts(app).replace("\\", "")
    app.button(key="live-again").click().run()
    assert not app.exception and "a second question" in texts(app) and "Try again" not in [button.label for button in app.button]
