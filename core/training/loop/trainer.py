"""transformers' Trainer with our plan of batches, the objective's loss, and validation over examples of like length."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainerState, TrainingArguments

from core.inference.plan import cut_batches
from core.schema import Dials
from core.training.loop.averaging import Average
from core.training.loop.examples import Examples
from core.training.loop.quality import rank
from core.training.objectives import Objective

KEPT_CHECKPOINTS = 2
STATE = "trainer_state.json"
RANK = "rank"
LOG_SHARE = 100  # a training logs about so many times


class AdapterTrainer(Trainer):
    """Trains an adapter.

    Args:
        examples: to learn from.
        validation: to measure with.
        batches: places of the training examples, batch by batch; all epochs are one to the Trainer.
        token_budget: padded tokens of a batch of validation examples.
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
        **more: Any,
    ):
        super().__init__(train_dataset=examples, eval_dataset=validation, data_collator=examples.batch, **more)
        self.remove_callback(PrinterCallback)  # the history says it
        self.batches, self.objective, self.dials, self.token_budget = batches, objective, dials, token_budget
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
        """Loss and quality of the validation examples; the generators of random numbers are left as they were."""
        loss, quality = self.judged(self.eval_dataset)
        metrics = {"eval_loss": loss, "eval_quality": quality, f"eval_{RANK}": rank(quality, loss)}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def ended(self, checkpoint: Path, patience: Patience) -> bool:
        """Whether a training ended early at this checkpoint: to go on from there would be to go too far."""
        return patience.used_up(self.args, TrainerState.load_from_json(str(checkpoint / STATE)))

    def take_best(self, checkpoint: Path) -> None:
        """Puts the weights of the best checkpoint into the model, as the end of a training does."""
        self.state = TrainerState.load_from_json(str(checkpoint / STATE))
        self._load_best_model()

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
        """A checkpoint has the weights to go on from, and their average beside them."""
        super()._save(output_dir, state_dict)
        if self.average:
            self.average.save(Path(output_dir or self.args.output_dir))

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        super()._load_from_checkpoint(resume_from_checkpoint, model)
        if self.average:
            self.average.load(Path(resume_from_checkpoint), self.model)

    def _load_best_model(self) -> None:
        super()._load_best_model()
        if self.average:
            self.average.load(Path(self.state.best_model_checkpoint), self.model)
            self.average.put(self.model)

    def judged(self, examples: Examples) -> tuple[float, float]:
        """Loss and quality on some examples, without dropout; of the average where there is one."""
        model, judge = self.model.eval(), self.objective.judge(examples)
        shown = self.average.shown(model) if self.average else nullcontext()
        with shown, torch.inference_mode(), self.compute_loss_context_manager():
            budget = min(self.token_budget, examples.most_tokens)
            for items in cut_batches(examples.costs, budget, equal_lengths=examples.equal_lengths):
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


def newest_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end."""
    return max(whole_checkpoints(folder), default=(0, None))[1]


def whole_checkpoints(folder: Path) -> list[tuple[int, Path]]:
    """Steps and folders of the checkpoints that were written to their end: the state is written last and must be readable."""
    import json

    found = []
    for state in folder.glob(f"checkpoint-*/{STATE}"):
        try:
            found.append((int(json.loads(state.read_bytes())["global_step"]), state.parent))
        except (ValueError, KeyError, TypeError):
            continue
    return found


class Patience(TrainerCallback):
    """Ends a training after so many evaluations without a better one. Counted anew from the state, so a resume goes on."""

    def used_up(self, args: Any, state: Any) -> bool:
        """Whether the evaluations so far are enough."""
        name = f"eval_{args.metric_for_best_model}"
        values = [entry[name] for entry in state.log_history if name in entry]
        best = int(np.argmax(values) if self.greater else np.argmin(values)) if values else 0
        return len(values) - 1 - best >= self.patience

    def __init__(self, patience: int, greater_is_better: bool) -> None:
        self.patience, self.greater = patience, greater_is_better

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: dict[str, float], **others: Any) -> None:
        if self.used_up(args, state):
            control.should_training_stop = True
