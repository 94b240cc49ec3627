"""README.md of an exported demo: the front matter that a Space is made from, and a page for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from core.demos.pins import GRADIO, Sdk, python_version

PORT = 7860
LONGEST_TITLE, LONGEST_DESCRIPTION = 80, 60  # characters that the Hub shows of both
MARKS = re.compile(r"([\\`*_{}\[\]()<>#+!|~&-])")


def readme(facts: Mapping[str, Any], sdk: Sdk, *, licence: str | None, hub_models: list[str]) -> str:
    """The whole file.

    The front matter is that of https://huggingface.co/docs/hub/spaces-config-reference.

    Args:
        facts: as in demo.json.
        licence: identifier that the model's card names.
        hub_models: names of models on the Hub that the demo shows.
    """
    front = _front(facts, sdk, licence, hub_models)
    start = f"pip install -r requirements.txt\n{'python app.py' if sdk == 'gradio' else 'streamlit run app.py'}"
    origin = (
        f"the folder `{facts['adapter'] or facts['base']}`"
        if facts["adapter"] or facts["base"] == "base"
        else "the model named in `demo.json`"
    )
    limits = (
        "\n".join(f"- {words(limit)}" for limit in facts["limits"])
        or "- None are written down: try it on texts of your own before trusting it."
    )
    return f"""---
{yaml.safe_dump(front, sort_keys=False, allow_unicode=True).strip()}
---

# {words(facts["title"]) or facts["task"]}

{words(facts["summary"])}

The page is `app.py`; `answering.py` loads {origin} and answers; every name, label and example is in `demo.json`. Weights are read from
safetensors only and no code of a model is run. Nothing that is typed in is kept, and the page reports no usage.

## Limits

{limits}

## Run it elsewhere

    {start.replace(chr(10), chr(10) + "    ")}
"""


def _front(facts: Mapping[str, Any], sdk: Sdk, licence: str | None, hub_models: list[str]) -> dict[str, Any]:
    title = one_line(facts["title"])[:LONGEST_TITLE] or facts["task"]
    shown = {"title": title, "emoji": "📊", "colorFrom": "indigo", "colorTo": "blue", "sdk": sdk}
    if sdk == "gradio":
        shown |= {"sdk_version": GRADIO, "python_version": python_version(), "app_file": "app.py"}
    else:
        shown |= {"app_port": PORT}
    shown |= {"pinned": False, "short_description": one_line(facts["summary"])[:LONGEST_DESCRIPTION]}
    shown |= {"license": licence} if licence else {}
    shown |= {"models": hub_models} if hub_models else {}
    return {**shown, "tags": [facts["task"]]}


def one_line(text: str) -> str:
    """Without line breaks and other control characters."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def words(text: str) -> str:
    """A text in one line that Markdown shows as it is."""
    return MARKS.sub(r"\\\1", one_line(text))
