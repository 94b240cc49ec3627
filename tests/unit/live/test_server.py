"""What the process behind the pages logs, and what it does not tell anybody."""

from __future__ import annotations

import pytest

from core.errors import BadInput
from core.live import client, server
from core.processes import QUIET
from core.settings import Settings


class NotStartedError(Exception):
    """Raised instead of starting a process."""


class Desk:
    """Answers every question with an error that quotes a cell."""

    def answer(self, question: str, payload: dict) -> dict:
        raise BadInput("a text", "a\x1b[2J cell\nINFO all is well", "Choose another.") from ValueError("a\x1b[2J cell\nINFO")

    def tidy(self, error: BaseException) -> None:
        """Nothing is loaded."""


def test_no_cell_acts_on_the_terminal_of_the_server(caplog: pytest.LogCaptureFixture) -> None:
    answer = server._answer(Desk(), {"question": "estimate\x1b[2J", "payload": {}})
    assert "error" in answer
    assert "estimate" in caplog.text
    assert caplog.text.count("Traceback") == 2, "the error and its cause"
    assert "\x1b" not in caplog.text
    assert "\nINFO" not in caplog.text


def test_its_environment_is_quiet(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in QUIET:
        monkeypatch.delenv(name, raising=False)
    started: list[dict[str, str]] = []

    def start(*_: object, env: dict[str, str], **more: object) -> None:
        started.append(env)
        raise NotStartedError

    monkeypatch.setattr(client.subprocess, "Popen", start)
    with pytest.raises(NotStartedError):
        client._Child(settings)
    (seen,) = started
    assert QUIET.items() <= seen.items()
    assert {"HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"} <= set(QUIET)
    assert seen["SHEETFORMER_HOME"] == str(settings.home)
