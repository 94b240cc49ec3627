"""What is looked at: one row, typed or picked, under one model."""

from __future__ import annotations

import hashlib

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from core.schema.roles import Role


class LookSpec(BaseModel):
    """A row's texts and the model that reads them. Whatever a view shows follows from it and from the view's own arguments."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: str
    model: str = Field(description="Model reference as text.")
    revision: str = Field(description="40-hex commit or content hash that the reference was resolved to.")
    cells: dict[str, str] = Field(description="Text by the name of its content, mostly a role; as Task.encode takes them.")
    options: dict[str, JsonValue] = Field({}, description="The task's own options; the task validates them.")
    seed: int = Field(0, ge=0, lt=2**32)

    @property
    def roles(self) -> dict[Role, str]:
        """The roles that have a text."""
        return {Role(name): name for name in self.cells if name in set(Role)}

    def fingerprint(self) -> str:
        """SHA-256 of the canonical JSON: equal specs are looked at once."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()
