"""What the exported demo reads from demo.json: everything that is not code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core import models, tasks
from core.demos.examples import examples_for
from core.errors import BadInput
from core.models import ModelFiles
from core.models.backbone import BACKBONE_ID
from core.models.merge import adapter_json
from core.models.noted import noted_params
from core.models.safety import CONFIG
from core.schema import DemoSpec, ModelReference
from core.tasks.writing.templates import Template

BASE, ADAPTER = "base", "adapter"
"""Folders of the export: the base's files where they go along, and the adapter's."""

WRITES = ("text-generation", "text2text-generation", "summarization", "translation")
KEPT = ("num_beams", "length_penalty", "early_stopping", "no_repeat_ngram_size", "min_length")
USUAL_NEW, USUAL_LONGEST = 128, 30


def task_of(files: ModelFiles, wanted: str | None) -> str:
    """The task that a demo shows: the one asked for, else the model's first.

    Raises:
        BadInput: the model has no such task, or none at all.
    """
    if wanted is None and files.tasks:
        return files.tasks[0]
    if wanted in files.tasks:
        return wanted
    raise BadInput(f"a task of {files.reference} ({', '.join(files.tasks) or 'it has none'})", repr(wanted)[:80], "Choose one of these.")


def facts_of(spec: DemoSpec, files: ModelFiles, *, inside: bool) -> dict[str, Any]:
    """The content of ``demo.json``; plain data, whatever stands in names and labels.

    Args:
        inside: the base's files go along; else its name on the Hub with its commit stands here.

    Raises:
        BadInput: an example has more texts than the page has boxes.
    """
    task = tasks.get(spec.task)
    config = {**adapter_json(files.base, CONFIG), **(adapter_json(files.adapter, CONFIG) if files.adapter else {})}
    labels = files.labels
    thresholds = models.thresholds_of(config)
    base, revision = base_on_hub(files)
    facts = {
        "title": spec.title or title_of(files.reference, task.title),
        "summary": files.card.summary or task.purpose,
        "limits": list(files.card.limits),
        "task": task.name,
        "auto_class": task.auto_class_for(files.tasks),
        "base": BASE if inside else base,
        "base_revision": None if inside else revision,
        "adapter": ADAPTER if files.adapter else None,
        "labels": list(labels),
        "problem_type": _problem(config) if task.name == "text-classification" else None,
        "temperature": models.temperature_of(config) or 1.0,
        "thresholds": dict(zip(labels, thresholds, strict=True)) if len(thresholds) == len(labels) else {},
        "max_length": files.max_length,
        "longest_answer": models.longest_answer_of(config) or USUAL_LONGEST,
        "aggregation": models.aggregation_of(config) or "simple",
        "pair": any(label.casefold().startswith("entail") for label in labels),
    }
    facts |= _writing(spec, files, config)
    ours = examples_for(spec.task, columns=facts["columns"], pair=facts["pair"])
    return facts | {"examples": [_filled(example, len(ours[0])) for example in spec.examples] or ours}


def _filled(example: Sequence[str], boxes: int) -> list[str]:
    """An example with a text for each box of the page, the last ones empty where it has fewer."""
    if len(example) > boxes:
        raise BadInput(
            f"examples of at most {boxes} {'text' if boxes == 1 else 'texts'}, one for each box", str(len(example)), "Shorten them."
        )
    return [*example, *[""] * (boxes - len(example))]


def title_of(reference: str, task_title: str) -> str:
    """``mine, text classification``."""
    name = reference.partition(":")[2] or reference.partition("@")[0]
    return task_title if name.casefold() == task_title.casefold() else f"{name}, {task_title[:1].lower()}{task_title[1:]}"


def base_on_hub(files: ModelFiles) -> tuple[str, str | None]:
    """Name and commit of the base on the Hub; the name is empty where it is known here alone."""
    if files.adapter is None:
        named = files.reference
    else:
        named = str(adapter_json(files.adapter, "adapter_config.json").get("base_model_name_or_path"))
    try:
        parsed = ModelReference.parse(named)
    except BadInput:
        return "", None
    if parsed.kind == "hub":
        commit = parsed.revision or (adapter_json(files.adapter, "adapter_config.json").get("revision") if files.adapter else None)
        return parsed.name, commit
    if parsed.kind == "embedded":
        return BACKBONE_ID, None
    return "", None


def _problem(config: Mapping[str, Any]) -> str | None:
    declared = config.get("problem_type")
    return declared if declared in ("regression", "multi_label_classification", "single_label_classification") else None


def _writing(spec: DemoSpec, files: ModelFiles, config: Mapping[str, Any]) -> dict[str, Any]:
    """What a task that writes is told; empty values for the others."""
    nothing: dict[str, Any] = {"writing": {}, "prefixes": {}, "template": [], "places": [], "columns": [], "new_tokens": USUAL_NEW}
    nothing |= {"chat": False, "system_prompt": "", "source_language": "", "target_language": ""}
    if spec.task not in WRITES:
        return nothing
    own = noted_params(config).get(spec.task, {})
    known = config.get("task_specific_params")
    specific = known.get(spec.task, {}) if isinstance(known, dict) else {}
    specific = specific if isinstance(specific, dict) else {}
    template = Template.parse(own["prompt_template"]) if own.get("prompt_template") else None
    return nothing | {
        "writing": {name: specific[name] for name in KEPT if isinstance(specific.get(name), int | float)},
        "prefixes": _prefixes(spec.task, known if isinstance(known, dict) else {}, own),
        "template": list(template.texts) if template else [],
        "places": list(template.columns) if template else [],
        "columns": list(template.distinct) if template else [],
        "new_tokens": own.get("max_new_tokens") or _most(specific) or USUAL_NEW,
        "chat": own.get("chat") != "off",
        "system_prompt": own.get("system_prompt", ""),
        "source_language": own.get("source_language", ""),
        "target_language": own.get("target_language", ""),
    }


def _prefixes(task: str, known: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, str]:
    """What stands before the text, by the words that a choice shows: one for most, one for each pair of languages of T5."""
    if "prefix" in own:
        return {task: own["prefix"]}
    wanted = [name for name in known if name == task or (task == "translation" and name.startswith("translation_"))]
    entries = {name: known[name] for name in wanted if isinstance(known[name], dict) and isinstance(known[name].get("prefix"), str)}
    return {name.removeprefix("translation_").replace("_", " "): entry["prefix"] for name, entry in entries.items()}


def _most(specific: Mapping[str, Any]) -> int | None:
    longest = specific.get("max_length")
    return longest if type(longest) is int and longest > 0 else None
