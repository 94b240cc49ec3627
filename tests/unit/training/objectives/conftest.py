"""Fine-tunes of models that write, from a table to what the adapter answers."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core import inference, models, training
from core.inference.run import run as predict
from core.runs import RunContext, RunFolder, create_run
from core.settings import Settings
from core.training.run import run
from core.workspaces import LOCAL
from tests.imported import import_once
from tests.tiny_models import tiny

FAST = {"epochs": 30, "rank": 8, "alpha": 16, "batch_rows": 16, "learning_rate": 0.02, "precision": "fp32", "evaluations": 3}


@pytest.fixture
def here(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with a root for models."""
    (tmp_path / "roots").mkdir()
    return settings.model_copy(update={"model_roots": (tmp_path / "roots",), "threads": 1})


@pytest.fixture
def register(here: Settings) -> Callable[..., str]:
    """Makes a tiny model, or copies a folder, and gives its reference."""

    def make(family: str, auto_class: str = "", *, folder: Path | None = None, **config: Any) -> str:
        place = here.model_roots[0] / family
        if folder:
            shutil.copytree(folder, place)
        else:
            tiny(place, family, auto_class, **{"initializer_range": 0.3, **config})
        models.add_local(here, place, family)
        return f"local:{family}"

    return make


@pytest.fixture
def tuned(here: Settings, tmp_path: Path) -> Callable[..., RunFolder]:
    """Tunes an adapter on a table to its end."""

    def make(frame: pd.DataFrame, name: str = "mine", dials: dict[str, Any] | None = None, **choices: Any) -> RunFolder:
        path = tmp_path / f"{name}.parquet"
        frame.to_parquet(path)
        table = import_once(here, LOCAL, path)
        spec = training.make_spec(here, table, owner=LOCAL, name=name, dials={**FAST, **(dials or {})}, **choices)
        folder = create_run(here, spec, owner=LOCAL, input_table=table.path)
        assert run(RunContext(here, folder)) == "done"
        return folder

    return make


@pytest.fixture
def answers(here: Settings, tmp_path: Path) -> Callable[..., list[str | None]]:
    """What a model writes for the rows of a table, as any run does."""

    def ask(frame: pd.DataFrame, **choices: Any) -> list[str | None]:
        path = tmp_path / "asked.parquet"
        frame.to_parquet(path)
        table = import_once(here, LOCAL, path)
        spec = inference.make_spec(here, table, precision="fp32", **choices)
        scored = create_run(here, spec, owner=LOCAL, input_table=table.path)
        predict(RunContext(here, scored))
        return pd.read_parquet(scored.result_path)["prediction"].tolist()

    return ask
