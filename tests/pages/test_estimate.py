"""The desk that answers estimates: one question at a time, for many visitors."""

import threading
from concurrent.futures import CancelledError

import pytest

from pages.parts import estimate
from pages.parts.estimate import Desk


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
    monkeypatch.setattr(estimate, "ASK_AGAIN_SECONDS", 0.0)
    assert ask(desk, "me", "x").result(10) == {"name": "x"}


def test_what_a_fine_tune_takes_is_said_in_one_line():
    found = {"seconds": 240.0, "memory_bytes": 900_000_000, "trainable_parameters": 1_000, "parameters": 50_000, "steps": 450}
    said = estimate.training_line({**found, "cut_rows": 12, "lost_tokens": 340})
    assert said.startswith("About 4 min") and "trains 1,000 parameters, 2.0% of all, in 450 steps" in said
    assert "12 rows longer than max_length will be cut, 340 tokens lost" in said and "cut" not in estimate.training_line(found)
