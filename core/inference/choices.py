"""What a run keeps from its first attempt on: precision, backend, device; and the labels of its model."""

from __future__ import annotations

from dataclasses import asdict

from core.errors import Conflict
from core.files import write_json
from core.inference import devices
from core.inference.backends import is_here
from core.inference.loading import CPU, TORCH
from core.inference.precision import Choice
from core.runs import RunFolder
from core.settings import Settings
from core.tasks import Task, TaskModel


def stored_choice(run: RunFolder) -> Choice | None:
    """What an earlier attempt chose: a run never changes its precision nor its backend.

    Raises:
        Conflict: it chose a backend or a device that is not here: rows of two kinds would stand in one result.
    """
    kept = run.choices()
    if "precision" not in kept:
        return None
    backend, device = kept.get("backend", TORCH), kept.get("device", CPU)
    if not devices.is_here(device) or not is_here(backend):
        raise Conflict(f"{backend} on {device}, with which the run began", f"{TORCH} on {CPU}", "Start a new run.")
    return Choice(**{**kept["precision"], "backend": backend})


def device_of(settings: Settings, run: RunFolder) -> str:
    """Where a run computes: where it began, or for its first attempt what the settings and this machine offer."""
    kept = run.choices()
    return kept.get("device", CPU) if "precision" in kept else devices.device_for(settings, run.spec().precision)


def store_choice(run: RunFolder, choice: Choice, device: str) -> None:
    write_json(run.choices_path, {**run.choices(), "precision": asdict(choice), "backend": choice.backend, "device": device})


def note_model(run: RunFolder, task: Task, model: TaskModel) -> None:
    """Notes what the predictions can be, for whoever filters or colours them: column names do not tell labels apart."""
    write_json(run.choices_path, {**run.choices(), "labels": list(model.labels), "problem": model.problem, "counted": task.counted})
