"""The job: a table's labels, learned by an adapter that appears in every list of models."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core import models
from core.errors import BadInput, Conflict, SheetformerError
from core.files import saving, write_json
from core.inference.fetching import fetch_first
from core.inference.run import set_threads
from core.models.shelf import Shelf
from core.runs import Outcome, RunContext, RunFolder, append_event, check_unchanged
from core.schema import FinetuneSpec
from core.schema.specs import VALIDATION
from core.settings import Settings
from core.training.data import Data, read_data
from core.training.loop.history import best_of, read_history
from core.training.loop.train import Trained, train
from core.training.outcome.card import write_card
from core.training.outcome.final_figures import final_figures
from core.training.outcome.on_off import compare_with_base
from core.training.outcome.saving import save_adapter, save_whole
from core.training.outcome.shelves import free_name, shelf_of
from core.training.refusing import refuse_what_stops

MADE = "adapter"  # the folder in the run that keeps what it made


def run(context: RunContext) -> Outcome:
    """Tunes an adapter, or goes on with it where its last checkpoint is.

    Raises:
        Conflict: input, spec or model are not what the run was started with.
        BadInput: the labels cannot be learned from; the message says why.
    """
    began = time.perf_counter()
    check_unchanged(context.run)
    spec, settings = context.run.spec(), context.settings
    set_threads(settings.threads)
    if not fetch_first(context, spec.model):
        return "stopped"
    files = base_files(context, spec)
    data = data_of(context, spec)
    context.report("loading", 0, spec.rows_to_do)
    trained = train(context, spec, files, data)
    if trained is None:
        return "stopped"
    check_finite(trained.model)
    with saving(settings.home):
        save(spec, trained, files, context.run.path / MADE)
    if trained.stopped or context.stop_requested():  # measuring would hear no stop: it is left to the attempt that goes on
        keep(context, spec, data.objective.names)
        return "stopped"
    complete(context, spec, files, data, trained.trainable, seconds=time.perf_counter() - began)
    shutil.rmtree(context.run.checkpoints, ignore_errors=True)
    return "done"


def base_files(context: RunContext, spec: FinetuneSpec) -> models.ModelFiles:
    """Files of the model that is tuned.

    Raises:
        Conflict: they are not those that the spec names.
    """
    files = models.resolve(context.settings, spec.model, context.run.owner())
    if files.revision != spec.revision:
        raise Conflict(f"{spec.model} at revision {spec.revision[:12]}", f"revision {files.revision[:12]}", "Start a new run.")
    return files


def data_of(context: RunContext, spec: FinetuneSpec) -> Data:
    """What is learned, from the tables in the run's folder; the run notes what kind of problem it is.

    Raises:
        BadInput: nothing can be learned from it.
    """
    context.report("reading", 0, context.run.spec().rows_to_do)
    checked_by = context.run.table_path(VALIDATION) if spec.validation else None
    data = read_data(context.settings, spec, context.run.input_path, checked_by)
    refuse_what_stops(data.findings())
    write_json(context.run.choices_path, {**context.run.choices(), "problem": data.objective.problem})  # says what the quality is
    return data


def complete(
    context: RunContext, spec: FinetuneSpec, files: models.ModelFiles, data: Data, trainable: int, *, seconds: float, **more: Any
) -> None:
    """Puts what lies in ``MADE`` on its shelf and writes figures, card and summary: with the last one the run is complete.

    Args:
        trainable: parameters that were trained.
        seconds: that the training took.
        more: for the summary.
    """
    reference = keep(context, spec, data.objective.names)
    summary = finish(context, spec, files, data, trainable, reference, seconds=seconds) | more
    write_card(context.run.path / MADE, spec, files, data.objective, summary)
    keep(context, spec, data.objective.names)
    write_json(context.run.summary_path, summary)


def save(spec: FinetuneSpec, trained: Trained, files: models.ModelFiles, folder: Path) -> None:
    """Writes what was made."""
    if spec.dials.method == "lora":
        save_adapter(trained.model, files, folder, trained.initial)
    else:
        save_whole(trained.model, files, folder)


def keep(context: RunContext, spec: FinetuneSpec, labels: Sequence[str]) -> str:
    """Puts what was made on its shelf in the workspace and gives its reference, which the run notes.

    What this run left there before is replaced; where another run has taken the name meanwhile, a free one is found.
    """
    settings, run, owner = context.settings, context.run, context.run.owner()
    folder, shelf = run.path / MADE, shelf_of(spec)
    facts = models.AdapterFacts(
        task=spec.task, base=spec.model, base_revision=spec.revision, run=run.id, created=time.time(), labels=list(labels)
    )
    models.write_facts(folder, facts)
    name = own_name(settings, run, shelf)
    if name is None:
        name = put_anew(settings, spec, owner, folder)
    else:
        shelf.put(settings, owner, name, folder, replace=True)
    reference = f"{shelf.kind}:{name}"
    write_json(run.choices_path, {**run.choices(), "adapter": reference})
    return reference


def own_name(settings: Settings, run: RunFolder, shelf: Shelf) -> str | None:
    """The name of what this run has left on the shelf. One that was killed before it could note the name finds it by its own id."""
    owner, noted = run.owner(), run.choices().get("adapter", "").partition(":")[2]
    names = shelf.names(settings, owner)
    asked = [name for name in names if name == noted] if noted else names
    return next((name for name in asked if is_from(settings, run, shelf, name)), None)


def put_anew(settings: Settings, spec: FinetuneSpec, owner: str, folder: Path) -> str:
    """Puts a folder on the shelf under a free name, which is given. One that is taken while files are copied is none any more."""
    name = free_name(settings, spec, owner)
    while True:
        try:
            shelf_of(spec).put(settings, owner, name, folder, replace=False)
            return name
        except Conflict:
            taken, name = name, free_name(settings, spec, owner)
            if name == taken:
                raise


def is_from(settings: Settings, run: RunFolder, shelf: Shelf, name: str) -> bool:
    """Whether a run made what lies on a shelf; a version with another temperature, which says the same, is not to be replaced."""
    try:
        facts = models.adapter_facts(settings, shelf.get(settings, run.owner(), name))
    except SheetformerError:
        return False
    return facts.run == run.id and not facts.version_of


def finish(
    context: RunContext, spec: FinetuneSpec, files: models.ModelFiles, data: Data, trainable: int, reference: str, *, seconds: float
) -> dict[str, Any]:
    """Figures on the validation rows, by the adapter's files as the shelf has them; the summary of CLI.md."""
    run, settings = context.run, context.settings
    rows = run.spec().rows_to_do
    context.report("measuring", rows, rows)
    made = models.resolve(settings, reference, run.owner())
    metrics = final_figures(settings, spec, files, made, data.objective, data.validation, keep=run.path)
    write_json(run.metrics_path, metrics)
    summary = {
        "run": run.id,
        "adapter": reference,
        "trainable_parameters": trainable,
        "train_rows": len(data.train),
        "validation_rows": len(data.validation),
        "seconds": round(seconds, 3),
        "precision": run.choices()["precision"]["precision"],
        "best": best_of(read_history(run), spec.dials.metric),
        "metrics": metrics.get("metrics", {}),
        "on_off": compare_with_base(context, spec, data.objective),
        "finished": time.time(),
    }
    append_event(run, "finished", seconds=summary["seconds"])
    return summary


def check_finite(model: Any) -> None:
    """Raises BadInput where the training has run off: its weights are no numbers, and nobody should choose them."""
    import torch

    if not all(bool(torch.isfinite(each).all()) for each in model.parameters() if each.requires_grad):
        raise BadInput(
            "a training whose loss stays a number", "weights that are NaN or infinite", "Lower learning_rate, and start a new one."
        )
