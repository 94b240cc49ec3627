"""Law 7 on the way to a score: an adapter works for its workspace and for nobody else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core import inference, models, tables
from core.errors import NotFound
from core.inference.backends import candidate
from core.inference.loading import load
from core.inference.run import run
from core.live.questions import Desk
from core.runs import RunContext, create_run
from core.schema import PredictSpec
from core.settings import Settings
from tests.imported import import_once

MINE, THEIRS = "mine-1", "theirs-1"
TASK, ROLES = "text-classification", {"text": "text"}


@pytest.fixture
def table(settings: Settings, tmp_path: Path) -> tables.Table:
    path = tmp_path / "t.csv"
    path.write_text("text\ngood phone\nbad phone\nlovely\n", "utf-8")
    return import_once(settings, THEIRS, path, name="t.csv")


@pytest.fixture
def spec(settings: Settings, table: tables.Table) -> PredictSpec:
    """A spec of a workspace that has ``adapter:secret``."""
    models.put_adapter(settings, THEIRS, "secret", models.resolve(settings, "embedded:sentiment").adapter, replace=False)
    return inference.make_spec(settings, table, task=TASK, model="adapter:secret", roles=ROLES, owner=THEIRS, precision="fp32")


def test_another_workspace_cannot_make_a_spec_with_it(settings: Settings, table: tables.Table, spec: PredictSpec) -> None:
    for owner in (MINE, "local"):
        with pytest.raises(NotFound, match="adapter:secret"):
            inference.make_spec(settings, table, task=TASK, model="adapter:secret", roles=ROLES, owner=owner)


@pytest.mark.parametrize("owner", [MINE, "local", ""])
def test_a_spec_of_others_gives_no_score(settings: Settings, table: tables.Table, spec: PredictSpec, owner: str) -> None:
    """Whoever gets hold of the whole spec, revision included, still needs the adapter."""
    ways: list[Callable[[], object]] = [
        lambda: load(settings, spec, owner=owner),
        lambda: candidate(settings.model_copy(update={"backend_rows": 1}), spec, 10, owner),
        lambda: inference.estimate(settings, spec, table.path, owner=owner),
        lambda: run(RunContext(settings, create_run(settings, spec, owner=owner, input_table=table.path))),
    ]
    for way in ways:
        with pytest.raises(NotFound):
            way()


@pytest.mark.model
@pytest.mark.slow
def test_its_own_workspace_scores_and_asks(settings: Settings, table: tables.Table, spec: PredictSpec) -> None:
    made = create_run(settings, spec, owner=THEIRS, input_table=table.path)
    assert run(RunContext(settings, made)) == "done"
    assert made.summary()["rows"] == 3


@pytest.mark.model
@pytest.mark.slow
def test_a_loaded_adapter_answers_only_its_workspace(settings: Settings, table: tables.Table, spec: PredictSpec) -> None:
    desk, payload = Desk(settings), {"spec": spec.model_dump(mode="json"), "input": str(table.path)}
    assert desk.answer("estimate", payload | {"workspace": THEIRS})["rows"] == 3
    assert desk.ping({}) == {"models": ["adapter:secret"]}
    for asked in (payload | {"workspace": MINE}, payload):
        with pytest.raises(NotFound, match="adapter:secret"):
            desk.answer("estimate", asked)
