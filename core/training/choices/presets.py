"""Three ways to tune, for those who do not want dials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import JsonValue

from core.errors import BadInput
from core.schema import Dials

DEFAULT = "balanced"


@dataclass(frozen=True)
class Preset:
    """Dials with a name and a sentence on what they do."""

    title: str
    sentence: str
    dials: Dials


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "quick": Preset("Quick", "Two passes over the rows: a first look at what the labels can teach.", Dials(epochs=2, rank=8, alpha=16)),
        "balanced": Preset("Balanced", "Eight passes over the rows, the best of five checkpoints.", Dials(epochs=8)),
        "thorough": Preset(
            "Thorough",
            "Up to twenty passes with a larger adapter; ends early when nothing gets better.",
            Dials(epochs=20, rank=32, alpha=64, learning_rate=5e-4, evaluations=20, patience=5),
        ),
    }
)


def preset(name: str) -> Preset:
    """The preset of this name.

    Raises:
        BadInput: there is none.
    """
    if name not in PRESETS:
        raise BadInput(f"a preset among {', '.join(PRESETS)}", repr(name)[:40], "Choose one of these.")
    return PRESETS[name]


def nearest(dials: Dials) -> str:
    """The preset from which the fewest of these dials differ."""
    return min(PRESETS, key=lambda name: (len(turned(dials, name)), name != DEFAULT))


def turned(dials: Dials, name: str) -> dict[str, JsonValue]:
    """The dials that differ from the preset of this name, as JSON values."""
    before = PRESETS[name].dials.model_dump(mode="json")
    return {dial: value for dial, value in dials.model_dump(mode="json").items() if value != before[dial]}
