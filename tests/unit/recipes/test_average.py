"""The mean of several adapters is the mean of what they change."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

PREFIX = "base_model.model."


def member(folder: Path, seed: int, *, rank: int = 2, alpha: int = 4) -> Path:
    random = np.random.default_rng(seed)
    folder.mkdir()
    tensors = {
        f"{PREFIX}layer.lora_A.weight": random.normal(size=(rank, 12)),
        f"{PREFIX}layer.lora_B.weight": random.normal(size=(8, rank)),
        f"{PREFIX}classifier.weight": random.normal(size=(2, 8)),
    }
    save_file({name: tensor.astype(np.float32) for name, tensor in tensors.items()}, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": rank, "lora_alpha": alpha}))
    (folder / "config.json").write_text("{}")
    return folder


def change(folder: Path) -> np.ndarray:
    tensors, config = load_file(folder / "adapter_model.safetensors"), json.loads((folder / "adapter_config.json").read_text())
    up, down = (tensors[f"{PREFIX}layer.lora_{letter}.weight"].astype(np.float64) for letter in "BA")
    return config["lora_alpha"] / config["r"] * up @ down


@pytest.mark.model
def test_a_large_enough_rank_keeps_the_mean_exactly(tmp_path: Path) -> None:
    from recipes.lora import write_average

    members = [member(tmp_path / "a", 1), member(tmp_path / "b", 2, alpha=2)]
    kept = write_average(members, tmp_path / "out", 4)
    assert kept == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(change(tmp_path / "out"), (change(members[0]) + change(members[1])) / 2, atol=0.01)  # half precision
    heads = [load_file(folder / "adapter_model.safetensors")[f"{PREFIX}classifier.weight"] for folder in (*members, tmp_path / "out")]
    np.testing.assert_allclose(heads[2], (heads[0] + heads[1]) / 2, atol=0.01)


@pytest.mark.model
def test_a_small_rank_keeps_the_best_part_and_says_how_much(tmp_path: Path) -> None:
    from recipes.lora import write_average

    members = [member(tmp_path / "a", 1), member(tmp_path / "b", 2)]
    mean = (change(members[0]) + change(members[1])) / 2
    kept = write_average(members, tmp_path / "out", 1)
    best = np.linalg.svd(mean, compute_uv=False)
    assert kept == pytest.approx(best[0] ** 2 / (best**2).sum(), abs=1e-5)
    assert np.linalg.matrix_rank(change(tmp_path / "out"), tol=1e-2) == 1
