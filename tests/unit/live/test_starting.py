"""A process that starts slowly is waited for again, not begun anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import NotReady
from core.live import client as live
from core.settings import Settings


class Child:
    """Is ready after so many waits."""

    slow = 2
    made = 0

    def __init__(self, settings: Settings) -> None:
        type(self).made += 1
        self.ready, self.waits, self.left = False, 0, self.slow
        self.answers, self.process, self.requests = self, self, -1

    def read(self, seconds: float) -> dict:
        if self.left:
            self.left -= 1
            raise TimeoutError
        return {"answer": {"made": type(self).made}} if self.ready else {"ready": True}

    def poll(self) -> None:
        return None

    def end(self) -> int:
        return 0


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> live.LiveClient:
    monkeypatch.setattr(live, "_Child", Child)
    monkeypatch.setattr(live, "send", lambda *_: None)
    monkeypatch.setattr(Child, "made", 0)
    return live.LiveClient(Settings(home=tmp_path))


def test_the_next_question_goes_on_waiting_for_the_same_process(client: live.LiveClient) -> None:
    for _ in range(2):
        with pytest.raises(NotReady, match=r"within 60 seconds \(live_start_seconds\).*raise the setting live_start_seconds"):
            client.ask("ping", {})
    assert client.ask("ping", {}) == {"made": 1}


def test_one_that_never_gets_ready_is_begun_anew(client: live.LiveClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Child, "slow", live.MOST_WAITS)
    for _ in range(live.MOST_WAITS):
        with pytest.raises(NotReady):
            client.ask("ping", {})
    monkeypatch.setattr(Child, "slow", 0)
    assert client.ask("ping", {}) == {"made": 2}
