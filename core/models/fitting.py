"""Whether an adapter was made for a base: names and shapes of its tensors against the base's, without torch and without the tensors."""

from __future__ import annotations

import re
from collections.abc import Mapping

from core.errors import BadInput
from core.models.patterns import values_by_pattern
from core.models.weights import Header

PREFIX = "base_model.model."
LORA = re.compile(r"(?P<module>.+)\.(?P<kind>lora_A|lora_B|lora_embedding_A|lora_embedding_B|lora_magnitude_vector)(\.(weight|bias))?")
WRAPPED = ".base_layer."  # where peft keeps the layer that it stands before
HEADS = (".classifier.weight", ".score.weight", ".classifier.out_proj.weight")
TIED = ("lm_head", "embed_out")  # many files leave them out: they are the embeddings again
FLOATS = ("F16", "BF16", "F32", "F64")
OTHER = "Choose the adapter that was tuned on this base, or tune it again."
SAVE_AGAIN = "Save the adapter again with save_pretrained, which writes both."
MODULE = re.compile(r"[\w.-]+", re.ASCII)  # peft takes the names of modules_to_save for patterns
# peft makes room by numbers in these before it looks at a tensor, or puts layers there that the base does not have.
BEYOND_LORA = ("layer_replication", "target_parameters", "kasa_config", "monteclora_config", "use_bdlora", "arrow_config", "use_qalora")
Shape = tuple[int, ...]


def check_fit(adapter: Mapping[str, object], tensors: Header, base: Header, *, name: str, labels: int = 0) -> None:
    """Compares an adapter's tensors with those of its base.

    Args:
        adapter: its ``adapter_config.json``.
        tensors: header of its weights.
        base: headers of the base's weights.
        name: the base, for messages.
        labels: names of outputs that come with the adapter; 0 where none do.

    Raises:
        BadInput: no LoRA adapter, or one of its tensors has no place of its shape in the base, or not the rank that is told.
    """
    _check_kind(adapter)
    if not any(".lora_" in key for key in tensors.shapes):
        raise BadInput("an adapter with LoRA tensors", f"{len(tensors.shapes)} tensors, none of them", OTHER)
    places = _Places(base)
    turned, saved = bool(adapter.get("fan_in_fan_out")), adapter.get("modules_to_save")
    whole = {str(module) for module in saved} if isinstance(saved, list) else set()
    for key, shape in tensors.shapes.items():
        found = LORA.fullmatch(key.removeprefix(PREFIX))
        good = key.startswith(PREFIX) and tensors.types.get(key) in FLOATS
        if good and found:
            good = _pair_fits(key, found, tensors, places.of(f"{found['module']}.weight"), places, turned=turned)
        elif good:
            good = _whole_fits(key.removeprefix(PREFIX).replace(WRAPPED, "."), shape, places, whole)
        if not good:
            raise BadInput(f"an adapter whose tensors fit {name}", f"{key[:120]} of shape {shape}, which has no place there", OTHER)
        if labels and key.endswith(HEADS) and shape[0] != labels:
            raise BadInput("as many labels as the head has outputs", f"{labels:,} labels and {shape[0]:,} outputs", OTHER)
    check_ranks(adapter, tensors.shapes)


def check_ranks(adapter: Mapping[str, object], shapes: Mapping[str, Shape]) -> None:
    """Compares ``r`` and ``rank_pattern`` with the tensors: every change is divided by them, and peft makes room by them first.

    Args:
        adapter: its ``adapter_config.json``.
        shapes: shape of each of its tensors by name.

    Raises:
        BadInput: a tensor has another rank, or a pattern cannot be matched.
    """
    ranks = {}
    for key, shape in shapes.items():
        found = LORA.fullmatch(key.removeprefix(PREFIX))
        if found and found["kind"] in ("lora_A", "lora_embedding_A"):
            ranks[found["module"]] = shape[0] if shape else 0
    told = values_by_pattern("rank_pattern", adapter.get("rank_pattern"), list(ranks), adapter.get("r"))
    for module, rank in ranks.items():
        if type(told[module]) is not int or told[module] != rank:
            other = f"{str(told[module])[:40]} in adapter_config.json (r, or rank_pattern)"
            raise BadInput(f"the rank of the tensors of {module[:120]}, which is {rank}", other, SAVE_AGAIN)


def _check_kind(adapter: Mapping[str, object]) -> None:
    """Refuses what is no LoRA, and what peft calls LoRA but is more than two matrices for layers of the base."""
    kind, saved = adapter.get("peft_type"), adapter.get("modules_to_save")
    more = next((f"{key} in adapter_config.json" for key in BEYOND_LORA if adapter.get(key)), None)
    if kind != "LORA" or more:
        raise BadInput("a LoRA adapter", more or f"peft_type {str(kind)[:40]!r}", "Merge it with peft, and register the whole model.")
    if saved is not None and not (isinstance(saved, list) and all(isinstance(name, str) and MODULE.fullmatch(name) for name in saved)):
        raise BadInput("modules_to_save as names of modules", f"{str(saved)[:80]!r}", "Save the adapter again with their names.")


class _Places:
    """The base's tensors, by names with or without the prefix that a head's class puts before them."""

    def __init__(self, base: Header) -> None:
        self._by_name = base.shapes
        self._by_rest = {name.partition(".")[2]: shape for name, shape in base.shapes.items()}
        self.sizes = {size for shape in base.shapes.values() for size in shape}

    def of(self, name: str) -> Shape | None:
        for known in (self._by_name.get(name), self._by_name.get(name.partition(".")[2]), self._by_rest.get(name)):
            if known is not None:
                return known
        return None


def _pair_fits(key: str, found: re.Match[str], tensors: Header, weight: Shape | None, places: _Places, *, turned: bool) -> bool:
    """One of the two matrices of a change: the rank between them, inputs or outputs of the layer on the other side.

    Args:
        turned: the base keeps its matrices as inputs times outputs.
    """
    shape, kind = tensors.shapes[key], found["kind"]
    if kind in ("lora_A", "lora_embedding_A"):
        other = tensors.shapes.get(key.replace(kind, kind[:-1] + "B"))
        if other is None or len(shape) < 2 or len(other) < 2 or shape[0] != other[1] or not shape[0]:
            return False
    elif kind in ("lora_B", "lora_embedding_B") and key.replace(kind, kind[:-1] + "A") not in tensors.shapes and not key.endswith("bias"):
        return False
    if weight is None:
        return found["module"].endswith(TIED) and (kind != "lora_A" or shape[1] in places.sizes)
    if len(weight) < 2:
        return False
    out, into = (weight[1], weight[0]) if turned and len(weight) == 2 else (weight[0], weight[1])
    sizes = {"lora_A": (1, into), "lora_B": (0, out), "lora_embedding_A": (1, weight[0]), "lora_embedding_B": (0, weight[1])}
    if kind == "lora_magnitude_vector":
        return out in shape
    axis, wanted = sizes[kind]
    return len(shape) > axis and shape[axis] == wanted


def _whole_fits(name: str, shape: Shape, places: _Places, saved: set[str]) -> bool:
    """A parameter that came whole: one of the base's, or of a module that was trained anew, with inputs of a size that the base has."""
    there = places.of(name)
    if there == shape:
        return True
    is_saved = not saved.isdisjoint(name.split("."))
    return is_saved and (len(shape) < 2 or shape[-1] in places.sizes)
