"""What fine-tunes of models that write share: rows, check list, loss per token, figures."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from core import models, tasks
from core.models import ModelFiles
from core.schema import FinetuneSpec, Role
from core.settings import Settings
from core.tasks import Ragged, TaskModel
from core.training.checks import Finding, blank
from core.training.loop.examples import IGNORED, Examples
from core.training.objectives.base import Judge, Objective
from core.training.rows import Rows
from core.training.splitting.same_texts import together
from core.training.targets.checks import check_cut, check_targets

TARGET = "target"
LOGITS_BYTES = 512_000_000
"""Of a batch that is measured: the scores of every token of the vocabulary, at each place."""


@dataclass(frozen=True, eq=False)
class Writing(Objective):
    """The user's own texts, token by token, behind what the model reads. The model keeps the head it has.

    Args:
        task: Hub name.
        options: of the task, as its own type.
        max_length: tokens to which the rows are cut, as the dial has it.
        max_target_length: tokens to which the texts to be written are cut.
        seed: of the rows that are drawn.
        cached: the model's own ``use_cache``, once a training has begun.

    Attributes:
        head: what the model has to be made for.
        reads_targets: whether the examples hold the targets themselves.
    """

    task: str = ""
    options: Any = None
    max_length: int = 256
    max_target_length: int = 128
    seed: int = 0
    cached: bool | None = None
    head: ClassVar[str]
    reads_targets: ClassVar[bool] = False
    new_head = False
    quality = "1 / perplexity: the probability of the right tokens, on the geometric average"

    @classmethod
    def read(cls, settings: Settings, spec: FinetuneSpec, rows: Rows) -> Self:
        options, dials = tasks.get(spec.task).Options.model_validate(spec.options), spec.dials
        lengths = {"max_length": dials.max_length, "max_target_length": dials.max_target_length}
        return cls(rows, task=spec.task, options=options, seed=spec.seed, **lengths)

    @classmethod
    def suits(cls, files: ModelFiles) -> bool:
        return cls.head in files.tasks

    @property
    def summary(self) -> str:
        return "texts of the author's own"

    @property
    def has_targets(self) -> bool:
        """Whether a column says what to write; otherwise what the model reads is learned itself."""
        return Role.TARGET in self.rows.truth

    def sources(self) -> list[str]:
        """What the model reads of each row, in one text."""
        return [" ".join(filter(None, cells)) for cells in zip(*self._columns(), strict=True)]

    def _columns(self) -> list[list[str]]:
        return [cells for name, cells in self.rows.cells.items() if name != Role.TARGET]

    def usable(self) -> np.ndarray:
        filled = ~blank(self.sources())
        return np.flatnonzero(filled & ~blank(self.rows.truth[Role.TARGET]) if self.has_targets else filled)

    def same(self) -> np.ndarray:
        return together(*self._columns())

    def findings(self, train: np.ndarray, validation: np.ndarray) -> list[Finding]:
        targets = self.rows.truth.get(Role.TARGET)
        return check_targets(self.sources(), targets, self.same(), train, validation)

    def truth(self, places: np.ndarray) -> dict[Role, list[str | None]]:
        return self.rows.answers(places)

    def begin(self, network: Any, train: np.ndarray) -> Objective:
        models.note_params(network.config, self.task, self.noted())
        cached = getattr(network.config, "use_cache", None)
        network.config.use_cache = False  # keys and values for later steps, which a training never takes
        return replace(self, cached=cached)

    def end(self, network: Any) -> None:
        if self.cached is not None:
            network.config.use_cache = self.cached

    def noted(self) -> dict[str, Any]:
        """What the adapter has to know when it answers later, for the config's ``task_specific_params``."""
        return {}

    def says(self) -> list[str]:
        return [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in self.noted().items() if isinstance(value, str)]

    def cut(self, examples: Examples, places: np.ndarray) -> list[Finding]:
        """Rows of which tokens are lost."""
        lost: Mapping[str, np.ndarray] = examples.extra["lost"]
        written = int((examples.labels.flat != IGNORED).sum()) if isinstance(examples.labels, Ragged) else 0
        read = int(examples.lengths.sum()) - (written if self.reads_targets else 0)
        found = [check_cut(noun, tokens, written if noun == TARGET else read, places) for noun, tokens in lost.items()]
        return [each for each in found if each]

    def loss(self, outputs: Any, labels: Any, *, weights: Any = None, smoothing: float = 0.0) -> Any:
        from core.training.targets.loss import token_loss

        return token_loss(*self.aligned(outputs.logits, labels), smoothing=smoothing)

    def aligned(self, logits: Any, labels: Any) -> tuple[Any, Any]:
        """Logits and labels so that those of one place belong together."""
        return logits, labels

    def judge(self, examples: Examples) -> Judge:
        return TokenJudge(self, examples)

    def scored(self, settings: Settings, places: np.ndarray) -> np.ndarray:
        """At most ``finetune_texts`` rows: to write a text takes many times as long as to read one."""
        if not self.has_targets:
            return places[:0]
        most = settings.finetune_texts
        return places if len(places) <= most else np.sort(np.random.default_rng(self.seed).choice(places, most, replace=False))

    def figures(self, settings: Settings, model: Callable[[], TaskModel], before: Callable[[], Any], places: np.ndarray) -> dict[str, Any]:
        from core.training.targets.perplexity import perplexities

        tuned = model()
        examples = self.examples(replace(tuned, max_length=min(self.max_length, tuned.max_length)), places)
        networks = {"perplexity": lambda: tuned.network, "perplexity_before": before}
        notes = [each.what for each in self.cut(examples, places)]
        written = len(self.scored(settings, places))
        if 0 < written < len(places):
            notes.append(f"Texts were written for {written:,} of the {len(places):,} validation rows, drawn by chance (finetune_texts).")
        return {"metrics": perplexities(self.judge, examples, networks, settings.token_budget, self.seed), "notes": notes}


class TokenJudge(Judge):
    """Keeps a sum for each example, never its logits.

    Attributes:
        surprisal: minus the log-probability of the example's tokens, float64 ``[examples]``.
        tokens: how many these are, int64 ``[examples]``.
    """

    def __init__(self, objective: Writing, examples: Examples) -> None:
        self.objective = objective
        self.surprisal = np.zeros(len(examples))
        self.tokens = np.zeros(len(examples), np.int64)

    def add(self, items: np.ndarray, outputs: Any, labels: Any) -> None:
        from core.training.targets.loss import surprisal_of

        self.surprisal[items], self.tokens[items] = surprisal_of(*self.objective.aligned(outputs.logits, labels))

    def figures(self) -> tuple[float, float]:
        loss = float(self.surprisal.sum() / max(int(self.tokens.sum()), 1))
        return loss, float(np.exp(-loss)) if np.isfinite(loss) else -np.inf


def most_tokens(network: Any) -> int:
    """Tokens of a batch that is only measured: as many as have room for the logits of the whole vocabulary."""
    return max(1, LOGITS_BYTES // (4 * int(network.get_output_embeddings().weight.shape[0])))


def ending_token(model: TaskModel) -> int | None:
    """The token by which the model ends its texts; ``None`` where it has none."""
    own = model.network.generation_config.eos_token_id
    ends = own if isinstance(own, list) else [own]
    known = [token for token in ends if token is not None]
    if model.tokenizer.eos_token_id in known or not known:
        return model.tokenizer.eos_token_id
    return int(known[0])
