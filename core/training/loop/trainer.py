"""transformers' Trainer with our plan of batches, the objective's loss, and validation over examples of like length."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader
from transformers import PrinterCallback, Trainer, TrainerState, TrainingArguments
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from core.errors import NotFound
from core.files import replacing
from core.inference.plan import cut_batches
from core.schema import Dials
from core.training.loop.averaging import Average
from core.training.loop.checkpoints import STATE, whole_checkpoints
from core.training.loop.examples import Examples
from core.training.loop.patience import Patience
from core.training.loop.quality import rank
from core.training.objectives import Objective

KEPT_CHECKPOINTS = 2
RANK = "rank"
LOG_SHARE = 100  # a training logs about so many times


class Cut(Exception):
    """An evaluation was cut short by a stop: it says nothing."""


class AdapterTrainer(Trainer):
    """Trains an adapter.

    Args:
        examples: to learn from.
        validation: to measure with.
        batches: places of the training examples, batch by batch; all epochs are one to the Trainer.
        token_budget: padded tokens of a batch of validation examples.
        stop_requested: asked between the batches of an evaluation.

    Attributes:
        cut: whether an evaluation was cut short, and the training ended with it.
    """

    loss_is_scaled_for_ga = False

    def __init__(
        self,
        *,
        examples: Examples,
        validation: Examples,
        batches: list[np.ndarray],
        objective: Objective,
        dials: Dials,
        token_budget: int,
        stop_requested: Callable[[], bool] = lambda: False,
        **more: Any,
    ):
        super().__init__(train_dataset=examples, eval_dataset=validation, data_collator=examples.batch, **more)
        self.remove_callback(PrinterCallback)  # the history says it
        self.batches, self.objective, self.dials, self.token_budget = batches, objective, dials, token_budget
        self.stop_requested, self.cut = stop_requested, False
        weights = objective.weights(examples) if dials.class_weights else None
        self.weights = None if weights is None else torch.from_numpy(weights).to(self.args.device)
        self.average = Average(dials.averaging) if dials.averaging else None
        if self.average:
            self.add_callback(self.average)

    def get_train_dataloader(self) -> DataLoader:
        loader = DataLoader(self.train_dataset, batch_sampler=self.batches, collate_fn=self.data_collator)
        return self.accelerator.prepare(loader)

    def create_optimizer(self, model: Any = None) -> Any:
        """The Trainer's own, or with LoRA+ one whose B matrices learn faster (https://huggingface.co/papers/2402.12354)."""
        if self.dials.loraplus_ratio == 1 or self.dials.method == "full" or self.optimizer is not None:
            return super().create_optimizer(model)
        from peft.optimizers import create_loraplus_optimizer

        kind, more = self.get_optimizer_cls_and_kwargs(self.args, self.model)
        self.optimizer = create_loraplus_optimizer(
            self.model, kind, loraplus_lr_ratio=self.dials.loraplus_ratio, loraplus_weight_decay=self.dials.weight_decay, **more
        )
        return self.optimizer

    def compute_loss(self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None) -> Any:
        labels = inputs.pop("labels")
        outputs = model(**inputs)
        loss = self.objective.loss(outputs, labels, weights=self.weights, smoothing=self.dials.label_smoothing)
        return (loss, outputs) if return_outputs else loss

    def evaluate(self, *args: Any, **more: Any) -> dict[str, float]:
        """Loss and quality of the validation examples; the generators of random numbers are left as they were.

        Nothing of one that is cut short: the training ends with a checkpoint that says so, see :meth:`catch_up`.
        """
        try:
            loss, quality = self.judged(self.eval_dataset)
        except Cut:
            self.cut, self.control.should_evaluate = True, False
            self.control.should_training_stop = self.control.should_save = True
            return {}
        metrics = {"eval_loss": loss, "eval_quality": quality, f"eval_{RANK}": rank(quality, loss)}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def catch_up(self, checkpoint: Path) -> None:
        """Makes the state of a checkpoint what it would be had no stop cut its evaluation short, and had its run not been moved.

        Raises:
            NotFound: the best checkpoint is not there.
        """
        self.state = TrainerState.load_from_json(str(checkpoint / STATE))
        if self.state.best_global_step:
            self.state.best_model_checkpoint = str(self._best_checkpoint())
        if self._owes():
            self._load_from_checkpoint(str(checkpoint))
            with self.accelerator.autocast():  # as in a training, which wraps the model in it
                metrics = self.evaluate()
            if self._determine_best_metric(metrics, None):
                self.state.best_model_checkpoint = str(checkpoint)
        with replacing(checkpoint / STATE) as temporary:
            self.state.save_to_json(str(temporary))

    def _best_checkpoint(self) -> Path:
        """The folder of the best checkpoint. The state has the path that it had when it was written: the data may have been moved."""
        folder = Path(self.args.output_dir)
        best = folder / f"{PREFIX_CHECKPOINT_DIR}-{self.state.best_global_step}"
        if best not in (path for _, path in whole_checkpoints(folder)):
            raise NotFound(f"the best checkpoint of the training, {best.name}", "none of this name", "Delete the job and start a new one.")
        return best

    def _owes(self) -> bool:
        """Whether the present step is to be evaluated and has not been."""
        step = self.state.global_step
        done = any(entry.get("step") == step and "eval_loss" in entry for entry in self.state.log_history)
        return not done and (step % self.args.eval_steps == 0 or step == self.state.max_steps)

    @property
    def measured(self) -> bool:
        """Whether a checkpoint is known to be the best so far."""
        return self.state.best_model_checkpoint is not None

    def ended(self, checkpoint: Path, patience: Patience) -> bool:
        """Whether a training ended early at this checkpoint: to go on from there would be to go too far."""
        return patience.used_up(self.args, TrainerState.load_from_json(str(checkpoint / STATE)))

    def take_best(self, checkpoint: Path) -> None:
        """Puts the weights of the best checkpoint into the model, as the end of a training does; where none is the best, of this one."""
        self.state = TrainerState.load_from_json(str(checkpoint / STATE))
        if self.measured:
            self._load_best_model()
        else:
            self._load_from_checkpoint(str(checkpoint))

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
        """A checkpoint has the weights to go on from, and their average beside them."""
        super()._save(output_dir, state_dict)
        if self.average:
            self.average.save(Path(output_dir or self.args.output_dir))

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        super()._load_from_checkpoint(resume_from_checkpoint, model)
        if self.average:
            self.average.load(Path(resume_from_checkpoint), self.model)

    def _determine_best_metric(self, metrics: dict[str, float], trial: Any) -> bool:
        """Whether a checkpoint is the best so far; one whose evaluation was cut short has no figures, and is not."""
        return bool(metrics) and super()._determine_best_metric(metrics, trial)

    def _load_best_model(self) -> None:
        super()._load_best_model()
        if self.average:
            self.average.load(Path(self.state.best_model_checkpoint), self.model)
            self.average.put(self.model)

    def judged(self, examples: Examples) -> tuple[float, float]:
        """Loss and quality on some examples, without dropout; of the average where there is one.

        Raises:
            Cut: a stop was asked for meanwhile.
        """
        model, judge = self.model.eval(), self.objective.judge(examples)
        shown = self.average.shown(model) if self.average else nullcontext()
        with shown, torch.inference_mode(), self.compute_loss_context_manager():
            budget = min(self.token_budget, examples.most_tokens)
            for items in cut_batches(examples.costs, budget, equal_lengths=examples.equal_lengths):
                if self.stop_requested():
                    raise Cut
                inputs = self._prepare_inputs(examples.batch(items))
                labels = inputs.pop("labels")
                judge.add(items, model(**inputs), labels)
        model.train()
        return judge.figures()


