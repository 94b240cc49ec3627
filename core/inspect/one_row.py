"""One row as its task reads it: tokens ready for the model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.errors import BadInput
from core.inference.loading import Loaded
from core.schema import LookSpec
from core.settings import Settings
from core.tasks import Encoded


def one_row(settings: Settings, loaded: Loaded, look: LookSpec) -> tuple[Encoded, dict[str, np.ndarray]]:
    """The row's tokens, cut to what the model and ``settings.max_scored_tokens`` allow, and the model's arguments ``[1, tokens]``.

    Raises:
        BadInput: the task refuses the row.
    """
    model = replace(loaded.model, max_length=min(loaded.model.max_length, settings.max_scored_tokens))
    encoded = loaded.task.encode(model, {name: [cell] for name, cell in look.cells.items()})
    if encoded.refused:
        raise BadInput("a text that the task can read", encoded.refused[0], "Change the text.")
    inputs = encoded.batch(np.array([0]), left=loaded.task.pads_left)
    return encoded, {name: values for name, values in inputs.items() if not model.accepted or name in model.accepted}
