"""The temperature of a result, saved as a new version of the adapter that made it."""

from __future__ import annotations

from typing import NamedTuple

from core import models
from core.errors import BadInput
from core.evaluation.results import EvaluationSpec, Temperature
from core.models import Calibrated
from core.runs import RunFolder
from core.schema import PredictSpec, finetune_of
from core.settings import Settings

TASK = "text-classification"
LEARNED = "The model has learned from these very rows: on others it is less often right, so their temperature is not saved."


class Made(NamedTuple):
    """What a result was made by: an adapter as it stood then, or as this fine-tune or search left it."""

    reference: str
    revision: str
    run: str
    applied: bool


def adapter_behind(run: RunFolder) -> Made | None:
    """The adapter behind a result; ``None`` where no temperature can be saved with it, or none would be applied."""
    spec = run.spec()
    scored, one = isinstance(spec, PredictSpec), spec if isinstance(spec, PredictSpec) else finetune_of(spec)
    if one is None or one.task != TASK:
        return None
    reference = one.model if scored else str(run.choices().get("adapter", ""))
    if not reference or not models.can_be_calibrated(reference):
        return None
    applied = one.options.get("temperature") != "off"
    return Made(reference, one.revision if scored else "", "" if scored else run.id, applied)


def save_temperature(settings: Settings, owner: str, run: RunFolder, spec: EvaluationSpec, fitted: Temperature) -> str:
    """Puts a new version of the adapter on the shelf, with this temperature. Returns its reference.

    Raises:
        BadInput: the result is no adapter's, or its model has learned from these rows.
        Conflict: the adapter has changed since.
        CannotWrite: the data folder cannot be written.
    """
    made = adapter_behind(run)
    if made is None:
        raise BadInput("a result of an adapter that sorts texts", f"run {run.id}", "Tune an adapter, and score a table with it.")
    if spec.out_of_sample is False:
        raise BadInput("rows that the model has not learned from", "its own training table", LEARNED)
    found = Calibrated(fitted.value, made.applied, fitted.sentence, made.revision, made.run)
    return models.save_calibrated(settings, owner, made.reference, found)