def arguments(dials: Dials, folder: Path, *, steps: int, bf16: bool, device: str, seed: int, name: str | None = None) -> TrainingArguments:
    """transformers' arguments for these dials.

    Args:
        folder: for checkpoints.
        steps: of the optimiser in the whole training.
        name: of the training, for trackers.
    """
    every = max(1, -(-steps // dials.evaluations))
    return TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=1,  # the plan holds all epochs
        per_device_train_batch_size=dials.batch_rows,
        gradient_accumulation_steps=dials.accumulation,
        learning_rate=dials.learning_rate,
        lr_scheduler_type=dials.schedule if dials.schedule != "constant" else "constant_with_warmup",
        warmup_steps=dials.warmup,
        weight_decay=dials.weight_decay,
        bf16=bf16,
        use_cpu=device == "cpu",
        seed=seed,
        eval_strategy="steps",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=KEPT_CHECKPOINTS,
        load_best_model_at_end=True,
        metric_for_best_model="loss" if dials.metric == "loss" else RANK,
        greater_is_better=dials.metric != "loss",
        logging_steps=max(1, steps // LOG_SHARE),
        logging_nan_inf_filter=False,  # a loss that is no number must be seen
        report_to="none",  # see core.training.loop.reporting
        run_name=name,
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=device != "cpu",
    )
