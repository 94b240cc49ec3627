"""What pydantic refused, for messages of ours: it says where in several parts, and puts words of its own before ours."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

BEFORE_OURS = "Value error, "


@dataclass(frozen=True)
class Refusal:
    """A value that a model did not take.

    Args:
        field: of the model; empty where it is the values together.
        place: of the value, in the field too, such as ``labels.0``; empty as ``field``.
        why: as a sentence without its stop.
        ours: a validator of this project said so.
        unknown: there is no such field.
    """

    field: str
    place: str
    why: str
    ours: bool
    unknown: bool

    def __str__(self) -> str:
        return f"{self.place}: {self.why}" if self.place else self.why


def first_refusal(error: ValidationError) -> Refusal:
    """What was wrong first (https://docs.pydantic.dev/latest/errors/errors/)."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    parts, said = [str(part) for part in first["loc"]], first["msg"]
    return Refusal(
        field=parts[0] if parts else "",
        place=".".join(parts),
        why=said.removeprefix(BEFORE_OURS),
        ours=said.startswith(BEFORE_OURS),
        unknown=first["type"] == "extra_forbidden",
    )
