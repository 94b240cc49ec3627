"""An adapter and its base as one model: a folder that any program reads which reads models of transformers."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from core.errors import BadInput
from core.files import TEMPORARY_PREFIX, saving, sync
from core.models.cards import ModelCardFacts
from core.models.files import ModelFiles
from core.models.load import load_model, load_tokenizer, quiet
from core.models.merge import adapter_json
from core.models.safety import ADAPTER_CONFIG, TOKENIZER_FILES
from core.schema.models import HUB_ID

CLASS_OF_ADAPTER: Mapping[str, str] = MappingProxyType(
    {
        "SEQ_CLS": "AutoModelForSequenceClassification",
        "TOKEN_CLS": "AutoModelForTokenClassification",
        "QUESTION_ANS": "AutoModelForQuestionAnswering",
        "CAUSAL_LM": "AutoModelForCausalLM",
        "SEQ_2_SEQ_LM": "AutoModelForSeq2SeqLM",
        "FEATURE_EXTRACTION": "AutoModel",
    }
)
BESIDE_TOKENIZERS = ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "chat_template.jinja", "chat_template.json")


def check_free_folder(out: Path) -> None:
    """Says that a model cannot be written before it is loaded.

    Raises:
        BadInput: ``out`` is there and not empty, or lies in a folder that does not exist.
    """
    if out.is_symlink() or (out.exists() and (not out.is_dir() or any(out.iterdir()))):
        raise BadInput("a folder that is new or empty", f"{out}, which is not", "Name another folder; nothing was written.")
    if not out.absolute().parent.is_dir():
        raise BadInput("a folder in a folder that exists", str(out), "Make the outer folder first.")


def write_whole(files: ModelFiles, out: Path) -> None:
    """Writes the base with the adapter merged into it: config with labels, safetensors in fp32, tokenizer files, a card.

    The tokenizer's files are the base's, byte for byte: a tokenizer that is saved again may cut texts otherwise. The folder
    appears whole, by rename.

    Args:
        files: what :func:`core.models.resolve` gave for an adapter.
        out: a folder that is new or empty.

    Raises:
        BadInput: no adapter, one whose head nobody knows or that does not fit, or ``out`` is not free.
        CannotWrite: the disk is full, or the folder must not be written; nothing is left there.
    """
    if files.adapter is None:
        raise BadInput("an adapter", f"{files.reference}, which is a whole model already", "Choose one whose name begins with adapter:.")
    check_free_folder(out)
    adapter = adapter_json(files.adapter, ADAPTER_CONFIG)
    auto_class = CLASS_OF_ADAPTER.get(str(adapter.get("task_type")))
    if auto_class is None:
        known = ", ".join(CLASS_OF_ADAPTER)
        raise BadInput(f"an adapter with a task_type ({known})", repr(adapter.get("task_type"))[:40], "Correct its adapter_config.json.")
    model, base = load_model(files, auto_class), str(adapter.get("base_model_name_or_path"))
    target = out.absolute()
    building = target.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(4)}-{target.name[:40]}")
    try:
        with saving(target.parent):
            building.mkdir()
            save_model(files, model, base, building)
            (building / "README.md").write_text(merged_card(files.card, files.reference, base, files.tasks), encoding="utf-8")
            for path in [*sorted(building.iterdir()), building]:
                sync(path)
            building.rename(target)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    with contextlib.suppress(OSError):  # it is there; not every disk can sync a folder
        sync(target.parent)


def save_model(files: ModelFiles, model: Any, base: str, folder: Path) -> None:
    """Writes a whole model into a folder that is there: config, safetensors, and the tokenizer's files as the base has them.

    Args:
        files: of the base, or of an adapter on it.
        base: what stands as the model's origin in its config, in the place of a path of this machine.
    """
    model.config._name_or_path = base
    with quiet():
        model.save_pretrained(str(folder), safe_serialization=True)
        own = load_tokenizer(files).vocab_files_names.values()
    for name in sorted({*own, *TOKENIZER_FILES, *BESIDE_TOKENIZERS}):
        if (files.base / name).is_file():
            shutil.copyfile(files.base / name, folder / name)


def merged_card(card: ModelCardFacts, reference: str, base: str, tasks: tuple[str, ...]) -> str:
    """The card of a merged model. What the adapter's card says holds for it as well."""
    front: dict[str, Any] = {
        "language": list(card.languages or ()) or None,
        "license": card.license,
        "base_model": base if HUB_ID.fullmatch(base) else None,
        "pipeline_tag": tasks[0] if tasks else None,
        "library_name": "transformers",
    }
    ours = {
        "summary": card.summary or None,
        "scripts": list(card.scripts or ()) or None,
        "lowercases": card.lowercases,
        "limits": list(card.limits) or None,
    }
    front["sheetformer"] = {key: value for key, value in ours.items() if value is not None} or None
    kept = {key: value for key, value in front.items() if value is not None}
    return f"""---
{yaml.safe_dump(kept, sort_keys=False, allow_unicode=True).strip()}
---

# {reference}, merged

The LoRA adapter `{reference}` merged into `{base}` in fp32: the same answers without peft. Weights are safetensors; the files of the
tokenizer are those of the base.
"""
