"""The rows that a view looks at, as the model reads them: one item at a time, so that no padding takes part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from core.errors import BadInput, LimitReached, RunFailed
from core.inference.loading import Loaded
from core.inference.plan import Window
from core.inference.score import Failure
from core.schema import LookSpec
from core.settings import Settings
from core.tasks import Encoded


def encode(settings: Settings, loaded: Loaded, rows: Sequence[Mapping[str, str]]) -> Encoded:
    """Tokenises rows as a run does.

    Args:
        rows: the cells of each row by the names of its contents; all rows have the same names.

    Raises:
        LimitReached: together they have more characters than ``max_look_characters``.
        BadInput: a row has no text, or the model cannot read it.
    """
    check_size(settings, rows)
    names = list(rows[0])
    window = Window(np.arange(len(rows)), {name: [row[name] for row in rows] for name in names})
    ((_, encoded),) = _whole(loaded, window)
    if isinstance(encoded, Failure):
        raise BadInput("a text that the model's tokenizer can read", encoded.message, "Change the text, or choose another model.")
    if encoded.refused:
        raise BadInput("a row that the model can read", next(iter(encoded.refused.values())), "Change the text or the options.")
    return encoded


def encode_one(settings: Settings, loaded: Loaded, look: LookSpec) -> tuple[Encoded, dict[str, np.ndarray]]:
    """The row of a look whose every token is scored: cut to what the model and ``settings.max_scored_tokens`` allow.

    Returns:
        Its tokens, and the model's arguments, int64 ``[1, tokens]``.

    Raises:
        BadInput, LimitReached: as :func:`encode`.
    """
    model = replace(loaded.model, max_length=min(loaded.model.max_length, settings.max_scored_tokens))
    encoded = encode(settings, replace(loaded, model=model), [look.cells])
    return encoded, inputs(loaded, encoded, 0)


def check_size(settings: Settings, rows: Sequence[Mapping[str, str]]) -> None:
    """Refuses what is blank or too long to look at.

    Raises:
        LimitReached, BadInput: as :func:`encode`.
    """
    characters = sum(len(cell) for row in rows for cell in row.values())
    if characters > settings.max_look_characters:
        raise LimitReached(
            f"at most {settings.max_look_characters:,} characters to look at (max_look_characters)",
            f"{characters:,}",
            "Look at a shorter text; batch inference reads texts of any length.",
        )
    if not rows or not all(any(cell.strip() for cell in row.values()) for row in rows):
        raise BadInput("a text to look at", "nothing", "Type one, or take a row of a table.")


def inputs(loaded: Loaded, encoded: Encoded, item: int) -> dict[str, np.ndarray]:
    """The arguments of the model for one item alone, int64 ``[1, tokens]``."""
    given, accepted = encoded.batch(np.array([item]), left=loaded.task.pads_left), loaded.model.accepted
    return {name: values for name, values in given.items() if not accepted or name in accepted}


def outputs(loaded: Loaded, encoded: Encoded) -> list[Any]:
    """What the task's ``forward`` gives for each item, computed alone.

    Raises:
        RunFailed: as :func:`finite`.
    """
    return [finite(loaded.task.forward(loaded.model, inputs(loaded, encoded, item))[0]) for item in range(len(encoded.row))]


def finite(values: np.ndarray) -> np.ndarray:
    """The same numbers.

    Raises:
        RunFailed: one of them is not finite: the weights are damaged, or the text is too much for them.
    """
    if not np.isfinite(values).all():
        raise RunFailed("finite numbers from the model", "infinity or not a number", "Try another text or model.")
    return values


def _whole(loaded: Loaded, window: Window) -> list[tuple[Window, Encoded | Failure]]:
    """The window in one piece, or the failure of its first row that cannot be tokenised."""
    parts = list(loaded.encode(window))
    failed = [part for part in parts if isinstance(part[1], Failure)]
    return failed[:1] or parts
