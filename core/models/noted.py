"""What an adapter noted in its config when it was tuned, for models that write: how it wants to be asked."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from core.models.files import ModelFiles
from core.models.safety import CONFIG

PARAMS = "task_specific_params"
TASKS = ("summarization", "translation", "text2text-generation", "text-generation")
MOST_CHARACTERS = 20_000
MOST_TOKENS = 10_001
TEXTS = ("prefix", "source_language", "target_language", "prompt_template", "system_prompt", "chat")
COUNTS = ("max_length", "min_length", "max_new_tokens")
OPTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType({"text-generation": ("prompt_template", "system_prompt", "chat")})
"""What a run has to know before the model is loaded: it decides which columns are read."""


def noted_params(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The entries for tasks that write, as far as they are of the right types: the file may come from anywhere."""
    found = config.get(PARAMS)
    entries = {task: found.get(task) for task in TASKS} if isinstance(found, dict) else {}
    return {task: kept for task, entry in entries.items() if isinstance(entry, dict) and (kept := _kept(entry))}


def _kept(entry: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: entry[name] for name in TEXTS if isinstance(entry.get(name), str) and len(entry[name]) <= MOST_CHARACTERS}
    counts = {name: entry[name] for name in COUNTS if type(entry.get(name)) is int and 0 <= entry[name] <= MOST_TOKENS}
    return {**texts, **counts}


def notes_options(task: str) -> bool:
    """Whether models may have noted options of a task."""
    return task in OPTIONS


def noted_options(files: ModelFiles, task: str) -> dict[str, Any]:
    """Options of a task that an adapter was tuned with, merged or not, and that a run takes where the user says nothing else."""
    from core.models.merge import adapter_json

    entry = noted_params(adapter_json(files.adapter or files.base, CONFIG)).get(task, {})
    return {name: entry[name] for name in OPTIONS.get(task, ()) if name in entry}
