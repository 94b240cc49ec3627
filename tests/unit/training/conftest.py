"""A tiny model to tune, and fine-tunes of tables whose labels can be learned."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core import models, training
from core.runs import RunFolder, create_run
from core.settings import Settings
from core.workspaces import LOCAL
from tests.imported import import_once
from tests.tiny_models import tiny

WORDS = ["film", "phone", "service", "screen", "price", "day", "it", "was", "the", "and"]
KINDS = {"good": "praise", "bad": "blame", "slow": "delay"}


def sentences(rows: int) -> pd.DataFrame:
    """Texts with one word that decides their label, among others that say nothing."""
    pairs = itertools.islice(itertools.cycle(itertools.product(WORDS, WORDS, KINDS)), rows)
    made = [(f"{one} {kind} {two} {number % 7}", KINDS[kind]) for number, (one, two, kind) in enumerate(pairs)]
    return pd.DataFrame(made, columns=["text", "label"])


@pytest.fixture(scope="session")
def tiny_body(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT body without a head."""
    return tiny(tmp_path_factory.mktemp("bodies") / "body", "bert", "AutoModel", initializer_range=0.02)


@pytest.fixture
def tuned(settings: Settings, tiny_body: Path, tmp_path: Path) -> Callable[..., RunFolder]:
    """Makes a fine-tune of ``local:body`` on a table; ``settings`` are :func:`with_roots`."""
    known = with_roots(settings, tmp_path, tiny_body)

    def make(frame: pd.DataFrame, name: str = "mine", **choices: Any) -> RunFolder:
        path = tmp_path / f"{name}.parquet"
        frame.to_parquet(path)
        table = import_once(known, LOCAL, path)
        given = {
            "task": "text-classification",
            "model": "local:body",
            "roles": {"text": "text", "label": "label"},
            "dials": {"epochs": 4, "rank": 4, "batch_rows": 16},
            **choices,
        }
        spec = training.make_spec(known, table, owner=LOCAL, name=name, **given)
        return create_run(known, spec, owner=LOCAL, input_table=table.path)

    return make


def with_roots(settings: Settings, tmp_path: Path, body: Path) -> Settings:
    """Settings that know ``local:body``."""
    root = tmp_path / "roots"
    if not root.exists():
        shutil.copytree(body, root / "body")
    known = settings.model_copy(update={"model_roots": (root,)})
    models.add_local(known, root / "body", "body")
    return known


@pytest.fixture
def known(settings: Settings, tiny_body: Path, tmp_path: Path) -> Settings:
    return with_roots(settings, tmp_path, tiny_body)
