"""An adapter as files: weights, its config, the labels, and whose model it changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.files import write_json
from core.models import ModelFiles
from core.models.backbone import BACKBONE, BACKBONE_ID
from core.models.safety import ADAPTER_CONFIG, ADAPTER_WEIGHTS, CONFIG


def save_adapter(model: Any, files: ModelFiles, folder: Path) -> None:
    """Writes an adapter as :func:`core.models.resolve` reads it; no path of this machine is in it.

    Args:
        model: a PeftModel in fp32.
        files: the base it was tuned on.
        folder: made if need be.
    """
    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().float().cpu().contiguous() for name, tensor in get_peft_model_state_dict(model).items()}
    save_file(tensors, folder / ADAPTER_WEIGHTS, metadata={"format": "pt"})
    (folder / ADAPTER_WEIGHTS).chmod(0o644)
    adapter = model.peft_config["default"].to_dict() | {"inference_mode": True} | base_of(files)
    write_json(folder / ADAPTER_CONFIG, json.loads(json.dumps(adapter, default=_plain, sort_keys=True)))
    base = model.get_base_model()
    config = base.config.to_dict() | {"_name_or_path": "", "architectures": [type(base).__name__]}
    write_json(folder / CONFIG, json.loads(json.dumps(config, default=_plain, sort_keys=True)))


def base_of(files: ModelFiles) -> dict[str, str | None]:
    """How an adapter names its base: as the Hub does, with the commit; the embedded backbone by its name there."""
    if files.reference == f"embedded:{BACKBONE}":
        return {"base_model_name_or_path": BACKBONE_ID, "revision": None}
    name, _, revision = files.reference.partition("@")
    return {"base_model_name_or_path": name, "revision": revision or None}


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set | frozenset) else getattr(value, "value", None) or str(value)
