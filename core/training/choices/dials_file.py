"""The settings of a fine-tune as a file: what one table was tuned with, for the next one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from core.errors import BadInput, LimitReached
from core.schema import Dials, Split
from core.schema.training import Problem
from core.settings import Settings
from core.training.choices.presets import DEFAULT, nearest, preset, turned
from core.training.choices.spec_making import make_dials

A_FILE = "a file with the settings of a fine-tune"
WRITE_ONE = "Save one on the page Fine-tune and change that."


class Saved(BaseModel):
    """What a file of settings holds. The table, its columns and the model are none of it.

    Args:
        preset: from which the dials were turned; what a file leaves out is as this one has it.
        options: of the task, such as a prompt template; :func:`make_spec` checks them, as only the task knows them.
        seed: of the split, the head and the order of the rows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    preset: str = DEFAULT
    dials: Dials = Field(default_factory=lambda: preset(DEFAULT).dials)
    split: Split = Split()
    problem: Problem = "auto"
    separator: str = Field("", max_length=100)
    options: dict[str, JsonValue] = {}
    seed: int = Field(0, ge=0, lt=2**32)

    @classmethod
    def of_preset(cls, name: str) -> Saved:
        """A preset as it is.

        Raises:
            BadInput: there is none of this name.
        """
        return cls(preset=name, dials=preset(name).dials)

    @property
    def turned(self) -> dict[str, Any]:
        """The dials that differ from the preset."""
        return turned(self.dials, self.preset)


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
    dials = make_dials(named if isinstance(named, str) else repr(named), found.get("dials", {}))
    return _checked({"preset": nearest(dials), **found, "dials": dials})


def _checked(found: dict[str, Any]) -> Saved:
    try:
        return Saved.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise BadInput(f"{A_FILE}: {', '.join(Saved.model_fields)}", f"{name[:80]!r}", "Take it out, or correct its name.") from None
        raise BadInput(A_FILE, f"{name[:80]}: {first['msg']}", "Correct the value in the file.") from None
