"""Tiny models for inference, and runs over tables of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core import models
from core.files import sha256_of
from core.runs import RunContext, RunFolder, create_run
from core.schema import PredictSpec, Role, TableSource
from core.settings import Settings
from tests.tiny_models import TinyFiles, classifier, files_of


@pytest.fixture(scope="session")
def bert_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return classifier(tmp_path_factory.mktemp("models") / "bert", "bert")


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch, bert_folder: Path) -> dict[str, TinyFiles]:
    """Models by reference, in place of the catalogue. Holds ``local:bert``."""
    import torch
    import transformers

    known = {"local:bert": files_of(bert_folder)}

    def load_model(files: TinyFiles, task_class: str, *, precision: str = "fp32", device: str = "cpu") -> Any:
        network = getattr(transformers, task_class).from_pretrained(files.base, trust_remote_code=False).eval()
        return network.to(torch.bfloat16) if precision == "bf16" else network

    def resolve(_settings: Settings, reference: str, _owner: str = "local", *, fetch: bool = True) -> TinyFiles:
        return known[reference]

    monkeypatch.setattr(models, "resolve", resolve)
    monkeypatch.setattr(models, "foresee", resolve)
    monkeypatch.setattr(models, "load_tokenizer", lambda files: transformers.AutoTokenizer.from_pretrained(files.base), raising=False)
    monkeypatch.setattr(models, "load_model", load_model, raising=False)
    return known


@pytest.fixture
def table_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes columns as a Parquet table."""

    def write(columns: dict[str, list], *, row_group_size: int = 100) -> Path:
        path = tmp_path / "table.parquet"
        pq.write_table(pa.table(columns), path, row_group_size=row_group_size)
        return path

    return write


@pytest.fixture
def new_run(settings: Settings, catalogue: dict[str, TinyFiles], table_file: Callable[..., Path]) -> Callable[..., RunFolder]:
    """Makes a predict run over columns; ``roles`` defaults to ``text`` in the column ``text``."""

    def make(
        columns: dict[str, list],
        *,
        task: str = "text-classification",
        roles: dict[str, str] | None = None,
        model: str = "local:bert",
        **choices: Any,
    ) -> RunFolder:
        path = table_file(columns)
        source = TableSource(id=sha256_of(path), name="table", rows=pq.read_metadata(path).num_rows)
        spec = PredictSpec(
            task=task,
            table=source,
            roles={Role(role): column for role, column in (roles or {"text": "text"}).items()},
            model=model,
            revision=catalogue[model].revision,
            **choices,
        )
        return create_run(settings, spec, owner="local", input_table=path)

    return make


@pytest.fixture
def context_of(settings: Settings) -> Callable[..., RunContext]:
    def make(run: RunFolder, **choices: Any) -> RunContext:
        return RunContext(choices.pop("settings", settings), run, **choices)

    return make
