"""How long a job has to stop by itself: a training has more to write."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from core import processes
from core.jobs.stopping import Stopper
from core.processes import Identity
from core.settings import Settings

ME = Identity(1, 2.0)


@pytest.mark.parametrize(("kind", "killed_after"), [("predict", 3), ("demo", 3), ("finetune", 200), ("search", 200)])
def test_a_training_is_killed_later(settings: Settings, monkeypatch: pytest.MonkeyPatch, kind: str, killed_after: float) -> None:
    now, killed, asked = [1_000.0], [], []
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(processes, "family", lambda identity: set())
    monkeypatch.setattr(processes, "send", lambda identity, number: asked.append(identity))
    monkeypatch.setattr(processes, "kill", killed.append)
    stopper = Stopper(settings.model_copy(update={"stop_grace_seconds": 3.0, "training_stop_grace_seconds": 200.0}))
    row = SimpleNamespace(kind=kind, token="t", identity=ME)
    stopper.press(row)
    now[0] += killed_after - 0.1
    stopper.press(row)
    assert asked == [ME] and killed == []
    now[0] += 0.2
    stopper.press(row)
    assert asked == [ME] and killed == [{ME}]
