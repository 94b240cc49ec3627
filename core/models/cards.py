"""What a model card says in a form that a program can use.

Languages, licence and the like stand where the Hub has them. What the Hub has no field for stands under ``sheetformer`` in the
front matter of our own cards: ``scripts``, ``lowercases``, ``summary``, ``limits``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

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
    front = front_matter(folder / "README.md")
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


def front_matter(card: Path) -> Mapping[str, object]:
    """The YAML between the fences at the top of a card; empty where there is none or it is not a mapping."""
    try:
        with card.open(encoding="utf-8", errors="replace") as file:
            text = file.read(LONGEST)
    except OSError:
        return {}
    lines = text.splitlines()
    if not lines or lines[0].strip() != FENCE:
        return {}
    end = next((i for i, line in enumerate(lines[1:], 1) if line.strip() == FENCE), None)
    try:
        found = yaml.load("\n".join(lines[1:end]), Loader=_NoAliases) if end else None
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}


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
