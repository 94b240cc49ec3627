"""question-answering: where in a context the answer to a question begins and ends."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from core import tasks
from core.errors import BadInput
from core.metrics.answers import answer_f1
from core.models import LONGEST_ANSWER
from core.schema import FinetuneSpec, Role
from core.settings import Settings
from core.tasks import TaskModel
from core.tasks.question_answering import LONGEST, USUAL_LONGEST
from core.tasks.spans.windows import items_of
from core.training.answers.checks import check_answers
from core.training.answers.column import Answers, read_all
from core.training.answers.windows import drawn, marks, only
from core.training.checks import Finding
from core.training.loop.examples import Examples, trained_apart
from core.training.objectives.base import Judge, Objective
from core.training.rows import Rows
from core.training.splitting.same_texts import together

NAME = "question-answering"
COVERED = 0.99  # part of the answers learned that the longest answer to be given later holds


@dataclass(frozen=True, eq=False)
class QuestionAnswering(Objective):
    """Logits of each token to be the first and the last of the answer.

    Args:
        answers: what the answer column says.
        options: of the task.
        settings: how many windows and rows are looked at.
        seed: of what is drawn by chance.
        trained: rows that are learned from, once they are known.
    """

    answers: Answers = field(default_factory=lambda: Answers([], []))
    options: Any = None
    settings: Settings = field(default_factory=Settings)
    seed: int = 0
    trained: np.ndarray | None = None
    peft_task = "QUESTION_ANS"
    quality = "token F1 of the answers, on the average of the rows"

    @classmethod
    def read(cls, settings: Settings, spec: FinetuneSpec, rows: Rows) -> Self:
        options = tasks.get(NAME).Options.model_validate(spec.options)
        answers = read_all(rows.truth[Role.ANSWER], rows.cells[Role.CONTEXT], blank_is_none=options.handle_no_answer)
        return cls(rows, answers=answers, options=options, settings=settings, seed=spec.seed)

    @property
    def outputs(self) -> int:
        return 2

    @property
    def summary(self) -> str:
        return "answers found in a text"

    @property
    def questions(self) -> list[str]:
        """The question of each row."""
        asked = self.rows.cells.get(Role.QUESTION, [""] * len(self.rows))
        return [question if question.strip() else self.options.question_text for question in asked]

    def usable(self) -> np.ndarray:
        texts = zip(self.rows.cells[Role.CONTEXT], self.questions, strict=True)
        read = np.array([bool(context.strip() and question.strip()) for context, question in texts], bool)
        return np.flatnonzero(read & (self.answers.found | self.answers.empty))

    def same(self) -> np.ndarray:
        """Rows with one context are on one side, whatever is asked: an answer would be known from another question."""
        ids = together(self.rows.cells[Role.CONTEXT])
        if len(np.unique(ids[self.usable()])) > 1:
            return ids
        return together(self.rows.cells[Role.CONTEXT], self.questions)

    def findings(self, train: np.ndarray, validation: np.ndarray) -> list[Finding]:
        return check_answers(
            self.answers,
            self.rows.cells[Role.CONTEXT],
            self.questions,
            train=train,
            validation=validation,
            says_none=self.options.handle_no_answer,
        )

    def truth(self, places: np.ndarray) -> dict[Role, list[str | None]]:
        return self.rows.answers(places)

    def begin(self, network: Any, train: np.ndarray) -> QuestionAnswering:
        return replace(self, trained=train)

    def examples(self, model: TaskModel, places: np.ndarray) -> Examples:
        """Windows of some rows. Of those to be learned from, a long context gives not all of its windows without the answer.

        Notes in the model's config how long answers may be, so that a later run finds long ones too.

        Raises:
            BadInput: the tokenizer cannot tell where a token stands.
        """
        encoded = tasks.get(NAME).encode(model, self.rows.some(places))
        if encoded.refused:
            raise BadInput("a tokenizer that points into the text", "one that cannot", next(iter(encoded.refused.values())))
        answers = [self.answers.places[place] for place in places]
        labels, held = marks(encoded, answers)
        if self.trained is not None and np.array_equal(places, self.trained):
            setattr(model.network.config, LONGEST_ANSWER, self.options.max_answer_length or longest(held))
            encoded = only(encoded, drawn(encoded.row, held, self.settings.max_empty_windows, self.seed))
            labels, _ = marks(encoded, answers)
        extra = {"model": model, "places": places}
        return Examples(encoded, labels, accepted=model.accepted, equal_lengths=trained_apart(model, encoded), extra=extra)

    def loss(self, outputs: Any, labels: Any, *, weights: Any = None, smoothing: float = 0.0) -> Any:
        from core.training.answers.loss import losses_of

        return losses_of(outputs, labels, smoothing).mean()

    def judge(self, examples: Examples) -> Judge:
        given = [self.answers.given[place] or () for place in examples.extra["places"]]
        return AnswerJudge(examples, given, most=self.settings.max_judged_answers, seed=self.seed)


class AnswerJudge(Judge):
    """Reads out the answers of some rows as a run does.

    Args:
        given: the right answers of each row of the examples.
        most: rows whose answers are read out; the loss is that of all windows.
        seed: decides which.
    """

    def __init__(self, examples: Examples, given: list[tuple[str, ...]], *, most: int, seed: int) -> None:
        self.examples, self.given = examples, given
        rows = examples.encoded.rows
        self.rows = np.sort(np.random.default_rng(seed).permutation(rows)[:most])
        self.kept: dict[int, np.ndarray | None] = {item: None for items in items_of(examples.encoded, self.rows) for item in items}
        self.loss, self.finite = 0.0, True

    def add(self, items: np.ndarray, outputs: Any, labels: Any) -> None:
        import torch

        from core.training.answers.loss import losses_of

        self.loss += float(losses_of(outputs, labels).sum())
        sides = torch.stack([outputs.start_logits, outputs.end_logits], 1).float().cpu().numpy()
        lengths = self.examples.lengths[items]
        for item, logits, length in zip(items.tolist(), sides, lengths.tolist(), strict=True):
            self.finite &= bool(np.isfinite(logits[:, :length]).all())
            if item in self.kept:
                self.kept[item] = logits[:, :length].copy()

    def figures(self) -> tuple[float, float]:
        loss = self.loss / max(len(self.examples), 1)
        if not self.finite:
            return loss, -np.inf
        model, encoded = self.examples.extra["model"], self.examples.encoded
        model = replace(model, options=model.options.model_copy(update={"n_best": 1}))
        outputs = [[self.kept[item] for item in items] for items in items_of(encoded, self.rows)]
        said = tasks.get(NAME).decode(model, outputs, self.rows, encoded)["prediction"].to_pylist()
        return loss, float(np.mean([answer_f1(text, self.given[row]) for row, text in zip(self.rows, said, strict=True)]))


def longest(held: np.ndarray) -> int:
    """Tokens that ``COVERED`` of the longest answers of the windows do not exceed."""
    lengths = held[held > 0]
    return int(np.clip(np.quantile(lengths, COVERED), 1, LONGEST)) if len(lengths) else USUAL_LONGEST
