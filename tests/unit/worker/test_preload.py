"""What the parent for quick starts does before its first fork."""

from __future__ import annotations

import socket
import sys
from types import ModuleType

from core.worker import kinds
from core.worker.parent import preload


def test_a_kind_may_prepare_and_a_failure_there_is_only_logged(settings, monkeypatch, caplog) -> None:
    prepared = []

    def broken(given) -> None:
        raise RuntimeError("no weights")

    for name, prepare in (("kind_broken", broken), ("kind_plain", None), ("kind_eager", prepared.append)):
        module = ModuleType(name)
        if prepare:
            module.prepare = prepare
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(kinds, "modules", lambda: ["kind_broken", "kind_plain", "kind_eager"])
    ours, theirs = socket.socketpair()
    light, none = (settings.model_copy(update={"quick_start_modules": modules}) for modules in (("json",), ()))
    with ours, theirs:
        assert preload(none, ours) and not prepared, "without modules the process stays as light as it is"
        assert preload(light, ours)
    assert prepared == [light]
    assert "kind_broken cannot be imported in advance: RuntimeError: no weights" in caplog.text
