"""What was noted in a model's config when it was tuned: how it wants to be used. Every key that is ours is read and written here.

It stands in the config and not in the card or the facts: it decides answers, so it belongs to what the revision is a hash of, and merging,
downloading and uploading keep it. A config may come from anywhere: what is not of the right type was never noted.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from core.models.describe import labels_of
from core.models.files import ModelFiles
from core.models.safety import CONFIG

LABEL_THRESHOLDS = "label_thresholds"
"""Label to the probability from which on it is predicted, where a row may have several labels."""
LONGEST_ANSWER = "max_answer_length"
"""Tokens of the longest answer that a model which finds answers was tuned to give."""
AGGREGATION = "entity_aggregation"
"""How the tokens of a model that was tuned on tagged words become entities: ``first``, the token that it learned each word's tag at."""
TEMPERATURE = "calibration_temperature"
"""By which logits are divided before they become probabilities (Guo et al. 2017), as it was fitted on rows of the user's."""
COLDEST, HOTTEST = 0.01, 1_000.0
PARAMS = "task_specific_params"
"""Task to what a model that writes was tuned with, under transformers' own key, which its pipelines read too."""

TASKS = ("summarization", "translation", "text2text-generation", "text-generation")
MOST_CHARACTERS = 20_000
MOST_TOKENS = 10_001
TEXTS = ("prefix", "source_language", "target_language", "prompt_template", "system_prompt", "chat")
COUNTS = ("max_length", "min_length", "max_new_tokens")
OPTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType({"text-generation": ("prompt_template", "system_prompt", "chat")})
"""What a run has to know before the model is loaded: it decides which columns are read."""


def thresholds_of(config: Mapping[str, object]) -> tuple[float, ...]:
    """From which probability on the model itself predicts each label, in the order of the logits.

    Empty where it does not say so for exactly its labels, in numbers from 0 to 1: what was left of another head decides nothing.
    """
    found, labels = config.get(LABEL_THRESHOLDS), labels_of(config)
    if not isinstance(found, Mapping) or found.keys() != set(labels):
        return ()
    values = [found[label] for label in labels]
    if not all(isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1 for value in values):
        return ()
    return tuple(float(value) for value in values)


def temperature_of(config: Any) -> float | None:
    """The temperature of a config as a file or a loaded model has it; ``None`` where no usable one is noted."""
    found = config.get(TEMPERATURE) if isinstance(config, Mapping) else getattr(config, TEMPERATURE, None)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return float(found) if COLDEST <= found <= HOTTEST else None


def longest_answer_of(config: Any) -> int | None:
    """Tokens of the longest answer, of a config as a file or a loaded model has it; ``None`` where nothing is noted."""
    found = config.get(LONGEST_ANSWER) if isinstance(config, Mapping) else getattr(config, LONGEST_ANSWER, None)
    return found if type(found) is int and found >= 1 else None


def aggregation_of(config: Any) -> str | None:
    """How entities are made of tokens, of a config as a file or a loaded model has it; ``None`` where nothing that we know is noted."""
    found = config.get(AGGREGATION) if isinstance(config, Mapping) else getattr(config, AGGREGATION, None)
    return found if found in ("first", "simple") else None


def params_in(config: Any) -> dict[str, Any]:
    """All entries of a loaded config, transformers' own among them (T5's ``translation_en_to_de``); empty where there are none."""
    known = getattr(config, PARAMS, None)
    return known if isinstance(known, dict) else {}


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


def note_thresholds(config: Mapping[str, Any], thresholds: Mapping[str, float]) -> dict[str, Any]:
    """A config, as a file has it, with thresholds for its labels."""
    return {**config, LABEL_THRESHOLDS: dict(thresholds)}


def forget_thresholds(config: Any) -> None:
    """Takes those of the head that was there before out of a loaded config."""
    if hasattr(config, LABEL_THRESHOLDS):
        delattr(config, LABEL_THRESHOLDS)


def note_temperature(config: Mapping[str, Any], temperature: float) -> dict[str, Any]:
    """A config, as a file has it, with a temperature for its probabilities."""
    return {**config, TEMPERATURE: temperature}


def forget_temperature(config: Any) -> None:
    """Out of a loaded config: weights that learn on are another model, whose probabilities nobody has looked at."""
    if hasattr(config, TEMPERATURE):
        delattr(config, TEMPERATURE)


def note_longest_answer(config: Any, tokens: int) -> None:
    """Into a loaded config: later runs find answers as long as this."""
    setattr(config, LONGEST_ANSWER, tokens)


def note_aggregation(config: Any, strategy: str) -> None:
    """Into a loaded config: later runs make entities of tokens in this way."""
    setattr(config, AGGREGATION, strategy)


def note_params(config: Any, task: str, values: Mapping[str, Any]) -> None:
    """Into a loaded config: what a later run of the task takes where it is asked for nothing else; other entries stay."""
    known = params_in(config)
    own = known.get(task)
    if values:
        setattr(config, PARAMS, {**known, task: {**(own if isinstance(own, dict) else {}), **values}})


def carry(own: Mapping[str, Any], config: Any) -> None:
    """Puts what an adapter noted into the config that its base is loaded with.

    Args:
        own: the adapter's config, as its file has it. Its thresholds are checked where they are read: that takes the labels.
    """
    if LABEL_THRESHOLDS in own:
        setattr(config, LABEL_THRESHOLDS, own[LABEL_THRESHOLDS])
    if temperature := temperature_of(own):
        setattr(config, TEMPERATURE, temperature)
    if strategy := aggregation_of(own):
        note_aggregation(config, strategy)
    if longest := longest_answer_of(own):
        note_longest_answer(config, longest)
    if noted := noted_params(own):
        setattr(config, PARAMS, {**params_in(config), **noted})
