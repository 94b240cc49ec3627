"""The model that is trained: a base that stays as it is, an adapter in its linear layers, and a head of its own."""

from __future__ import annotations

import re
from typing import Any

from core import models
from core.errors import BadInput
from core.models.load import load_config, quiet
from core.schema import Dials
from core.training.objectives import Objective

IN_A_LAYER = re.compile(r".*\.\d+\.(?:.*\.)?(\w+)")
"""A module inside the numbered layers of a body; what is outside of them (embeddings, poolers, heads) gets no adapter."""

KINDS_OF_LINEAR = ("Linear", "Conv1D")
POOLER = "pooler"


def with_adapter(files: models.ModelFiles, auto_class: str, objective: Objective, dials: Dials) -> Any:
    """A base with an adapter that changes nothing yet, and an untrained head where the objective wants one; on the processor in fp32.

    Args:
        files: of a whole model.

    Raises:
        BadInput: the base is an adapter itself, has no such class, or no linear layers of the names asked for.
    """
    from peft import LoraConfig, PeftModel, get_peft_model

    if files.adapter is not None:
        raise BadInput("a whole model to tune an adapter on", f"{files.reference}, an adapter", "Choose its base, or merge it first.")
    network, untrained = _loaded(files, auto_class, _config(files, objective))
    heads = head_modules(network) if objective.new_head else []
    lost = [name for name in untrained if not any(part in heads for part in name.split("."))]
    if lost:
        raise BadInput(
            "a model whose body is whole", f"{', '.join(lost[:3])} missing in {files.reference}", "Choose another model to tune."
        )
    adapter = LoraConfig(
        task_type=objective.peft_task,
        r=dials.rank,
        lora_alpha=dials.alpha,
        lora_dropout=dials.dropout,
        target_modules=targets(network, dials.target_modules),
        modules_to_save=heads or None,
        use_rslora=dials.use_rslora,
        use_dora=dials.use_dora,
    )
    # peft's class for models that find answers leaves out token_type_ids: they would be learned without and used with them.
    return PeftModel(network, adapter) if objective.peft_task == "QUESTION_ANS" else get_peft_model(network, adapter)


def _config(files: models.ModelFiles, objective: Objective) -> Any:
    """The base's config, with the names of the new head's outputs."""
    config = load_config(files)
    if objective.new_head:
        names = objective.names or tuple(f"LABEL_{place}" for place in range(objective.outputs))
        config.id2label = dict(enumerate(names))
        config.label2id = {label: place for place, label in enumerate(names)}
        config.problem_type = objective.problem or None
    return config


def _loaded(files: models.ModelFiles, auto_class: str, config: Any) -> tuple[Any, list[str]]:
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
            )
    except (ValueError, RuntimeError, OSError, KeyError, TypeError) as error:
        raise BadInput(
            f"a model that loads as {auto_class}", f"{type(error).__name__}: {str(error)[:300]}", "Choose another model to tune."
        ) from error
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
    for name, module in network.named_modules():
        inside = IN_A_LAYER.fullmatch(name)
        if inside and type(module).__name__ in KINDS_OF_LINEAR:
            found[inside[1]] = None
    chosen = [name for name in found if name in wanted] if wanted else list(found)
    if not chosen:
        raise BadInput(
            f"linear layers named {', '.join(wanted)}" if wanted else "a model with linear layers",
            f"layers named {', '.join(found) or 'nothing'}",
            "Choose among these.",
        )
    return rf".*\.\d+\.(?:.*\.)?(?:{'|'.join(map(re.escape, chosen))})"
