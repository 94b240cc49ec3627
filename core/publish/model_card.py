"""The card of a model that is pushed: what its training wrote down (base, labels, procedure, dials, figures, limits), for readers.

Format: https://huggingface.co/docs/hub/model-cards; figures in ``model-index`` as https://huggingface.co/docs/hub/model-cards-evaluation.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.models.adapters import adapter_facts
from core.models.cards import CARD, card_text, front_matter
from core.models.merge import adapter_json
from core.models.safety import ADAPTER_CONFIG
from core.publish.about import LICENCES, About
from core.publish.snippet import base_name, snippet
from core.publish.writing import code, joined, sections, unsectioned
from core.schema.models import HUB_ID
from core.settings import Settings

OURS = "sheetformer"
USE, DATA, LIMITS = "Use", "Data", "Limits"
UNKNOWN_LIMITS = "- What the data does not show, the model does not know: other subjects, other languages, labels that came up rarely."


def model_card(settings: Settings, folder: Path, about: About, *, written: Path | None = None) -> str:
    """The card for a repository.

    Args:
        folder: the files as they are pushed: an adapter's, or a whole model's.
        written: folder of the adapter that was merged, whose card says how it was made; ``folder`` itself where there is none.
    """
    source = written or folder
    front, parts = dict(front_matter(source / CARD)), sections(card_text(source))
    is_adapter = (folder / ADAPTER_CONFIG).is_file()
    return joined(_front(settings, source, front, about, is_adapter), _body(settings, folder, source, parts, about))


def _front(settings: Settings, source: Path, front: dict[str, Any], about: About, is_adapter: bool) -> dict[str, Any]:
    task = front.get("pipeline_tag") or adapter_facts(settings, source).task
    tags = [tag for tag in front.get("tags") or [] if isinstance(tag, str) and (is_adapter or tag != "lora")]
    base = base_name(source) or str(front.get("base_model") or "")
    head = {
        "license": about.licence or front.get("license"),
        "base_model": base if HUB_ID.fullmatch(base) else None,
        "language": front.get("language"),
        "library_name": "peft" if is_adapter else "transformers",
        "pipeline_tag": task,
        "tags": list(dict.fromkeys([*(["lora"] if is_adapter else []), *tags, OURS])),
        "datasets": [about.data_name] if HUB_ID.fullmatch(about.data_name) else None,
        "model-index": _index(front.get("model-index"), about),
        OURS: front.get(OURS),
    }
    return {name: value for name, value in head.items() if value}


def _index(index: object, about: About) -> list[dict[str, Any]] | None:
    """The figures under the repository's name, measured on the data as the author names it."""
    if not isinstance(index, list):
        return None
    named = []
    for entry in index:
        results = entry.get("results") if isinstance(entry, dict) else None
        if isinstance(results, list) and results:
            named.append(
                {"name": about.repository.split("/")[-1], "results": [_result(one, about) for one in results if isinstance(one, dict)]}
            )
    return named or None


def _result(result: dict[str, Any], about: About) -> dict[str, Any]:
    if not about.data_name:
        return result
    kind = about.data_name if HUB_ID.fullmatch(about.data_name) else "tabular"
    return result | {"dataset": {"type": kind, "name": about.data_name}}


def _body(settings: Settings, folder: Path, source: Path, parts: dict[str, str], about: About) -> str:
    """The parts that were written with the adapter; use and data are for the repository."""
    before = dict(parts)
    opening = before.pop("", "") or _opening(settings, source, about)
    if source != folder:
        opening += "\n\nThe adapter is merged into its base here, in fp32: the same answers without peft."
    data = "\n\n".join(text for text in (before.pop(DATA, ""), _data(about)) if text)
    before.pop(USE, None)
    limits = before.pop(LIMITS, "") or UNKNOWN_LIMITS
    lines = snippet(folder, about.repository)
    use = code(lines) if lines else "Its base is on the author's machine only: nobody else can load it."
    return unsectioned({"": opening, **before, DATA: data, LIMITS: limits, USE: use})


def _opening(settings: Settings, source: Path, about: About) -> str:
    """For an adapter that came without a card."""
    facts, adapter = adapter_facts(settings, source), adapter_json(source, ADAPTER_CONFIG)
    kind = str(adapter.get("peft_type") or "")
    thing = f"A {'LoRA' if kind == 'LORA' else kind} adapter on {base_name(source) or 'a base of its own'}" if adapter else "A model"
    labels = f" Labels: {', '.join(f'`{label}`' for label in facts.labels[:100])}." if facts.labels else ""
    return f"# {about.repository.split('/')[-1]}\n\n{thing}{f' for {facts.task}' if facts.task else ''}.{labels}"


def _data(about: About) -> str:
    """What the author says of the data, and its licence."""
    named = f"The data is {about.data_name}." if about.data_name else ""
    licence = f"Licence of the data: {LICENCES.get(about.data_licence, about.data_licence)}." if about.data_licence else ""
    return " ".join(sentence for sentence in (named, licence) if sentence)
