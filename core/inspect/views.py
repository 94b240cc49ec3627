"""The views by name, as pages and the command line ask for them.

A view is a function ``(settings, loaded, look, **arguments)`` that gives a pydantic model. It computes in fp32 on the model as it was
loaded, leaves the model as it found it, and names its limits in :mod:`core.settings`.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from core.errors import BadInput
from core.inference.loading import Loaded
from core.inspect import answers, causal, entities, labels, lens, masks, own_labels, similarity, steps
from core.inspect.attribution import attribution, attribution_targets
from core.schema import LookSpec
from core.settings import Settings

View = Callable[..., BaseModel]

VIEWS: MappingProxyType[str, View] = MappingProxyType(
    {
        "answers": answers.answers,
        "branch": causal.branch,
        "entities": entities.entities,
        "labels": labels.labels,
        "lens": lens.lens,
        "masks": masks.masks,
        "own_labels": own_labels.own_labels,
        "similarity": similarity.similarity,
        "steps": steps.steps,
        "surprisal": causal.surprisal,
        "attribution": attribution,
        "attribution_targets": attribution_targets,
    }
)
"""View name to function ``(settings, loaded, look, **arguments)``."""


def show(settings: Settings, view: str, loaded: Loaded, look: LookSpec, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
    """The numbers of a view as JSON values.

    Raises:
        BadInput: there is no such view.
    """
    if view not in VIEWS:
        raise BadInput(f"one of the views {', '.join(VIEWS)}", repr(view[:60]), "Report this: it is a mistake of the page.")
    return VIEWS[view](settings, loaded, look, **(arguments or {})).model_dump(mode="json")
