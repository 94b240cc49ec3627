"""How a model is named, and how a list of models shows it."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict

from core.errors import BadInput

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
REVISION = re.compile(r"[A-Za-z0-9][\w./-]{0,199}", re.ASCII)


class ModelReference(BaseModel):
    """``embedded:<name>``, ``adapter:<name>``, ``local:<name>`` or ``owner/name@revision``; never a path."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["embedded", "adapter", "local", "hub"]
    name: str
    revision: str | None = None

    @classmethod
    def parse(cls, text: str) -> ModelReference:
        """Reads a reference as users write it.

        Raises:
            BadInput: it is none of the four forms, or its name could be a path.
        """
        kind, colon, name = text.partition(":")
        if colon and kind in ("embedded", "adapter", "local") and NAME.fullmatch(name) and ".." not in name:
            return cls(kind=kind, name=name)
        name, at, revision = text.partition("@")
        plain = HUB_ID.fullmatch(name) and ".." not in text
        if plain and (not at or REVISION.fullmatch(revision)):
            return cls(kind="hub", name=name, revision=revision or None)
        raise BadInput(
            "a model such as embedded:sentiment, adapter:mine, local:mine or owner/name@revision",
            repr(text[:80]),
            "Choose one from the list of models; folders are registered by the administrator.",
        )

    def __str__(self) -> str:
        if self.kind != "hub":
            return f"{self.kind}:{self.name}"
        return f"{self.name}@{self.revision}" if self.revision else self.name


class ModelEntry(BaseModel):
    """One line of a model list. ``size_bytes`` is what a run has to load, ``None`` where nobody knows yet."""

    model_config = ConfigDict(frozen=True)

    reference: str
    title: str
    tasks: list[str]
    labels: list[str] = []
    languages: list[str] = []
    size_bytes: int | None = None
    needs_hub: bool = False
    summary: str = ""
