"""What recipes for LoRA adapters on the embedded backbone share: averaging of weights, saving small, intervals."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import TrainerCallback

from core.models.backbone import BACKBONE_ID
from core.models.merge import DOWN, UP, scaling
from core.models.safety import ADAPTER_CONFIG
from core.models.safety import ADAPTER_WEIGHTS as WEIGHTS

# Every linear layer of BERT's encoder, written out: "dense" alone would catch the pooler, which is trained whole.
LINEAR_LAYERS = r".*\.encoder\.layer\.\d+\..*(query|key|value|dense)"


class AveragedWeights(TrainerCallback):
    """Exponential moving average of the trained parameters, put in place of the last ones when training ends.

    Averages along the way generalise better than the end point (Izmailov et al. 2018, Polyak averaging) and cost one sweep over
    the adapter per step.
    """

    def __init__(self, decay: float, keep: Callable[[Any, int], None]) -> None:
        self.decay = decay
        self.keep = keep
        self.average: list[Any] = []
        self.steps = 0

    def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **others: Any) -> None:
        parameters = _trained(model)
        self.steps += 1
        if not self.average:
            self.average = [parameter.detach().clone() for parameter in parameters]
            return
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))  # the first steps are far from the end: forget them sooner
        torch._foreach_lerp_(self.average, [parameter.detach() for parameter in parameters], 1 - decay)

    def on_epoch_end(self, args: Any, state: Any, control: Any, model: Any = None, **others: Any) -> None:
        """Keeps the average so far: a training that is cut off has given something."""
        last = [parameter.detach().clone() for parameter in _trained(model)]
        self.put(model)
        self.keep(model, round(state.epoch))
        for parameter, value in zip(_trained(model), last, strict=True):
            parameter.data.copy_(value)

    def on_train_end(self, args: Any, state: Any, control: Any, model: Any = None, **others: Any) -> None:
        self.put(model)

    def put(self, model: Any) -> None:
        """Replaces the model's weights by the average."""
        for parameter, average in zip(_trained(model), self.average, strict=True):
            parameter.data.copy_(average)


class CheapDropout(torch.nn.Module):
    """Dropout whose mask comes from one byte per element: torch's own takes 40 % of a step of this model on a CPU.

    Args:
        probability: of an element to become 0, in steps of 1/256.
        seed: of the mask.
    """

    def __init__(self, probability: float, seed: int) -> None:
        super().__init__()
        self.p = probability  # read by attention, which drops out by itself
        self.threshold = round(probability * 256)
        self.random = np.random.Generator(np.random.SFC64(seed))

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        if not self.training or not self.threshold:
            return values
        mask = torch.from_numpy(self.random.integers(0, 256, values.shape, dtype=np.uint8)) >= self.threshold
        return values * mask.to(values.dtype).mul_(256 / (256 - self.threshold))


def use_cheap_dropout(model: torch.nn.Module, seed: int) -> None:
    """Replaces every dropout module of a model, the adapter's included."""
    for parent in list(model.modules()):
        for number, (name, child) in enumerate(list(parent.named_children())):
            if isinstance(child, torch.nn.Dropout):
                setattr(parent, name, CheapDropout(child.p, seed + number))


def _trained(model: Any) -> list[Any]:
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def save_adapter(model: Any, out: Path, *, labels: tuple[str, ...]) -> None:
    """Writes the adapter in half precision, its config without a path of this machine, and the config with its labels.

    Args:
        model: a PeftModel.
        out: folder to write to; made if need be.
        labels: names of the outputs in the order of the logits.
    """
    from peft import get_peft_model_state_dict

    out.mkdir(parents=True, exist_ok=True)
    _save(get_peft_model_state_dict(model), out)
    adapter = model.peft_config["default"].to_dict() | {"base_model_name_or_path": BACKBONE_ID, "inference_mode": True}
    _write_json(out / ADAPTER_CONFIG, {key: _plain(value) for key, value in adapter.items()})
    config = model.get_base_model().config.to_dict() | {
        "_name_or_path": BACKBONE_ID,
        "architectures": [type(model.get_base_model()).__name__],
    }
    config |= {"id2label": dict(enumerate(labels)), "label2id": {label: index for index, label in enumerate(labels)}}
    _write_json(out / "config.json", config)


def _plain(value: Any) -> Any:
    if isinstance(value, set):
        return sorted(value)
    return getattr(value, "value", value)


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
