"""What the warm process is asked, and what it asks in turn."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from core import training
from core.live.questions import Desk
from core.settings import Settings
from tests.imported import import_once


@pytest.mark.parametrize("apart", [True, False])
def test_an_estimate_counts_the_rows_of_a_validation_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, apart: bool) -> None:
    settings, asked = Settings(home=tmp_path / "home"), []
    path = tmp_path / "table.csv"
    path.write_text("text,topic\n" + "\n".join(f"text number {number},{number % 2}" for number in range(20)), "utf-8")
    table = import_once(settings, "local", path, name="table.csv")
    words = {"task": "text-classification", "model": "embedded:minilm", "roles": {"text": "text", "label": "topic"}, "name": "mine"}
    spec = training.make_spec(settings, table, owner="local", **words, validation=table if apart else None)
    answer = SimpleNamespace(model_dump=lambda mode: {"seconds": 1.0})
    monkeypatch.setattr("core.training.estimating.estimate_training", lambda *given, owner: asked.append(given[2:]) or answer)
    payload = {"spec": spec.model_dump(mode="json"), "input": str(table.path), "validation": str(table.path)}
    assert Desk(settings).answer("estimate_training", payload) == {"seconds": 1.0}
    assert asked == [(table.path, table.path if apart else None)]
