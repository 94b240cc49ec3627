"""The training itself: to its end, or to a stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core import models
from core.errors import Conflict
from core.files import write_json
from core.inference.devices import device_for, is_here
from core.inference.precision import has_bf16
from core.runs import RunContext, append_event
from core.schema import FinetuneSpec
from core.training.data import Data
from core.training.loop.checkpoints import kept_on_a_full_disk, newest_checkpoint
from core.training.loop.preparing import Prepared, prepare


@dataclass(frozen=True)
class Trained:
    """A model after its training.

    Args:
        initial: the adapter's first matrices, where these had changed the base; else empty.
        stopped: it ended before its time because the user asked.
    """

    model: Any
    trainable: int
    initial: dict[str, Any]
    stopped: bool


def train(context: RunContext, spec: FinetuneSpec, files: models.ModelFiles, data: Data) -> Trained | None:
    """Trains to the end of the plan, or to a stop; the weights are those of the best checkpoint.

    Returns:
        ``None`` where it was stopped before anything was measured: what it has learned by then is no best of anything.

    Raises:
        NotFound: the best checkpoint of an attempt before is not there.
        LimitReached: weights or steps do not fit into memory.
        BadInput: the model cannot learn this.
        CannotWrite: the disk is full; checkpoints that were written stay.
    """
    from core.training.loop.network import initial_matrices
    from core.training.loop.patience import Patience
    from core.training.loop.probing import check_step

    device, bf16 = kept_choice(context, spec)
    ready = prepare(context.settings, spec, files, data, device)
    for found in ready.objective.cut(ready.examples, data.train):
        append_event(context.run, "cut", note=found.what, rows=found.count)
    initial = initial_matrices(ready.model) if spec.dials.init != "default" else {}
    patience = Patience(spec.dials.patience, spec.dials.metric != "loss") if spec.dials.patience else None
    trainer, watch = trainer_of(context, spec, ready, patience, bf16=bf16, device=device)
    checkpoint = newest_checkpoint(context.run.checkpoints)
    if context.stop_requested():
        return None
    steps = -(-len(ready.batches) // spec.dials.accumulation)
    append_event(context.run, "training", steps=steps, resumed_from=checkpoint.name if checkpoint else None)
    if checkpoint:
        with kept_on_a_full_disk(context):
            trainer.catch_up(checkpoint)
    if checkpoint and (trainer.cut or (patience and trainer.ended(checkpoint, patience))):
        trainer.take_best(checkpoint)
    else:
        check_step(ready, device=device, bf16=bf16)
        with kept_on_a_full_disk(context):
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    stopped = watch.stopped or trainer.cut
    if stopped and not trainer.measured:
        return None
    ready.objective.end(ready.model)
    return Trained(ready.model, ready.trainable, initial, stopped)


def trainer_of(context: RunContext, spec: FinetuneSpec, ready: Prepared, patience: Any, *, bf16: bool, device: str) -> tuple[Any, Any]:
    """The trainer, and the callback that watches it."""
    from core.training.loop.giving_back import GiveBack
    from core.training.loop.reporting import reporters
    from core.training.loop.trainer import AdapterTrainer, arguments
    from core.training.loop.watching import Watch

    dials, batches, examples = spec.dials, ready.batches, ready.examples
    watch = Watch(
        context,
        rows=np.array([len(batch) for batch in batches]),
        tokens=np.array([examples.lengths[batch].sum() for batch in batches]),
        epochs=sum(map(len, batches)) / len(examples),
        accumulation=dials.accumulation,
    )
    steps = -(-len(batches) // dials.accumulation)
    how = arguments(dials, context.run.checkpoints, steps=steps, bf16=bf16, device=device, seed=spec.seed, name=context.name)
    trainer = AdapterTrainer(
        model=ready.model,
        args=how,
        examples=examples,
        validation=ready.validation,
        batches=batches,
        objective=ready.objective,
        dials=dials,
        token_budget=context.settings.token_budget,
        stop_requested=context.stop_requested,
        callbacks=[watch, GiveBack(), *([patience] if patience else []), *reporters(context)],
    )
    return trainer, watch


def kept_choice(context: RunContext, spec: FinetuneSpec) -> tuple[str, bool]:
    """Device and whether bf16 is used: chosen by the first attempt and kept by all later ones.

    Raises:
        Conflict: the training began on a GPU, and there is none here.
    """
    kept = context.run.choices()
    if "device" in kept and not is_here(kept["device"]):
        raise Conflict(f"{kept['device']}, on which the training began", "none here", "Start a new one.")
    if "device" not in kept:
        device = device_for(context.settings, spec.dials.precision)
        bf16 = uses_bf16(spec, device)
        kept = {**kept, "device": device, "precision": {"precision": "bf16" if bf16 else "fp32"}}
        write_json(context.run.choices_path, kept)
    return kept["device"], kept["precision"]["precision"] == "bf16"


def uses_bf16(spec: FinetuneSpec, device: str) -> bool:
    """Whether a new training multiplies in bf16."""
    return spec.dials.precision == "bf16" or (spec.dials.precision == "auto" and has_bf16(device))
