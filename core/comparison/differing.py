"""What two or more runs were told differently."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.comparison.best_trial import spec_of
from core.runs import RunFolder
from core.schema import Spec

NO_SETTING = frozenset({"kind", "out"})
TABLES = ("table", "validation")
SHORT = 12  # characters of a hash


def differing(runs: Sequence[RunFolder]) -> dict[str, list[Any]]:
    """Each setting that is not the same in all runs, with its value in each; ``None`` where a run does not have it.

    Parts of a setting have a dot before them (``dials.rank``). Of a table its content counts, not its name.
    """
    flat = [{**settings_of(spec_of(run)), **_chosen(run)} for run in runs]
    names = dict.fromkeys(name for settings in flat for name in settings)
    values = {name: [settings.get(name) for settings in flat] for name in names}
    return {name: given for name, given in values.items() if any(value != given[0] for value in given)}


def settings_of(spec: Spec) -> dict[str, Any]:
    """A spec as one flat object of plain values."""
    facts = spec.model_dump(mode="json", exclude=set(NO_SETTING))
    if "revision" in facts:
        facts["revision"] = facts["revision"][:SHORT]
    for name in TABLES:
        table = facts.get(name)
        if table:  # the hash says whether two tables are the same, whatever they are called
            facts[name] = {"content": table["id"][:SHORT], "rows": table["rows"]}
    return _flat(facts, "")


def _flat(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {name: value}
    found: dict[str, Any] = {}
    for key, item in value.items():
        found |= _flat(item, f"{name}.{key}" if name else str(key))
    return found


def _chosen(run: RunFolder) -> dict[str, Any]:
    """What a run chose where its spec said ``auto``."""
    summary = run.summary()
    return {f"chosen.{name}": summary[name] for name in ("precision", "backend") if summary.get(name)}
