"""What recipes for LoRA adapters on the embedded backbone share: averaging of weights, saving small, intervals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from core.models.backbone import BACKBONE_ID

# Every linear layer of BERT's encoder, written out: "dense" alone would catch the pooler, which is trained whole.
LINEAR_LAYERS = r".*\.encoder\.layer\.\d+\..*(query|key|value|dense)"


class AveragedWeights(TrainerCallback):
    """Exponential moving average of the trained parameters, put in place of the last ones when training ends.

    Averages along the way generalise better than the end point (Izmailov et al. 2018, Polyak averaging) and cost one sweep over
    the adapter per step.
    """

    def __init__(self, decay: float) -> None:
        self.decay = decay
        self.average: list[Any] = []
        self.steps = 0

    def on_step_end(self, args: Any, state: Any, control: Any, model: Any = None, **others: Any) -> None:
        import torch

        parameters = _trained(model)
        self.steps += 1
        if not self.average:
            self.average = [parameter.detach().clone() for parameter in parameters]
            return
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))  # the first steps are far from the end: forget them sooner
        torch._foreach_lerp_(self.average, [parameter.detach() for parameter in parameters], 1 - decay)

    def on_train_end(self, args: Any, state: Any, control: Any, model: Any = None, **others: Any) -> None:
        for parameter, average in zip(_trained(model), self.average, strict=True):
            parameter.data.copy_(average)


def _trained(model: Any) -> list[Any]:
    return [parameter for parameter in model.parameters() if parameter.requires_grad]


def save_adapter(model: Any, out: Path, *, labels: tuple[str, ...]) -> None:
    """Writes the adapter in half precision, its config without a path of this machine, and the config with its labels.

    Args:
        model: a PeftModel.
        out: folder to write to; made if need be.
        labels: names of the outputs in the order of the logits.
    """
    import torch
    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    out.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().to(torch.float16).contiguous() for name, tensor in get_peft_model_state_dict(model).items()}
    save_file(tensors, out / "adapter_model.safetensors", metadata={"format": "pt"})
    adapter = model.peft_config["default"].to_dict() | {"base_model_name_or_path": BACKBONE_ID, "inference_mode": True}
    _write_json(out / "adapter_config.json", {key: _plain(value) for key, value in adapter.items()})
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


def wilson(right: int, of: int) -> tuple[float, float, float]:
    """A proportion with its 95 % interval (Wilson 1927)."""
    from scipy.stats import binomtest

    result = binomtest(right, of)
    interval = result.proportion_ci(0.95, method="wilson")
    return right / of, interval.low, interval.high
