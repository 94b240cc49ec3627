"""The model that is trained: a base that stays as it is, an adapter in its linear layers, and a head of its own."""

from __future__ import annotations

import re
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

import numpy as np

from core import models
from core.errors import BadInput, is_out_of_memory
from core.models.load import load_config, quiet
from core.models.refusals import bad_model
from core.schema import Dials
from core.training.objectives import Objective

IN_A_LAYER = re.compile(r".*\.\d+\.(?:.*\.)?(\w+)")
"""A module inside the numbered layers of a body; what is outside of them (embeddings, poolers, heads) gets no adapter."""

KINDS_OF_LINEAR = ("Linear", "Conv1D", "Linear8bitLt", "Linear4bit")
POOLER = "pooler"
LEARNED_COPY = ".modules_to_save.default."  # in the names that peft gives the parameters of a head
NOT_ADAPTED = MappingProxyType(
    {family: frozenset({"out_proj"}) for family in ("falcon_h1", "mamba", "mamba2", "falcon_mamba", "nemotron_h")}
)
"""Layers by model type that peft refuses: the fused kernels read their weights without calling them."""


def trainable_model(files: models.ModelFiles, auto_class: str, objective: Objective, dials: Dials, device: str = "cpu") -> Any:
    """What is trained, on the processor in fp32 (a quantised base where it computes), with an untrained head where the objective wants one.

    With ``method=lora`` a PeftModel: the base stays as it is, the adapter in it changes nothing yet. With ``full`` the base itself.
    ``untrained`` of the base names the parameters that the files do not have.

    Args:
        files: of a whole model.

    Raises:
        BadInput: the base is an adapter itself, has no such class, no linear layers of the names asked for, or cannot be quantised here.
    """
    if files.adapter is not None:
        raise BadInput("a whole model to tune", f"{files.reference}, an adapter", "Choose its base, or merge it first.")
    network, untrained = _loaded(files, auto_class, _config(files, objective), **_quantized(dials, device))
    heads = head_modules(network) if objective.new_head else []
    lost = [name for name in untrained if not any(part in heads for part in name.split("."))]
    if lost:
        raise BadInput(
            "a model whose body is whole", f"{', '.join(lost[:3])} missing in {files.reference}", "Choose another model to tune."
        )
    network.untrained = tuple(untrained)
    if dials.gradient_checkpointing:
        _keep_less(network)
    return _with_adapter(network, heads, objective.peft_task, dials) if dials.method == "lora" else network


def start_at(model: Any, logits: np.ndarray) -> None:
    """Lets an untrained head begin with these logits. One that the files had keeps what it says; so does one without a bias, as of GPT-2.

    Args:
        model: of :func:`trainable_model`.
        logits: float32 ``[outputs]``.
    """
    import torch

    network = base_model(model)
    parameters = {name.replace(LEARNED_COPY, "."): each for name, each in network.named_parameters() if each.requires_grad}
    biases = [parameters[name] for name in network.untrained if name.endswith("bias") and name in parameters]
    fitting = [bias for bias in biases if bias.shape == logits.shape]
    if fitting:
        with torch.no_grad():
            fitting[-1].copy_(torch.from_numpy(logits))


def base_model(model: Any) -> Any:
    """The model without the adapter around it."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def initial_matrices(model: Any) -> dict[str, Any]:
    """Copies of the adapter's matrices: what PiSSA and OLoRA took out of the base."""
    from peft import get_peft_model_state_dict

    return {name: tensor.detach().clone() for name, tensor in get_peft_model_state_dict(model).items() if ".lora_" in name}


def _with_adapter(network: Any, heads: list[str], peft_task: str, dials: Dials) -> Any:
    from peft import LoraConfig, PeftModel, get_peft_model, prepare_model_for_kbit_training

    if dials.quantization != "none":
        network = prepare_model_for_kbit_training(network, use_gradient_checkpointing=dials.gradient_checkpointing)
    adapter = LoraConfig(
        task_type=peft_task,
        r=dials.rank,
        lora_alpha=dials.alpha,
        lora_dropout=dials.dropout,
        target_modules=targets(network, dials.target_modules),
        modules_to_save=heads or None,
        use_rslora=dials.use_rslora,
        use_dora=dials.use_dora,
        init_lora_weights=True if dials.init == "default" else dials.init,
    )
    # peft's class for models that find answers leaves out token_type_ids: they would be learned without and used with them.
    return PeftModel(network, adapter) if peft_task == "QUESTION_ANS" else get_peft_model(network, adapter)


