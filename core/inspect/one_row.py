"""One row as its task reads it: tokens ready for the model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.inference.loading import Loaded
from core.inspect import row
from core.schema import LookSpec
from core.settings import Settings
from core.tasks import Encoded


def one_row(settings: Settings, loaded: Loaded, look: LookSpec) -> tuple[Encoded, dict[str, np.ndarray]]:
    """The row's tokens, cut to what the model and ``settings.max_scored_tokens`` allow, and the model's arguments ``[1, tokens]``.

    Raises:
        BadInput, LimitReached: as :func:`core.inspect.row.encode`.
    """
    model = replace(loaded.model, max_length=min(loaded.model.max_length, settings.max_scored_tokens))
    encoded = row.encode(settings, replace(loaded, model=model), [look.cells])
    inputs = encoded.batch(np.array([0]), left=loaded.task.pads_left)
    return encoded, {name: values for name, values in inputs.items() if not model.accepted or name in model.accepted}
