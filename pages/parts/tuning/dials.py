"""How a fine-tune is trained: a preset for everybody, its dials for who wants them."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import streamlit as st
from pydantic import JsonValue
from streamlit.delta_generator import DeltaGenerator

from core.schema import Dials
from core.training.choices.presets import BY_ROWS, DEFAULT, PRESETS
from core.training.choices.spec_making import make_dials
from pages.parts.choices.option_controls import control, label_of
from pages.parts.frames import lines
from pages.parts.tabs import tabs
from pages.parts.text import plain
from pages.parts.tuning.file import Before

GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Adapter": (
            "method",
            "rank",
            "alpha",
            "dropout",
            "target_modules",
            "init",
            "loraplus_ratio",
            "quantization",
            "use_rslora",
            "use_dora",
        ),
        "Training": (
            "epochs",
            "max_steps",
            "learning_rate",
            "schedule",
            "warmup",
            "weight_decay",
            "label_smoothing",
            "averaging",
            "class_weights",
            "head_prior",
        ),
        "Batches": ("batch_rows", "batch_tokens", "accumulation", "max_length", "max_target_length", "precision", "gradient_checkpointing"),
        "Checkpoints": ("evaluations", "patience", "metric"),
    }
)
"""The dials of each tab, in the order in which people turn them."""

OTHERS = "More"
SEED_IN = "Training"
LABELS: Mapping[str, str] = MappingProxyType(
    {
        "method": "What is trained",
        "init": "The adapter starts as",
        "loraplus_ratio": "LoRA+: rate of B over A",
        "quantization": "Base held in",
        "batch_tokens": "Tokens in a batch, in the place of rows",
        "gradient_checkpointing": "Compute activations twice",
        "target_modules": "Layers with an adapter",
        "use_rslora": "Rank-stabilised scale (rsLoRA)",
        "use_dora": "Magnitude and direction apart (DoRA)",
        "max_steps": "Steps, in the place of epochs",
        "warmup": "Warm-up, part of the steps",
        "averaging": "Average of the weights, decay",
        "class_weights": "Weigh rare labels more",
        "head_prior": "Begin with the labels' frequencies",
        "batch_rows": "Rows in a batch",
        "accumulation": "Batches before a step",
        "evaluations": "Checkpoints to compare",
        "patience": "Checkpoints without a better one",
        "metric": "Best by",
    }
)
EMPTY: Mapping[str, str] = MappingProxyType(
    {"target_modules": "Every linear layer", "max_steps": "As epochs say", "batch_tokens": "As rows say", "patience": "Never stops early"}
)
LABELLED = frozenset({"text-classification", "token-classification"})
ONLY_FOR: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "class_weights": LABELLED,
        "head_prior": LABELLED,
        "max_target_length": frozenset({"summarization", "translation", "text2text-generation", "text-generation"}),
    }
)
"""Tasks for which a dial turns something, where it does not for all."""

_WORDS = frozenset({"method", "metric"})  # names that messages also use as words of English
_TOLD = "|".join(name for name in Dials.model_fields if ("_" in name or name in LABELS) and name not in _WORDS)
_FIELDS = re.compile(rf"\b(?:(?P<name>{_TOLD})(?:=\w+)?|(?P<set>{'|'.join(sorted(_WORDS))})=\w+)\b")
"""Names of dials, with a value where one follows, that do not read as what the form calls them."""

SEED_HELP = "Of the split, the head and the order of the rows: the same seed gives the same adapter."


def pick_preset(before: Before) -> str:
    """The preset; its sentence stands under it."""
    names = list(PRESETS)
    chosen = st.radio(
        "How thoroughly",
        names,
        index=names.index(before.file.preset if before.file else DEFAULT),
        format_func=lambda name: PRESETS[name].title,
        key=before.key("preset"),
        horizontal=True,
    )
    st.caption(PRESETS[chosen].sentence)
    return chosen


def pick(preset: str, before: Before, task: str, rows: int) -> tuple[dict[str, JsonValue], int]:
    """The dials that differ from the preset, and the seed. Those that turn nothing for this task stay as they are.

    Args:
        rows: to learn from: the preset goes by them.
    """
    usual, saved = PRESETS[preset].for_rows(rows), before.file
    start = make_dials(preset, saved.dials, rows) if saved and saved.preset == preset else usual
    shown = [name for name in Dials.model_fields if task in ONLY_FOR.get(name, (task,))]
    turned = {name: getattr(start, name) for name in Dials.model_fields if name not in shown}
    with st.expander("Advanced", icon=":material/tune:"):
        groups = grouped(shown)
        for group, place in tabs(list(groups), key="dial-groups").items():
            with place:
                places = lines(3)
                turned |= _group(groups[group], start, before.key(f"dial-{preset}"), places)
                if group == SEED_IN:
                    seed = _seed(before, next(places))
                turned |= _switches(groups[group], start, before.key(f"dial-{preset}"))
        changed = {name: value for name, value in turned.items() if value != getattr(usual, name)}
        _say(changed, preset)
    return changed, seed


def grouped(names: Sequence[str]) -> dict[str, list[str]]:
    """Every dial in one group; those that no group names come last."""
    groups = {group: [name for name in members if name in names] for group, members in GROUPS.items()}
    rest = [name for name in names if not any(name in members for members in GROUPS.values())]
    return groups | ({OTHERS: rest} if rest else {})


def _group(names: Sequence[str], start: Dials, key: str, places: Iterator[DeltaGenerator]) -> dict[str, Any]:
    """Controls of one tab but its switches."""
    turned = {}
    for name in names:
        if not _is_switch(name):
            with next(places):
                turned[name] = _dial(name, start, key)
    return turned


def _switches(names: Sequence[str], start: Dials, key: str) -> dict[str, Any]:
    """The switches of one tab, in a line under its other controls."""
    with st.container(horizontal=True):
        return {name: _dial(name, start, key) for name in names if _is_switch(name)}


def _is_switch(name: str) -> bool:
    return Dials.model_fields[name].annotation is bool


def _seed(before: Before, place: DeltaGenerator) -> int:
    """No dial, and turned like one."""
    value = before.file.seed if before.file else 0
    return int(place.number_input("Seed", 0, 2**32 - 1, value, key=before.key("seed"), help=SEED_HELP))


def _dial(name: str, start: Dials, key: str) -> Any:
    field = copy.copy(Dials.model_fields[name])
    field.default = getattr(start, name)
    own = f"-{field.default:g}" if name in BY_ROWS else ""  # a control of its own where another table lets the preset say otherwise
    return control(f"{key}-{name}{own}", name, field, label=LABELS.get(name), empty=EMPTY.get(name))


def _say(changed: Mapping[str, JsonValue], preset: str) -> None:
    """What was turned, in whatever tab it is."""
    if not changed:
        st.caption(f"All as the preset {PRESETS[preset].title} has it.")
        return
    words = [f"{title_of(name)}: {plain(word_of(name, value))}" for name, value in changed.items()]
    st.caption(f"Other than in the preset {PRESETS[preset].title}: {'; '.join(words)}.")


def title_of(name: str) -> str:
    """What a dial is called on the pages."""
    return LABELS.get(name) or label_of(name)


def in_form_words(text: str) -> str:
    """A message with the dials by what the form calls them; what the command line calls them stands behind, in brackets."""
    return _FIELDS.sub(lambda found: f"{title_of(found['name'] or found['set'])} ({found[0]})", text)


def word_of(name: str, value: JsonValue | tuple[str, ...]) -> str:
    """A dial's value in words."""
    if value is None or value in ((), []):
        return EMPTY.get(name, "none").lower()
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
