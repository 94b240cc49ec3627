"""What makes a comparison say less than it seems to."""

from __future__ import annotations

from collections.abc import Sequence

from core.evaluation.learned import learned_from
from core.runs import RunFolder
from core.schema import PredictSpec
from core.settings import Settings


def caveats(settings: Settings, runs: Sequence[RunFolder]) -> list[str]:
    """Sentences on models that were tuned on rows of the very table that they were measured on."""
    said = []
    for run in runs:
        spec = run.spec()
        if isinstance(spec, PredictSpec) and spec.table.id in (learned_from(settings, run.owner(), spec.model) or ()):
            said.append(f"{spec.model} was tuned on rows of {spec.table.name}: it has seen their labels, so its figures on it flatter.")
    return list(dict.fromkeys(said))
