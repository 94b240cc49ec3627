"""Everything that stands before the first step of a training: model, examples and the plan of batches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core import models, tasks
from core.inference.loading import ready
from core.inference.memory import check_fits
from core.schema import Dials, FinetuneSpec
from core.settings import Settings
from core.tasks import TaskModel
from core.training.data import Data
from core.training.loop.batches import plan_batches
from core.training.loop.examples import Examples
from core.training.objectives import Objective


@dataclass(frozen=True)
class Prepared:
    """A training before its first step.

    Args:
        model: what is trained, in fp32.
        objective: as this model learns it.
        examples: to learn from.
        validation: to measure with.
        batches: places of the examples, batch by batch, for all epochs.
    """

    model: Any
    objective: Objective
    examples: Examples
    validation: Examples
    batches: list[np.ndarray]

    @property
    def trainable(self) -> int:
        """How many parameters are trained."""
        return sum(each.numel() for each in self.model.parameters() if each.requires_grad)


def prepare(settings: Settings, spec: FinetuneSpec, files: models.ModelFiles, data: Data, device: str) -> Prepared:
    """Loads the model, gives it what is trained, tokenises the rows and plans the batches. The same spec gives the same.

    Raises:
        LimitReached: the weights do not fit into memory; nothing of them was read.
        BadInput: the model cannot learn this.
    """
    from transformers import set_seed

    from core.training.loop.dropout import use_cheap_dropout
    from core.training.loop.network import base_model, start_at, trainable_model

    check_fits(settings, files, "fp32", device)
    tokenizer = models.load_tokenizer(files)
    set_seed(spec.seed)
    model = trainable_model(files, tasks.get(spec.task).auto_class_for((spec.task,)), data.objective, spec.dials, device)
    if device == "cpu":
        use_cheap_dropout(model)
    read = task_model(spec, files, tokenizer, base_model(model))
    objective = data.objective.begin(model, data.train)
    learn, check = (objective.examples(read, places) for places in (data.train, data.validation))
    prior = objective.prior(learn, objective.weights(learn) if spec.dials.class_weights else None)
    if spec.dials.head_prior and prior is not None:
        start_at(model, prior)
    return Prepared(model, objective, learn, check, planned(spec.dials, learn, spec.seed))


def planned(dials: Dials, examples: Examples, seed: int) -> list[np.ndarray]:
    """The batches of the whole training."""
    return plan_batches(
        examples.lengths,
        epochs=dials.epochs,
        seed=seed,
        rows=dials.batch_rows,
        tokens=dials.batch_tokens,
        most=dials.max_steps * dials.accumulation if dials.max_steps else None,
        equal_lengths=examples.equal_lengths,
    )


def task_model(spec: FinetuneSpec, files: models.ModelFiles, tokenizer: Any, network: Any) -> TaskModel:
    """The base as its task reads it, with texts cut where the dials say."""
    task = tasks.get(spec.task)
    options = task.Options.model_validate(spec.options)
    model = ready(task, options, files, tokenizer, network, seed=spec.seed, given=spec.roles)
    task.check(model)
    return replace(model, max_length=min(spec.dials.max_length, model.max_length))
