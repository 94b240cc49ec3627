"""Cards as texts: front matter over Markdown, sections by their titles, and the check that a card is one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from core.errors import BadInput
from core.settings import Settings

FENCE = "---"
CORRECT = "Correct the text, or write the card again from the facts."


def joined(front: Mapping[str, Any], body: str) -> str:
    """A card."""
    kept = {name: value for name, value in front.items() if value not in (None, [], {}, "")}
    head = yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=120)
    return f"{FENCE}\n{head}{FENCE}\n\n{body.strip()}\n"


def sections(body: str) -> dict[str, str]:
    """Title to text of a body's parts in their order; what stands before the first has an empty title."""
    found, title, fenced = {"": ""}, "", False
    for line in body.splitlines():
        fenced ^= line.startswith("```")
        if line.startswith("## ") and not fenced:
            title = line[3:].strip()
            found[title] = ""
        else:
            found[title] += f"{line}\n"
    return {name: text.strip() for name, text in found.items()}


def unsectioned(parts: Mapping[str, str]) -> str:
    """The body again; parts without a text go."""
    return "\n\n".join(f"## {title}\n\n{text}" if title else text for title, text in parts.items() if text)


def code(lines: str) -> str:
    """Python in Markdown."""
    return f"```python\n{lines}\n```"


def check_card(settings: Settings, text: str, kind: str) -> None:
    """Whether the Hub's own reader takes a card (https://huggingface.co/docs/hub/model-cards, .../datasets-cards).

    Raises:
        BadInput: it is too long, its front matter is no YAML or has aliases, or a field of it has another shape than the Hub's.
    """
    from huggingface_hub import DatasetCard, ModelCard

    if len(text) > settings.max_card_kb * 1_000:
        raise BadInput(f"a card of at most {settings.max_card_kb} kB (max_card_kb)", f"{len(text) / 1_000:,.0f} kB", "Make it shorter.")
    lines = text.lstrip("\ufeff").splitlines()
    if not lines or lines[0].strip() != FENCE or FENCE not in (line.strip() for line in lines[1:]):
        raise BadInput("a card that begins with front matter between two lines of ---", "none", CORRECT)
    head = "\n".join(lines[1 : 1 + next(i for i, line in enumerate(lines[1:]) if line.strip() == FENCE)])
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(head, Loader=yaml.SafeLoader)):  # nine in a row: a billion nodes
            raise BadInput("front matter without aliases", "an alias (*)", CORRECT)
        front = yaml.safe_load(head)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        place = getattr(getattr(error, "problem_mark", None), "line", None)
        found = f"an error in its line {place + 2}" if place is not None else type(error).__name__
        raise BadInput("front matter in YAML", found, CORRECT) from error
    if not isinstance(front, Mapping):
        raise BadInput("front matter of names and values", type(front).__name__, CORRECT)
    _check_fields(front)
    try:
        (ModelCard if kind == "model" else DatasetCard)(text, ignore_metadata_errors=False)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInput("front matter in the Hub's format", f"{type(error).__name__}: {str(error)[:200]}", CORRECT) from error


def _check_fields(front: Mapping[str, Any]) -> None:
    """The fields that the Hub reads, as its validation has them."""
    for name in ("license", "library_name", "pipeline_tag", "pretty_name"):
        if name in front and not isinstance(front[name], str):
            raise BadInput(f"one word for {name}", type(front[name]).__name__, CORRECT)
    for name in ("language", "tags", "datasets", "base_model", "task_categories", "size_categories"):
        value = front.get(name, [])
        if not isinstance(value, str) and not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
            raise BadInput(f"a word or a list of words for {name}", repr(value)[:80], CORRECT)
    for config in front.get("configs") or []:
        if not isinstance(config, Mapping) or not isinstance(config.get("config_name"), str) or not config.get("data_files"):
            raise BadInput("configs with config_name and data_files", repr(config)[:80], CORRECT)
