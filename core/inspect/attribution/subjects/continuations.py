"""What a causal language model expects to come next, and how well it expected what came."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from core.inspect.attribution.reading import NO_CELL, Reading, read
from core.inspect.attribution.scalars import Batch, Scalar, logged, words_cost
from core.inspect.attribution.subjects.base import LOG_PROBABILITY, LOGIT, Asked, Subject, Target
from core.schema import Role
from core.tasks import Encoded
from core.tasks.encoding import encode_texts
from core.tasks.network import call
from core.tasks.spans.windows import NOWHERE
from core.tasks.text_generation import as_chat, prompts_of, uses_chat, with_start

NEXT_SHOWN = 5
NEXT, TOKEN, TEXT, TARGET = "next", "token", "text", "target"


@dataclass(frozen=True)
class NextTokenScalar(Scalar):
    """The log-probability or logit of one token behind the last one that is read."""

    token: int = 0
    log: str = "softmax"
    vocabulary: int = 0

    def of(self, network: Any, batch: Batch) -> Any:
        logits = network(**batch.inputs).logits[batch.every, batch.lengths - 1].float()
        return logged(logits, self.log)[:, self.token]

    def cost(self, tokens: int) -> int:
        return words_cost(tokens, self.vocabulary)


@dataclass(frozen=True)
class TokensScalar(Scalar):
    """The log-probabilities of several tokens, each behind all before it, added up.

    Args:
        tokens: those that are asked about: the last one comes behind the last token that is read, the one before it stands there, ...
    """

    tokens: tuple[int, ...] = ()
    vocabulary: int = 0

    def of(self, network: Any, batch: Batch) -> Any:
        import torch

        wanted = torch.tensor(self.tokens, device=batch.lengths.device)
        places = batch.lengths[:, None] - len(self.tokens) + torch.arange(len(self.tokens), device=batch.lengths.device)
        logits = network(**batch.inputs).logits[batch.every[:, None], places].float()
        return torch.log_softmax(logits, dim=-1).gather(2, wanted.expand(batch.items, -1)[..., None])[..., 0].sum(dim=1)

    def cost(self, tokens: int) -> int:
        return words_cost(tokens, self.vocabulary)


class Continuations(Subject):
    """The next token, each token of the text, all of them together, and the user's own text behind the prompt.

    The tokens behind the one that is asked about play no part and are not read. Of the whole text, which asks about every token, units are
    replaced as what is read and stay as what is expected.
    """

    tasks = ("text-generation",)

    @cached_property
    def prompt(self) -> str:
        """What the model reads: template and chat are filled in."""
        prompt = prompts_of(self.model, {name: [text] for name, text in self.look.cells.items()})[0]
        return as_chat(self.model, prompt) if uses_chat(self.model) else prompt

    @cached_property
    def encoded(self) -> Encoded:
        limit = max(1, self.model.max_length - len(self.continuation))
        encoded = encode_texts(
            self.tokenizer,
            [self.prompt],
            None,
            max_length=limit,
            accepted=self.model.accepted,
            cut="left",
            special_tokens=not uses_chat(self.model),
        )
        return with_start(encoded, self.model)

    @cached_property
    def continuation(self) -> tuple[int, ...]:
        """Tokens of the user's own text, cut to half of what the model reads."""
        text = self.look.cells.get(Role.TARGET, "")
        found = self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"] if text.strip() else []
        return tuple(found[: self.model.max_length // 2])

    def targets(self) -> list[Target]:
        ids = self.encoded.inputs["input_ids"][0]
        after, sure = self._probabilities(ids)
        best = np.argsort(-after, kind="stable")[:NEXT_SHOWN]
        both = (LOG_PROBABILITY, LOGIT)
        found = [self._target(f"{NEXT}.{token}", f"next token “{self.shown(token)}”", both, after[token]) for token in best]
        if self.continuation:
            found.append(self._target(TARGET, "your own text behind the prompt", (LOG_PROBABILITY,)))
        if self._first + 1 < len(ids):
            found.append(self._target(TEXT, "the whole text", (LOG_PROBABILITY,)))
        tokens = range(self._first + 1, len(ids))
        return found + [
            self._target(f"{TOKEN}.{place}", f"token {place + 1}, “{self.shown(ids[place])}”", both, sure[place - 1]) for place in tokens
        ]

    def ask(self, target: Target, scalar: str) -> Asked:
        kind, _, number = target.id.partition(".")
        whole = self._reading
        words, vocabulary, log = f"{scalar} of {target.title}", self.vocabulary(), "softmax" if scalar == LOG_PROBABILITY else ""
        if kind == NEXT:
            return Asked(whole, NextTokenScalar(words, token=int(number), log=log, vocabulary=vocabulary))
        if kind == TOKEN:
            token = int(whole.ids[int(number)])
            return Asked(whole.first(int(number)), NextTokenScalar(words, token=token, log=log, vocabulary=vocabulary))
        if kind == TARGET:
            scalar_of = TokensScalar(words, tokens=self.continuation, vocabulary=vocabulary)
            return Asked(_followed(whole, self.continuation[:-1]), scalar_of)
        tokens, before = tuple(whole.ids[1:].tolist()), whole.first(len(whole.ids) - 1)
        return Asked(before, TokensScalar(words, anchors=frozenset(range(len(before.ids))), tokens=tokens, vocabulary=vocabulary))

    def _probabilities(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of every token behind the text, float32 ``[vocabulary]``; and of each token of the text behind the ones before it."""
        import torch

        with torch.inference_mode():
            logits = call(self.network, self.batch()).logits[0].float()
            came = logits[:-1].gather(1, torch.from_numpy(ids[1:].astype(np.int64)).to(logits.device)[:, None])[:, 0]
            sure = (came - torch.logsumexp(logits[:-1], dim=-1)).exp()
            return logits[-1].softmax(dim=-1).cpu().numpy(), sure.cpu().numpy()

    @cached_property
    def _reading(self) -> Reading:
        text = (str(Role.PROMPT), self.prompt)
        return read(self.tokenizer, self.encoded, 0, [text], cut="left", special_tokens=not uses_chat(self.model))

    @property
    def _first(self) -> int:
        """Place of the first token that can be hidden: only what comes behind it can be explained."""
        return next((place for place, cell in enumerate(self._reading.cell) if cell), len(self._reading.cell))

    def _target(self, name: str, title: str, scalars: tuple[str, ...], value: float | None = None) -> Target:
        return Target(id=name, title=title, scalars=scalars, value=None if value is None else float(value))


def _followed(reading: Reading, tokens: tuple[int, ...]) -> Reading:
    """The reading with tokens behind it that are never hidden."""
    more = len(tokens)
    inputs = {
        name: np.concatenate([values, np.array(tokens, np.int64) if name == "input_ids" else np.repeat(values[-1:], more)])
        for name, values in reading.inputs.items()
    }
    places = {side: np.concatenate([getattr(reading, side), np.full(more, NOWHERE)]) for side in ("start", "end")}
    return replace(reading, inputs=inputs, cell=(*reading.cell, *[NO_CELL] * more), **places)
