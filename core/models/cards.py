"""What a model card says in a form that a program can use.

Languages, licence and the like stand where the Hub has them. What the Hub has no field for stands under ``sheetformer`` in the
front matter of our own cards: ``scripts``, ``lowercases``, ``summary``, ``limits``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import yaml

CARD = "README.md"
FENCE = "---"
LONGEST = 100_000  # characters of a card that are looked at


@dataclass(frozen=True)
class ModelCardFacts:
    """Facts of a card; ``None`` and empty where it says nothing.

    Args:
        languages: codes such as ``en``.
        scripts: four-letter ISO 15924 codes such as ``Latn``.
        lowercases: whether the model sees capitals at all.
        summary: one sentence.
        limits: sentences, each about something the model should not be trusted with.
        license: licence identifier.
    """

    languages: tuple[str, ...] | None = None
    scripts: tuple[str, ...] | None = None
    lowercases: bool | None = None
    summary: str = ""
    limits: tuple[str, ...] = ()
    license: str | None = None


def read_card(folder: Path) -> ModelCardFacts:
    """Facts of ``README.md`` in ``folder``. A missing or unreadable card has no facts; it is no error, cards are written by anybody."""
    front = front_matter(folder / CARD)
    ours = front.get("sheetformer")
    ours = ours if isinstance(ours, Mapping) else {}
    lowercases = ours.get("lowercases")
    summary, license_name = ours.get("summary"), front.get("license")
    return ModelCardFacts(
        languages=_texts(front.get("language")) or None,
        scripts=_texts(ours.get("scripts")) or None,
        lowercases=lowercases if isinstance(lowercases, bool) else None,
        summary=summary if isinstance(summary, str) else "",
        limits=_texts(ours.get("limits")),
        license=license_name if isinstance(license_name, str) else None,
    )


def card_text(folder: Path) -> str:
    """What a card says to people: ``README.md`` without its front matter; empty where there is none."""
    lines = text_of(folder / CARD).splitlines()
    if lines and lines[0].strip() == FENCE:
        lines = lines[next((i for i, line in enumerate(lines[1:], 1) if line.strip() == FENCE), 0) + 1 :]
    return "\n".join(lines).strip()


def card_figures(folder: Path) -> dict[str, float]:
    """Figures of a card's first result by their names; the author's word, which nobody here has checked."""
    index = front_matter(folder / CARD).get("model-index")
    results = _first(index).get("results")
    metrics = _first(results).get("metrics")
    figures = {}
    for metric in metrics if isinstance(metrics, list) else []:
        name, value = (metric.get("type"), metric.get("value")) if isinstance(metric, Mapping) else (None, None)
        if isinstance(name, str) and isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
            figures[name] = float(value)
    return figures


def _first(items: object) -> Mapping[str, object]:
    """The first of a list of mappings; empty where there is none."""
    return items[0] if isinstance(items, list) and items and isinstance(items[0], Mapping) else {}


def front_matter(card: Path) -> Mapping[str, object]:
    """The YAML between the fences at the top of a card; empty where there is none or it is not a mapping."""
    lines = text_of(card).splitlines()
    if not lines or lines[0].strip() != FENCE:
        return {}
    end = next((i for i, line in enumerate(lines[1:], 1) if line.strip() == FENCE), None)
    try:
        found = yaml.load("\n".join(lines[1:end]), Loader=_NoAliases) if end else None
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


def text_of(card: Path) -> str:
    """A card as it stands, cut at ``LONGEST`` characters; empty where it cannot be read."""
    try:
        with card.open(encoding="utf-8", errors="replace") as file:
            return file.read(LONGEST)
    except OSError:
        return ""


class _NoAliases(yaml.SafeLoader):
    """Plain data only, and no aliases: nine of them in a row stand for a billion nodes."""

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not read")
        return super().compose_node(parent, index)


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
