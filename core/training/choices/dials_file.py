"""The settings of a fine-tune as a file: what one table was tuned with, for the next one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from core.errors import BadInput, LimitReached
from core.refusal import first_refusal
from core.schema import Split
from core.schema.training import Problem
from core.settings import Settings
from core.training.choices.presets import BY_ROWS, DEFAULT, nearest, preset
from core.training.choices.spec_making import turn

A_FILE = "a file with the settings of a fine-tune"
WRITE_ONE = "Save one on the page Fine-tune and change that."


class Saved(BaseModel):
    """What a file of settings holds. The table, its columns and the model are none of it.

    Args:
        preset: from which the dials were turned.
        dials: that were turned, as JSON values; what is left out is as the preset has it for the rows of the next table.
        options: of the task, such as a prompt template; :func:`make_spec` checks them, as only the task knows them.
        seed: of the split, the head and the order of the rows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    preset: str = DEFAULT
    dials: dict[str, JsonValue] = {}
    split: Split = Split()
    problem: Problem = "auto"
    separator: str = Field("", max_length=100)
    options: dict[str, JsonValue] = {}
    seed: int = Field(0, ge=0, lt=2**32)

    @classmethod
    def of(cls, preset_name: str, dials: Mapping[str, Any] = MappingProxyType({}), **others: Any) -> Saved:
        """A preset with some dials turned.

        Raises:
            BadInput: no such preset or dial, or a value that it cannot take.
        """
        return cls(preset=preset_name, dials=checked_dials(preset_name, dials), **others)


def write_saved(saved: Saved) -> bytes:
    """The file, as JSON that people can read and change; equal settings give equal bytes."""
    return json.dumps(saved.model_dump(mode="json"), indent=2, ensure_ascii=False).encode() + b"\n"


def read_saved_file(settings: Settings, path: Path) -> Saved:
    """As :func:`read_saved`, from a file.

    Raises:
        BadInput, LimitReached: as there; or the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return read_saved(settings, file.read(settings.max_dials_kb * 1_000 + 1))
    except OSError as error:
        raise BadInput(A_FILE, f"{path.name}: {error.strerror}", "Check the path.") from error


def read_saved(settings: Settings, content: bytes) -> Saved:
    """Checks what a file of settings holds. Without ``preset``, the one from which the fewest of its dials differ is named.

    Raises:
        BadInput: no JSON object, a setting or a dial that nobody knows, or a value that it cannot take.
        LimitReached: larger than ``max_dials_kb``.
    """
    if len(content) > settings.max_dials_kb * 1_000:
        raise LimitReached(f"{A_FILE} of at most {settings.max_dials_kb} kB (max_dials_kb)", "a larger one", WRITE_ONE)
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadInput(A_FILE, "something that is no JSON", WRITE_ONE) from error
    if not isinstance(found, dict) or not isinstance(found.get("dials", {}), dict):
        raise BadInput(f"{A_FILE}: a JSON object with its dials by name", "another kind of JSON", WRITE_ONE)
    named = found.get("preset", DEFAULT)
    given = found.get("dials", {})
    dials = checked_dials(named if isinstance(named, str) else repr(named), given)
    if "preset" not in found:
        found["preset"] = nearest(turn(preset(DEFAULT).dials, dials), 0)
    return _checked({**found, "dials": _of_their_own(dials, found["preset"])})


def checked_dials(preset_name: str, dials: Mapping[str, Any]) -> dict[str, JsonValue]:
    """These dials as JSON values.

    Raises:
        BadInput: no such preset or dial, or a value that it cannot take.
    """
    values = turn(preset(preset_name).dials, dials).model_dump(mode="json")
    return {dial: values[dial] for dial in values if dial in dials}


def _of_their_own(dials: Mapping[str, JsonValue], name: str) -> dict[str, JsonValue]:
    """Without those that say what the preset says for any number of rows."""
    usual = preset(name).dials.model_dump(mode="json")
    return {dial: value for dial, value in dials.items() if dial in BY_ROWS or value != usual[dial]}


def _checked(found: dict[str, Any]) -> Saved:
    try:
        return Saved.model_validate(found)
    except ValidationError as error:
        refusal = first_refusal(error)
        place = refusal.place[:80]
        if refusal.unknown and refusal.place == refusal.field:
            raise BadInput(f"{A_FILE}: {', '.join(Saved.model_fields)}", repr(place), "Take it out, or correct its name.") from None
        raise BadInput(A_FILE, f"{place}: {refusal.why}", "Correct the value in the file.") from None
