"""Merges an adapter into its model.

Plain LoRA is one matrix product per layer and is done here: importing peft takes seconds, the merge itself milliseconds. A test
holds the result to peft's own. Everything else (DoRA, patterns of ranks, other kinds of adapters) goes through peft.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.models.fitting import LORA, PREFIX, check_ranks
from core.models.patterns import values_by_pattern

DOWN, UP = ".lora_A.weight", ".lora_B.weight"
# Each of these changes what the two matrices mean.
BEYOND_PLAIN = (
    "use_dora",
    "fan_in_fan_out",
    "rank_pattern",
    "alpha_pattern",
    "lora_bias",
    "layer_replication",
    "megatron_config",
    "trainable_token_indices",
    "alora_invocation_tokens",
    "use_qalora",
    "eva_config",
    "corda_config",
    "target_parameters",
    "use_bdlora",
    "arrow_config",
    "kasa_config",
    "monteclora_config",
)
# Other ways to start move a part of the base into the two matrices: peft takes it out of the base before it merges.
PLAIN_STARTS = (None, True, False, "gaussian", "orthogonal")
PATTERNED = {"rank_pattern": "r", "alpha_pattern": "lora_alpha"}
RANDOM_START = "pissa_niter"  # by a random decomposition, which nobody finds again
OTHER = "Train the adapter again on this base, or use another."


def adapter_json(folder: Path, name: str) -> dict[str, Any]:
    """A JSON object beside an adapter's weights; empty where there is none."""
    path = folder / name
    found = json.loads(path.read_bytes()) if path.is_file() else {}
    return found if isinstance(found, dict) else {}


def merge_adapter(model: Any, folder: Path) -> tuple[Any, set[str]]:
    """The model with the adapter in its weights, and the names of the parameters that the adapter brought whole.

    Args:
        model: fp32 model; changed in place.
        folder: checked adapter folder.

    Raises:
        BadInput: the adapter does not fit the model.
    """
    config, tensors = adapter_json(folder, "adapter_config.json"), _load_tensors(folder / "adapter_model.safetensors")
    check_ranks(config, {name: tuple(tensor.shape) for name, tensor in tensors.items()})
    if not is_plain(config, tensors):
        return _merge_with_peft(model, config, tensors)
    parameters = dict(model.named_parameters())
    scale = scaling(config)
    whole: set[str] = set()
    for key, tensor in tensors.items():
        name = key.removeprefix(PREFIX)
        if key.endswith(UP):
            continue
        if key.endswith(DOWN):
            target, up = name.removesuffix(DOWN) + ".weight", tensors.get(key.removesuffix(DOWN) + UP)
            change = None if up is None else scale * (up.float() @ tensor.float())
        else:
            target, change = name, tensor.float()
            whole.add(name)
        place = parameters.get(target)
        if place is None or change is None or place.shape != change.shape:
            raise BadInput("an adapter whose tensors fit its base", f"{name} without a place of its shape", OTHER)
        if name in whole:
            place.data.copy_(change)
        else:
            place.data.add_(change)
    return model, whole


def _load_tensors(path: Path) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:  # its header may promise what the file does not hold
        raise BadInput("an adapter's tensors as safetensors", f"{path.name}: {str(error)[:200]}", "Save or upload it again.") from error


def is_plain(config: dict[str, Any], tensors: dict[str, Any]) -> bool:
    """Plain LoRA on linear layers: every change is ``scale * B @ A``, and whole parameters replace the base's."""
    if config.get("peft_type") != "LORA" or config.get("bias", "none") != "none" or any(config.get(name) for name in BEYOND_PLAIN):
        return False
    if config.get("init_lora_weights") not in PLAIN_STARTS:
        return False
    return all(key.startswith(PREFIX) and (key.endswith((DOWN, UP)) or "lora_" not in key) for key in tensors)


def scaling(config: dict[str, Any]) -> float:
    """What ``B @ A`` is multiplied by: alpha / r, or alpha / sqrt(r) for rank-stabilised LoRA."""
    rank, alpha = config.get("r"), config.get("lora_alpha")
    if not isinstance(rank, int) or rank < 1 or not isinstance(alpha, int | float):
        raise BadInput("an adapter with r and lora_alpha", f"{rank!r} and {alpha!r}", OTHER)
    return alpha / (rank**0.5 if config.get("use_rslora") else rank)


def _merge_with_peft(model: Any, config: dict[str, Any], tensors: dict[str, Any]) -> tuple[Any, set[str]]:
    if str(config.get("init_lora_weights")).startswith(RANDOM_START):
        found = f"init_lora_weights {config['init_lora_weights']!r}"
        step = "Convert it with save_pretrained(path_initial_model_for_weight_conversion=...), or tune with pissa."
        raise BadInput("an adapter whose change of the base is known", found, step)
    from peft import PeftConfig, get_peft_model, set_peft_model_state_dict

    told = config | (by_names(config, tensors) if config.get("peft_type") == "LORA" else {})
    try:
        wrapped = get_peft_model(model, PeftConfig.from_peft_type(**told | {"inference_mode": True}))
        result = set_peft_model_state_dict(wrapped, tensors)
        absent = [key for key in result.missing_keys if "lora_" in key or "modules_to_save" in key]
        if absent or result.unexpected_keys:
            raise BadInput("an adapter whose tensors fit its base", ", ".join((absent or result.unexpected_keys)[:3]), OTHER)
        merged = wrapped.merge_and_unload()
    except (ValueError, LookupError, TypeError, RuntimeError, AttributeError, ArithmeticError, ImportError) as error:
        raise BadInput("an adapter that peft can merge", f"{type(error).__name__}: {str(error)[:200]}", OTHER) from error
    return merged, {key.removeprefix(PREFIX) for key in tensors if "lora_" not in key}


def by_names(config: dict[str, Any], tensors: Iterable[str]) -> dict[str, Any]:
    """What a config says by patterns, said by the names of the layers that have tensors: peft runs any pattern, also one without end.

    Args:
        config: ``adapter_config.json`` of a LoRA adapter.
        tensors: their names.

    Raises:
        BadInput: a pattern cannot be matched safely.
    """
    found = (LORA.fullmatch(name.removeprefix(PREFIX)) for name in tensors)
    layers = sorted({match["module"] for match in found if match})
    told = [(key, config[key], config.get(default)) for key, default in PATTERNED.items() if config.get(key)]
    return {
        "target_modules": layers,
        "exclude_modules": None,
        "layers_to_transform": None,
        "layers_pattern": None,
        **{key: _patterns(values_by_pattern(key, patterns, layers, default)) for key, patterns, default in told},
    }


def _patterns(values: dict[str, Any]) -> dict[str, Any]:
    """One pattern for all layers of a value: peft compiles each pattern again for each layer once they are more than its cache holds."""
    layers: dict[Any, list[str]] = {}
    for layer, value in values.items():
        if not isinstance(value, int | float):
            raise BadInput("ranks and alphas as numbers", f"{str(value)[:40]!r} for {layer[:80]}", OTHER)
        layers.setdefault(value, []).append(re.escape(layer))
    return {"|".join(names): value for value, names in layers.items()}
