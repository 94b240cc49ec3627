"""Answers that are stretches of a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.inspect.attribution.reading import Reading, read
from core.inspect.attribution.scalars import Batch, Scalar
from core.inspect.attribution.subjects.base import LOGIT, Asked, Subject, Target
from core.schema import Role
from core.tasks.question_answering import longest_answer
from core.tasks.spans.windows import NOWHERE

NO_ANSWER = "no answer"


@dataclass(frozen=True)
class SpanScalar(Scalar):
    """The start logit of an answer's first token and the end logit of its last one, added up."""

    first: int = 0
    last: int = 0

    def of(self, network: Any, batch: Batch) -> Any:
        output = network(**batch.inputs)
        starts, ends = output.start_logits.float(), output.end_logits.float()
        return starts[batch.every, batch.at(self.first)] + ends[batch.every, batch.at(self.last)]


class Answers(Subject):
    """The logit of an answer, in the window of the context in which it is likeliest; question and context can both be hidden."""

    tasks = ("question-answering",)

    def targets(self) -> list[Target]:
        outputs = [self.loaded.task.forward(self.model, self.batch(item))[0] for item in range(len(self.encoded.row))]
        spans = sorted((span for item, logits in enumerate(outputs) for span in self._spans(item, logits)), reverse=True)
        found: dict[tuple[int, int], Target] = {}
        for logit, item, first, last in spans:
            start, end = int(self.encoded.extra["start"][item][first]), int(self.encoded.extra["end"][item][last])
            text = self.encoded.extra["contexts"][0][start:end].strip()
            if text and (start, end) not in found:
                found[start, end] = Target(id=f"{item}.{first}.{last}", title=f"“{text}”", scalars=(LOGIT,), value=logit)
        best = list(found.values())[: self.model.options.n_best]
        null = int(self.encoded.extra["null"][0])
        nothing = Target(id=f"0.{null}.{null}", title=NO_ANSWER, scalars=(LOGIT,), value=float(outputs[0][:, null].sum()))
        refuses = self.model.options.handle_no_answer and best and nothing.value > best[0].value + self.model.options.no_answer_threshold
        return [nothing, *best] if refuses or not best else [*best, nothing]

    def ask(self, target: Target, scalar: str) -> Asked:
        item, first, last = (int(part) for part in target.id.split("."))
        words = f"{scalar} of {target.title} (start and end)"
        return Asked(self._reading(item), SpanScalar(words, anchors=frozenset({first, last}), first=first, last=last))

    def _spans(self, item: int, logits: np.ndarray) -> list[tuple[float, int, int, int]]:
        """The likeliest spans of a window: logit, item, first and last token."""
        inside = np.flatnonzero(self.encoded.extra["start"][item] != NOWHERE)
        if not len(inside):
            return []
        starts, ends = logits[0, inside].astype(np.float64), logits[1, inside].astype(np.float64)
        length = np.arange(len(inside))[None, :] - np.arange(len(inside))[:, None]
        sums = np.where((length >= 0) & (length < longest_answer(self.model)), starts[:, None] + ends[None, :], -np.inf)
        order = np.argsort(-sums, axis=None, kind="stable")[: 4 * self.model.options.n_best]
        pairs = (np.unravel_index(place, sums.shape) for place in order if sums.flat[place] > -np.inf)
        return [(float(sums[first, last]), item, int(inside[first]), int(inside[last])) for first, last in pairs]

    def _reading(self, item: int) -> Reading:
        """The window with the places of the question's tokens beside those of the context's, which the task knows."""
        question = (self.look.cells.get(Role.QUESTION, "").strip() and self.look.cells[Role.QUESTION]) or self.model.options.question_text
        context, extra = self.encoded.extra["contexts"][0], self.encoded.extra
        names = (str(Role.QUESTION), str(Role.CONTEXT))
        if len(self.encoded.row) == 1:
            order = [(names[0], question), (names[1], context)]
            order = order if self.tokenizer.padding_side == "right" else order[::-1]
            whole = read(self.tokenizer, self.encoded, 0, order)
            if whole.placed:
                return whole
        inputs = {name: values[item].astype(np.int64) for name, values in self.encoded.inputs.items()}
        start, end = extra["start"][item].astype(np.int64), extra["end"][item].astype(np.int64)
        asked = self.tokenizer(question, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        place = _found(inputs["input_ids"], asked["input_ids"])
        cells = np.where(start != NOWHERE, names[1], "").astype(object)
        if place is not None:
            stretch = slice(place, place + len(asked["input_ids"]))
            offsets = np.array(asked["offset_mapping"], np.int64).reshape(-1, 2)
            start[stretch], end[stretch], cells[stretch] = offsets[:, 0], offsets[:, 1], names[0]
        return Reading(inputs, {names[0]: question, names[1]: context}, tuple(cells), start, end, int(self.encoded.lost[0]))


def _found(ids: np.ndarray, part: list[int]) -> int | None:
    """Where a run of tokens begins among others; ``None`` where it is cut or not there."""
    places = (place for place in range(len(ids) - len(part) + 1) if ids[place : place + len(part)].tolist() == part)
    return next(places, None) if part else None
