"""Searches over the dials of a tiny model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core import tables
from core.runs import RunFolder, create_run
from core.schema import FinetuneSpec
from core.settings import Settings
from core.training import make_spec
from core.training.search import make_search
from core.workspaces import LOCAL
from tests.imported import import_once
from tests.unit.training.conftest import sentences

DIALS = {"epochs": 2, "rank": 4, "batch_rows": 16, "precision": "fp32", "learning_rate": 5e-3, "evaluations": 2}


@pytest.fixture
def base(known: Settings, tmp_path: Any) -> FinetuneSpec:
    """The fine-tune whose dials are turned."""
    sentences(96).to_csv(tmp_path / "learn.csv", index=False)
    table = import_once(known, LOCAL, tmp_path / "learn.csv")
    roles = {"text": "text", "label": "label"}
    return make_spec(known, table, owner=LOCAL, task="text-classification", model="local:body", roles=roles, name="mine", dials=DIALS)


@pytest.fixture
def searched(known: Settings, base: FinetuneSpec) -> Callable[..., RunFolder]:
    """Makes the run of a search."""

    def make(space: dict[str, str], changes: dict[str, Any] | None = None, **choices: Any) -> RunFolder:
        one = base.model_copy(update={"dials": base.dials.model_copy(update=changes or {})})
        spec = make_search(known, one, space, **choices)
        table = next(path for path in tables.list_tables(known, LOCAL))
        return create_run(known, spec, owner=LOCAL, input_table=table.path)

    return make
