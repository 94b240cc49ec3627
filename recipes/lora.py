"""From what was tuned to what is shipped: one adapter of one or several trainings, in half precision."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from core.models.merge import DOWN, UP, scaling
from core.models.safety import ADAPTER_CONFIG
from core.models.safety import ADAPTER_WEIGHTS as WEIGHTS


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def average_adapters(folders: list[Path], rank: int) -> tuple[dict[str, torch.Tensor], float]:
    """One adapter that changes the model by the mean of what several change, as nearly as its rank allows.

    Trainings that start alike end in one basin, and the mean of their weights is about as good as their vote (Wortsman et al. 2022,
    "Model soups"). The mean of products is not the product of means, so the changes themselves are averaged and factored anew by SVD.

    Args:
        folders: adapters of plain LoRA on the same layers.
        rank: rank of the result; its alpha must equal its rank.

    Returns:
        Tensors under peft's names, and the part of the mean change's squared norm that the rank keeps.
    """
    members = [(load_file(folder / WEIGHTS), scaling(json.loads((folder / ADAPTER_CONFIG).read_text()))) for folder in folders]
    result: dict[str, torch.Tensor] = {}
    kept = total = 0.0
    for key in members[0][0]:
        if key.endswith(UP):
            continue
        if not key.endswith(DOWN):
            result[key] = torch.stack([tensors[key].float() for tensors, _ in members]).mean(0)
            continue
        up = key.removesuffix(DOWN) + UP
        change = torch.stack([scale * (tensors[up].float() @ tensors[key].float()) for tensors, scale in members]).mean(0)
        left, values, right = torch.linalg.svd(change, full_matrices=False)
        root = values[:rank].sqrt()
        result[key], result[up] = root[:, None] * right[:rank], left[:, :rank] * root
        kept, total = kept + float(values[:rank].square().sum()), total + float(values.square().sum())
    return result, kept / total


def write_average(folders: list[Path], out: Path, rank: int) -> float:
    """Saves :func:`average_adapters` with the configs of the first folder; gives the part that the rank keeps."""
    out.mkdir(parents=True, exist_ok=True)
    tensors, kept = average_adapters(folders, rank)
    _save(tensors, out)
    adapter = json.loads((folders[0] / ADAPTER_CONFIG).read_text()) | {"r": rank, "lora_alpha": rank}
    _write_json(out / ADAPTER_CONFIG, adapter)
    _write_json(out / "config.json", json.loads((folders[0] / "config.json").read_text()))
    return kept


def _save(tensors: dict[str, torch.Tensor], out: Path) -> None:
    """In half precision: the rounding is far below what separates two trainings, and halves the file."""
    save_file(
        {name: tensor.detach().to(torch.float16).contiguous() for name, tensor in tensors.items()}, out / WEIGHTS, metadata={"format": "pt"}
    )
    (out / WEIGHTS).chmod(0o644)
