"""Loading as runs and pages do: what cannot score any row is refused once, before the first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import BadInput
from core.inference.loading import load
from core.models import add_local, resolve
from core.schema import PredictSpec, Role, TableSource
from core.settings import Settings
from tests.tiny_models import classifier


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return classifier(tmp_path / "shelf" / "tiny", "bert")


def spec_of(settings: Settings, folder: Path) -> tuple[Settings, PredictSpec]:
    known = settings.model_copy(update={"model_roots": (folder.parent,)})
    add_local(known, folder, "tiny")
    files = resolve(known, "local:tiny")
    table = TableSource(id="0" * 64, name="table", rows=1)
    return known, PredictSpec(
        task="text-classification", table=table, roles={Role.TEXT: "text"}, model="local:tiny", revision=files.revision
    )


def test_a_tokenizer_of_other_weights_is_refused(settings: Settings, folder: Path) -> None:
    assert load(*spec_of(settings, folder)).model.labels == ("NEGATIVE", "POSITIVE")
    read = json.loads((folder / "tokenizer.json").read_text())
    pieces = len(read["model"]["vocab"])
    read["model"]["vocab"] |= {f"word{number}": pieces + number for number in range(20)}
    (folder / "tokenizer.json").write_text(json.dumps(read))
    with pytest.raises(BadInput, match=f"a tokenizer with {pieces + 20} pieces and a model with embeddings for {pieces}"):
        load(*spec_of(settings, folder))


def test_a_model_without_a_tokenizer_is_refused(settings: Settings, folder: Path) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()
    with pytest.raises(BadInput, match="tokenizer files of local:tiny"):
        load(*spec_of(settings, folder))
