"""Texts that a model of encoder and decoder writes."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from core.errors import BadInput
from core.inspect.attribution.reading import read
from core.inspect.attribution.scalars import Batch, Scalar, words_cost
from core.inspect.attribution.subjects.base import LOG_PROBABILITY, Asked, Subject, Target
from core.schema import Role
from core.tasks.translation import Translation
from core.tasks.writing.languages import speaking

WHOLE, TOKEN = "whole", "token"


class Output(NamedTuple):
    """What the decoder reads, and what should follow each token of it."""

    given: tuple[int, ...]
    wanted: tuple[int, ...]


@dataclass(frozen=True)
class OutputScalar(Scalar):
    """The log-probabilities of tokens of an output, each behind all before it, added up.

    Args:
        given: tokens that the decoder reads.
        wanted: the token that should follow each of them.
        first: of the wanted ones that count.
        last: after the last one.
    """

    given: tuple[int, ...] = ()
    wanted: tuple[int, ...] = ()
    first: int = 0
    last: int = 0
    vocabulary: int = 0

    def of(self, network: Any, batch: Batch) -> Any:
        import torch

        device = batch.lengths.device
        given = torch.tensor(self.given[: self.last], device=device).expand(batch.items, -1)
        wanted = torch.tensor(self.wanted[self.first : self.last], device=device).expand(batch.items, -1)
        logits = network(**batch.inputs, decoder_input_ids=given).logits[:, self.first : self.last].float()
        return torch.log_softmax(logits, dim=-1).gather(2, wanted[..., None])[..., 0].sum(dim=1)

    def cost(self, tokens: int) -> int:
        return tokens + words_cost(self.last, self.vocabulary)


class WrittenTexts(Subject):
    """The log-probability of an output, whole or of one token: of the user's own text where there is one, else of what the model writes."""

    tasks = ("text2text-generation", "summarization", "translation")

    def targets(self) -> list[Target]:
        wanted = self._output.wanted
        text = self.tokenizer.decode(list(wanted), skip_special_tokens=True)
        title = "your own text" if self._own else "what the model writes"
        found = [Target(id=WHOLE, title=f"{title}, “{text}”", scalars=(LOG_PROBABILITY,))]
        for place, token in enumerate(wanted):
            title = f"token {place + 1}, “{self.shown(token)}”"
            found.append(Target(id=f"{TOKEN}.{place}", title=title, scalars=(LOG_PROBABILITY,)))
        return found

    def ask(self, target: Target, scalar: str) -> Asked:
        task, model = self.loaded.task, self.model
        text = task.prefix(model) + self.cell(Role.TEXT)
        with speaking(self.tokenizer, task.codes(model)[0]) if isinstance(task, Translation) else nullcontext():
            reading = read(self.tokenizer, self.encoded, 0, [(str(Role.TEXT), text)])
        given, wanted = self._output
        kind, _, number = target.id.partition(".")
        first, last = (0, len(wanted)) if kind == WHOLE else (int(number), int(number) + 1)
        words = f"{scalar} of {target.title}"
        return Asked(reading, OutputScalar(words, given=given, wanted=wanted, first=first, last=last, vocabulary=self.vocabulary()))

    @property
    def _own(self) -> str:
        return self.look.cells.get(Role.TARGET, "").strip()

    @cached_property
    def _output(self) -> Output:
        if not getattr(self.network.config, "is_encoder_decoder", False):
            raise BadInput("a model that writes", "an encoder, which chooses sentences", "Choose a model of encoder and decoder.")
        if self._own:
            wanted = self.tokenizer(text_target=self._own, truncation=True, max_length=self.model.max_length)["input_ids"]
        else:
            wanted = self.loaded.task.forward(self.model, self.batch())[0][0].ids.tolist()
        if not wanted:
            raise BadInput("a text that is written", "nothing", "Give a text of your own as the target.")
        own, config = self.network.generation_config, self.network.config
        starts = (own.decoder_start_token_id, getattr(config, "decoder_start_token_id", None), own.bos_token_id)
        start = next((int(token) for token in starts if token is not None), 0)
        wanted = tuple(int(token) for token in wanted)
        return Output((start, *wanted[:-1]), wanted)
