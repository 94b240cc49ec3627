"""Merging adapters that say one thing and hold another, or whose patterns would keep peft busy for years."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import BadInput
from core.models import ModelFiles, load_model
from core.models.merge import by_names
from tests.unit.models.conftest import QUERY, adapter_files

pytestmark = pytest.mark.model
CLASSIFIER = "AutoModelForSequenceClassification"
MakeModel = Callable[..., Path]


def with_adapter(make_model: MakeModel, name: str = "tiny", **changes: Any) -> ModelFiles:
    base = make_model(name)
    folder = base.parent / f"{name}-adapter"
    folder.mkdir()
    for file, data in adapter_files(**changes).items():
        (folder / file).write_bytes(data)
    return ModelFiles(f"adapter:{name}", "", base, folder, (), ())


def query(files: ModelFiles) -> Any:
    return dict(load_model(files, CLASSIFIER).named_parameters())[f"{QUERY.removeprefix('base_model.model.')}.weight"]


@pytest.mark.parametrize("changes", [{"r": 1}, {"r": 10**9, "bias": "all"}, {"rank_pattern": {"query": 10**9}}])
def test_another_rank_than_that_of_the_tensors_is_refused_before_peft_makes_room_for_it(make_model: MakeModel, changes: dict) -> None:
    with pytest.raises(BadInput, match="rank of the tensors"):
        load_model(with_adapter(make_model, **changes), CLASSIFIER)


HOSTILE = r"([\w.]+)+!"


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "changes", [{"target_modules": HOSTILE}, {"exclude_modules": HOSTILE}, {"rank_pattern": {HOSTILE: 3}}, {"layers_pattern": HOSTILE}]
)
def test_a_hostile_pattern_is_never_run(make_model: MakeModel, changes: dict) -> None:
    import torch

    honest = query(with_adapter(make_model, "honest"))
    assert torch.allclose(query(with_adapter(make_model, "hostile", alpha_pattern={HOSTILE: 3}, **changes)), honest, atol=1e-6)


def test_ranks_and_alphas_by_pattern_are_those_of_the_layers(make_model: MakeModel) -> None:
    import torch

    twice = query(with_adapter(make_model, "twice", lora_alpha=8))
    assert torch.allclose(
        query(with_adapter(make_model, r=7, rank_pattern={"query": 2}, alpha_pattern={"self.query": 8})), twice, atol=1e-6
    )


def test_layers_of_one_value_make_one_pattern() -> None:
    tensors = [f"base_model.model.{layer}.lora_{kind}.weight" for layer in ("a.q", "a.k", "b.q") for kind in "AB"]
    told = by_names({"r": 2, "rank_pattern": {"a.*": 4}, "alpha_pattern": {}, "target_modules": "all-linear"}, tensors)
    assert told["target_modules"] == ["a.k", "a.q", "b.q"]
    assert told["rank_pattern"] == {r"a\.k|a\.q": 4, r"b\.q": 2}
    assert "alpha_pattern" not in told


def test_an_alpha_that_is_no_number_is_refused(make_model: MakeModel) -> None:
    with pytest.raises(BadInput, match="ranks and alphas as numbers"):
        load_model(with_adapter(make_model, alpha_pattern={"query": [1]}), CLASSIFIER)


def test_tensors_that_safetensors_cannot_read_say_so(make_model: MakeModel) -> None:
    files = with_adapter(make_model)
    header = json.dumps({f"{QUERY}.lora_A.weight": {"dtype": "F32", "shape": [9, 9], "data_offsets": [0, 4]}}).encode()
    (files.adapter / "adapter_model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b"\0" * 4)
    with pytest.raises(BadInput, match="tensors as safetensors"):
        load_model(files, CLASSIFIER)
