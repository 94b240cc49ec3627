"""The job: a table's labels, learned by an adapter that appears in every list of models."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import models, tasks
from core.errors import Conflict, SheetformerError
from core.files import write_json
from core.inference.devices import device_for
from core.inference.loading import agree_on_padding
from core.inference.precision import has_bf16
from core.inference.run import set_threads
from core.models.safety import CONFIG
from core.runs import Outcome, RunContext, append_event, check_unchanged
from core.schema import FinetuneSpec, ModelReference, Role
from core.schema.specs import VALIDATION
from core.settings import Settings
from core.tasks.encoding import encode_texts
from core.training.batches import plan_batches
from core.training.card import write_card
from core.training.data import Data, read_data
from core.training.examples import Examples
from core.training.measuring import measure
from core.training.saving import save_adapter

ADAPTER = "adapter"  # the folder in the run that keeps what it made


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
    context.report("reading", 0, spec.rows_to_do)
    files = models.resolve(settings, spec.model, context.run.owner())
    if files.revision != spec.revision:
        raise Conflict(f"{spec.model} at revision {spec.revision[:12]}", f"revision {files.revision[:12]}", "Start a new run.")
    checked_by = context.run.table_path(VALIDATION) if spec.validation else None
    data = read_data(settings, spec, context.run.input_path, checked_by)
    context.report("loading", 0, spec.rows_to_do)
    trained = train(context, spec, files, data)
    if trained is None:
        return "stopped"
    save_adapter(trained.model, files, context.run.path / ADAPTER)
    name = keep(context, spec)
    if trained.stopped:
        return "stopped"
    summary = finish(context, spec, data, trained, name, seconds=time.perf_counter() - began)
    write_card(context.run.path / ADAPTER, spec, files, data.labels.names, data.labels.problem, summary)
    keep(context, spec)
    write_json(context.run.summary_path, summary)  # where it stands, the run is complete
    shutil.rmtree(context.run.checkpoints, ignore_errors=True)
    return "done"


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
    from core.training.scale import scale_of
    from core.training.trainer import AdapterTrainer, Patience, arguments, newest_checkpoint
    from core.training.watching import Watch

    settings, dials, task = context.settings, spec.dials, tasks.get(spec.task)
    device, bf16 = kept_choice(context, spec)
    tokenizer = models.load_tokenizer(files)
    set_seed(spec.seed)
    model = with_adapter(files, task.auto_class_for((spec.task,)), data.labels.names, data.labels.problem, dials)
    agree_on_padding(tokenizer, model.get_base_model())
    if device == "cpu":
        use_cheap_dropout(model)
    scale = scale_of(data.labels.targets[data.train], model) if data.labels.problem == "regression" else None
    targets = scale.inward(data.labels.targets) if scale else data.labels.targets
    learn, check = (examples(spec, files, tokenizer, model, data, targets, places) for places in (data.train, data.validation))
    batches = plan_batches(learn.lengths, rows=dials.batch_rows, epochs=dials.epochs, seed=spec.seed)
    if dials.max_steps:
        batches = batches[: dials.max_steps * dials.accumulation]
    steps = -(-len(batches) // dials.accumulation)
    watch = Watch(
        context,
        rows=np.array([len(batch) for batch in batches]),
        tokens=np.array([learn.lengths[batch].sum() for batch in batches]),
        epochs=len(batches) / -(-len(learn) // dials.batch_rows),
        accumulation=dials.accumulation,
    )
    how = arguments(dials, context.run.checkpoints, steps=steps, bf16=bf16, device=device, seed=spec.seed)
    trainer = AdapterTrainer(
        model=model,
        args=how,
        examples=learn,
        validation=check,
        batches=batches,
        problem=data.labels.problem,
        dials=dials,
        token_budget=settings.token_budget,
        callbacks=[watch, *([Patience(dials.patience, bool(how.greater_is_better))] if dials.patience else [])],
    )
    checkpoint = newest_checkpoint(context.run.checkpoints)
    if context.stop_requested():
        return None
    append_event(context.run, "training", steps=steps, resumed_from=checkpoint.name if checkpoint else None)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if scale:
        scale.fold_into(model)
    return Trained(model, sum(each.numel() for each in model.parameters() if each.requires_grad), watch.stopped)


def kept_choice(context: RunContext, spec: FinetuneSpec) -> tuple[str, bool]:
    """Device and whether bf16 is used: chosen by the first attempt and kept by all later ones."""
    kept = context.run.choices()
    if "device" not in kept:
        device = device_for(context.settings, spec.dials.precision)
        bf16 = spec.dials.precision == "bf16" or (spec.dials.precision == "auto" and has_bf16(device))
        kept = {**kept, "device": device, "precision": {"precision": "bf16" if bf16 else "fp32"}}
        write_json(context.run.choices_path, kept)
    return kept["device"], kept["precision"]["precision"] == "bf16"


def examples(
    spec: FinetuneSpec, files: models.ModelFiles, tokenizer: Any, model: Any, data: Data, targets: np.ndarray, places: np.ndarray
) -> Examples:
    """Some rows, tokenised, with what of the ``targets`` of all rows is theirs."""
    import inspect

    base = model.get_base_model()
    accepted = frozenset(inspect.signature(base.forward).parameters)
    limit = min(spec.dials.max_length, models.length_limit(files.max_length, tokenizer, base.config))
    cells = data.rows.some(places)
    encoded = encode_texts(tokenizer, cells[Role.TEXT], cells.get(Role.TEXT_PAIR), max_length=limit, accepted=accepted)
    return Examples(encoded, targets[places], accepted=accepted)


def keep(context: RunContext, spec: FinetuneSpec) -> str:
    """Puts the adapter on the shelf of its workspace and gives its name there.

    What this run left there before is replaced; where another run has taken the name meanwhile, a free one is found.
    """
    settings, owner, folder = context.settings, context.run.owner(), context.run.path / ADAPTER
    labels = json.loads((folder / CONFIG).read_bytes())["id2label"]
    facts = models.AdapterFacts(
        task=spec.task,
        base=spec.model,
        base_revision=spec.revision,
        run=context.run.id,
        created=time.time(),
        labels=[labels[str(place)] for place in range(len(labels))],
    )
    models.write_facts(folder, facts)
    own = [name for name in models.adapter_names(settings, owner) if maker_of(settings, owner, name) == context.run.id]
    name = own[0] if own else models.free_name(settings, owner, spec.name)
    models.put_adapter(settings, owner, name, folder, replace=bool(own))
    return name


def maker_of(settings: Settings, owner: str, name: str) -> str | None:
    """The run that made an adapter; ``None`` where its folder does not say."""
    folder = models.own_adapter_folder(settings, owner, ModelReference.parse(f"adapter:{name}"))
    try:
        return models.adapter_facts(settings, folder).run
    except SheetformerError:
        return None


def finish(context: RunContext, spec: FinetuneSpec, data: Data, trained: Trained, name: str, *, seconds: float) -> dict[str, Any]:
    """Figures on the validation rows, by the adapter's files as the shelf has them; the summary of CLI.md."""
    run, settings = context.run, context.settings
    context.report("measuring", spec.rows_to_do, spec.rows_to_do)
    files = models.resolve(settings, f"adapter:{name}", run.owner())
    truth = [data.rows.labels[place] for place in data.validation]
    metrics = measure(settings, spec, files, data.rows.some(data.validation), truth)
    write_json(run.metrics_path, metrics)
    summary = {
        "run": run.id,
        "adapter": f"adapter:{name}",
        "trainable_parameters": trained.trainable,
        "train_rows": len(data.train),
        "validation_rows": len(data.validation),
        "seconds": round(seconds, 3),
        "precision": run.choices()["precision"]["precision"],
        "metrics": metrics.get("metrics", {}),
        "finished": time.time(),
    }
    append_event(run, "finished", seconds=summary["seconds"])
    return summary
