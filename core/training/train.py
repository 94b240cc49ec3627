"""The training itself: model, examples, plan, Trainer; to its end, or to a stop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core import models, tasks
from core.errors import Conflict
from core.files import write_json
from core.inference.devices import device_for, is_here
from core.inference.loading import ready
from core.inference.memory import check_fits
from core.inference.precision import has_bf16
from core.runs import RunContext, append_event
from core.schema import FinetuneSpec
from core.tasks import TaskModel
from core.training.batches import batches_per_epoch, plan_batches
from core.training.data import Data


@dataclass(frozen=True)
class Trained:
    """A model after its training. ``stopped`` where it ended before its time because the user asked."""

    model: Any
    trainable: int
    stopped: bool


def train(context: RunContext, spec: FinetuneSpec, files: models.ModelFiles, data: Data) -> Trained | None:
    """Trains to the end of the plan, or to a stop; the weights are those of the best checkpoint. ``None`` where no step was made."""
    from transformers import set_seed

    from core.training.dropout import use_cheap_dropout
    from core.training.network import with_adapter
    from core.training.trainer import AdapterTrainer, Patience, arguments, newest_checkpoint
    from core.training.watching import Watch

    settings, dials, task = context.settings, spec.dials, tasks.get(spec.task)
    device, bf16 = kept_choice(context, spec)
    check_fits(settings, files, "fp32", device)
    tokenizer = models.load_tokenizer(files)
    set_seed(spec.seed)
    model = with_adapter(files, task.auto_class_for((spec.task,)), data.objective, dials)
    if device == "cpu":
        use_cheap_dropout(model)
    base = task_model(spec, files, tokenizer, model.get_base_model())
    objective = data.objective.begin(model, data.train)
    learn, check = (objective.examples(base, places) for places in (data.train, data.validation))
    how_cut = {"rows": dials.batch_rows, "equal_lengths": learn.equal_lengths}
    most = dials.max_steps * dials.accumulation if dials.max_steps else None
    batches = plan_batches(learn.lengths, epochs=dials.epochs, seed=spec.seed, most=most, **how_cut)
    steps = -(-len(batches) // dials.accumulation)
    watch = Watch(
        context,
        rows=np.array([len(batch) for batch in batches]),
        tokens=np.array([learn.lengths[batch].sum() for batch in batches]),
        epochs=len(batches) / batches_per_epoch(learn.lengths, **how_cut),
        accumulation=dials.accumulation,
    )
    patience = Patience(dials.patience, dials.metric != "loss") if dials.patience else None
    how = arguments(dials, context.run.checkpoints, steps=steps, bf16=bf16, device=device, seed=spec.seed)
    trainer = AdapterTrainer(
        model=model,
        args=how,
        examples=learn,
        validation=check,
        batches=batches,
        objective=objective,
        dials=dials,
        token_budget=settings.token_budget,
        callbacks=[watch, *([patience] if patience else [])],
    )
    checkpoint = newest_checkpoint(context.run.checkpoints)
    if context.stop_requested():
        return None
    append_event(context.run, "training", steps=steps, resumed_from=checkpoint.name if checkpoint else None)
    if checkpoint and patience and trainer.ended(checkpoint, patience):
        trainer.take_best(checkpoint)
    else:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    objective.end(model)
    return Trained(model, sum(each.numel() for each in model.parameters() if each.requires_grad), watch.stopped)


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
        bf16 = spec.dials.precision == "bf16" or (spec.dials.precision == "auto" and has_bf16(device))
        kept = {**kept, "device": device, "precision": {"precision": "bf16" if bf16 else "fp32"}}
        write_json(context.run.choices_path, kept)
    return kept["device"], kept["precision"]["precision"] == "bf16"


def task_model(spec: FinetuneSpec, files: models.ModelFiles, tokenizer: Any, network: Any) -> TaskModel:
    """The base as its task reads it, with texts cut where the dials say."""
    task = tasks.get(spec.task)
    options = task.Options.model_validate(spec.options)
    model = ready(task, options, files, tokenizer, network, seed=spec.seed, given=spec.roles)
    task.check(model)
    return replace(model, max_length=min(spec.dials.max_length, model.max_length))
