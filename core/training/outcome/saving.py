"""An adapter as files: weights, its config, the labels, and whose model it changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.files import write_json
from core.models import ModelFiles, save_model
from core.models.backbone import BACKBONE, BACKBONE_ID
from core.models.safety import ADAPTER_CONFIG, ADAPTER_WEIGHTS, CONFIG


def save_adapter(model: Any, files: ModelFiles, folder: Path, initial: Mapping[str, Any] = MappingProxyType({})) -> None:
    """Writes an adapter as :func:`core.models.resolve` reads it; no path of this machine is in it.

    Args:
        model: a PeftModel in fp32.
        files: the base it was tuned on.
        folder: made if need be.
        initial: the adapter's first matrices where the base lacks their product (PiSSA, OLoRA): it is taken off again.
    """
    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().float().cpu().contiguous() for name, tensor in get_peft_model_state_dict(model).items()}
    config = model.peft_config["default"].to_dict() | {"inference_mode": True} | base_of(files)
    if initial:
        tensors, config = on_the_whole_base(tensors, initial), config | twice_the_rank(config)
    save_file(tensors, folder / ADAPTER_WEIGHTS, metadata={"format": "pt"})
    (folder / ADAPTER_WEIGHTS).chmod(0o644)
    write_json(folder / ADAPTER_CONFIG, json.loads(json.dumps(config, default=_plain, sort_keys=True)))
    base = model.get_base_model()
    own = base.config.to_dict() | {"_name_or_path": "", "architectures": [type(base).__name__]}
    write_json(folder / CONFIG, json.loads(json.dumps(own, default=_plain, sort_keys=True)))


def save_whole(model: Any, files: ModelFiles, folder: Path) -> None:
    """Writes a model of which every weight was trained, as :func:`core.models.resolve` reads one.

    Args:
        model: in fp32.
        files: the base it was made of.
        folder: made if need be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    save_model(files, model, str(base_of(files)["base_model_name_or_path"]), folder)
    for path in folder.iterdir():
        path.chmod(0o644)


def on_the_whole_base(tensors: Mapping[str, Any], initial: Mapping[str, Any]) -> dict[str, Any]:
    """An adapter for the base as it was, of one that was trained on a base without its first product: ``B A - B0 A0`` as one product.

    Args:
        tensors: lora_A ``[rank, in]``, lora_B ``[out, rank]`` and others by name, fp32.
        initial: the first matrices by the same names.
    """
    import torch

    whole = dict(tensors)
    for name, first in initial.items():
        first = first.float().cpu()
        a = ".lora_A." in name
        whole[name] = torch.cat([tensors[name], first if a else -first], dim=0 if a else 1).contiguous()
    return whole


def twice_the_rank(config: Mapping[str, Any]) -> dict[str, Any]:
    """The same scale at twice the rank."""
    grown = 2**0.5 if config["use_rslora"] else 2
    return {"r": 2 * config["r"], "lora_alpha": grown * config["lora_alpha"], "init_lora_weights": True}


def base_of(files: ModelFiles) -> dict[str, str | None]:
    """How an adapter names its base: as the Hub does, with the commit; the embedded backbone by its name there."""
    if files.reference == f"embedded:{BACKBONE}":
        return {"base_model_name_or_path": BACKBONE_ID, "revision": None}
    name, _, revision = files.reference.partition("@")
    return {"base_model_name_or_path": name, "revision": revision or None}


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set | frozenset) else getattr(value, "value", None) or str(value)