def _config(files: models.ModelFiles, objective: Objective) -> Any:
    """The base's config, with the names of the new head's outputs."""
    config = load_config(files)
    if objective.new_head:
        names = objective.names or tuple(f"LABEL_{place}" for place in range(objective.outputs))
        config.id2label = dict(enumerate(names))
        config.label2id = {label: place for place, label in enumerate(names)}
        config.problem_type = objective.problem or None
        models.forget_thresholds(config)
    models.forget_temperature(config)
    return config


def _quantized(dials: Dials, device: str) -> dict[str, Any]:
    """How the base is loaded where bitsandbytes holds it in 8 or 4 bits."""
    if dials.quantization == "none":
        return {}
    if device == "cpu" or find_spec("bitsandbytes") is None:
        lacking = "no GPU that torch can use" if device == "cpu" else "no package bitsandbytes"
        raise BadInput("a GPU and bitsandbytes for a quantised base", lacking, "Set quantization=none, or tune where both are.")
    import torch
    from transformers import BitsAndBytesConfig

    if dials.quantization == "8bit":
        how = BitsAndBytesConfig(load_in_8bit=True)
    else:
        how = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16)
    return {"quantization_config": how, "device_map": {"": device}}


def _keep_less(network: Any) -> None:
    """Activations are computed again in the backward pass."""
    try:
        network.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    except ValueError as error:
        raise BadInput("a model that can compute its activations again", str(error)[:200], "Set gradient_checkpointing=false.") from error


def _loaded(files: models.ModelFiles, auto_class: str, config: Any, **more: Any) -> tuple[Any, list[str]]:
    """The model, and the names of its parameters that the files do not have.

    Attention is the plain kind: the backward pass of the fused one is several times slower in bf16 on a processor.
    """
    import torch
    import transformers

    try:
        with quiet():
            network, found = getattr(transformers, auto_class).from_pretrained(
                str(files.base),
                config=config,
                dtype=torch.float32,
                attn_implementation="eager",
                ignore_mismatched_sizes=True,
                trust_remote_code=False,
                use_safetensors=True,
                local_files_only=True,
                output_loading_info=True,
                **more,
            )
    except Exception as error:  # transformers computes with what a config says: any error can come of it
        if is_out_of_memory(error):
            raise
        raise bad_model(auto_class, files.reference, error) from error
    return network, [*found["missing_keys"], *(name for name, *_ in found["mismatched_keys"])]


def head_modules(network: Any) -> list[str]:
    """Modules that are trained whole and saved with the adapter: what stands outside the body, and the body's pooler."""
    body = network.base_model_prefix
    heads = [name for name, child in network.named_children() if name != body and any(True for _ in child.parameters())]
    inner = getattr(network, body, None)
    pooler = getattr(inner, POOLER, None)
    return heads + ([POOLER] if pooler is not None and any(True for _ in pooler.parameters()) else [])


def targets(network: Any, wanted: tuple[str, ...]) -> str:
    """A pattern for the linear layers that get an adapter, as peft matches it against whole names.

    Args:
        wanted: last parts of the names; empty takes every linear layer inside the body's numbered layers.

    Raises:
        BadInput: the model has none of them.
    """
    found: dict[str, None] = {}
    refused = NOT_ADAPTED.get(network.config.model_type, frozenset())
    for name, module in network.named_modules():
        inside = IN_A_LAYER.fullmatch(name)
        if inside and inside[1] not in refused and type(module).__name__ in KINDS_OF_LINEAR:
            found[inside[1]] = None
    chosen = [name for name in found if name in wanted] if wanted else list(found)
    if not chosen:
        raise BadInput(
            f"linear layers named {', '.join(wanted)}" if wanted else "a model with linear layers",
            f"layers named {', '.join(found) or 'nothing'}",
            "Choose among these.",
        )
    return rf".*\.\d+\.(?:.*\.)?(?:{'|'.join(map(re.escape, chosen))})"
