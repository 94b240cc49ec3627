"""token-classification: types of stretches of each text, learned as a label for each token."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from core.errors import BadInput
from core.models import note_aggregation
from core.schema import FinetuneSpec, Role
from core.settings import Settings
from core.tasks import Ragged, TaskModel
from core.tasks.spans.token_windows import NEEDS_OFFSETS, encode_for_tags
from core.training.checks import Finding
from core.training.labels.prior import logits_of_one
from core.training.loop.examples import IGNORED, Examples, trained_apart
from core.training.objectives.base import Judge, Objective
from core.training.rows import Rows
from core.training.splitting.split import ClassCount
from core.training.tags.checks import check
from core.training.tags.column import Tagged, read_tags, tag_cell, word_tags, words_of
from core.training.tags.sentences import NAMES, gathered
from core.training.tags.token_labels import Scheme, Tokens, first_of_words, labels_of_tokens, shared_spans
from core.training.words import NAMED

MOST_WEIGHT = 10.0
"""No label weighs more: those that hardly occur would drown the rest."""

UNITS = "units"
"""Name of the places, among all tokens, of those that entities are counted by."""


@dataclass(frozen=True, eq=False)
class TokenClassification(Objective):
    """Logits of each token that say the tag column.

    Args:
        tagged: what the rows name.
    """

    tagged: Tagged | None = None
    peft_task = "TOKEN_CLS"
    quality = "micro-F1 of entities whose words and type are both right"
    naming = NAMES

    @classmethod
    def arranged(cls, rows: Rows) -> Rows:
        return gathered(rows)

    @classmethod
    def read(cls, settings: Settings, spec: FinetuneSpec, rows: Rows) -> Self:
        tagged = read_tags(settings, rows)
        return cls(rows, tagged.labels(settings), tagged)

    @property
    def names(self) -> tuple[str, ...]:
        return self.tagged.names

    @property
    def problem(self) -> str:
        return ""

    @property
    def summary(self) -> str:
        kinds = self.tagged.kinds
        return f"the types {', '.join(kinds[:NAMED])}{f' and {len(kinds) - NAMED:,} more' if len(kinds) > NAMED else ''} in each text"

    def usable(self) -> np.ndarray:
        return np.flatnonzero(self.tagged.usable)

    def findings(self, train: np.ndarray, validation: np.ndarray) -> list[Finding]:
        return check(self.tagged, self.rows, self.same(), train=train, validation=validation)

    def classes(self, train: np.ndarray, validation: np.ndarray) -> list[ClassCount]:
        """Entities of each type on either side."""
        learned, measured = self.tagged.counts(train), self.tagged.counts(validation)
        return [ClassCount(kind, learned[kind], measured[kind]) for kind in self.tagged.kinds]

    def begin(self, network: Any, train: np.ndarray) -> Self:
        """Notes that whole words are what this learns, where it does: runs then give no parts of words."""
        note_aggregation(network.config, "first" if self.tagged.by_words else "simple")
        return self

    def truth(self, places: np.ndarray) -> dict[Role, list[str | None]]:
        """A tag for each word, and the words."""
        tagged = self.tagged
        tags = [tag_cell(word_tags(*words_of(self.rows, place), tagged.spans[place], plain=tagged.plain)) for place in places]
        return {Role.TAGS: tags, **{Role(name): cells for name, cells in self.rows.some(places).items()}}

    def examples(self, model: TaskModel, places: np.ndarray) -> Examples:
        """Windows that share nothing: each token of a row is learned once. ``extra`` has the places to count entities by."""
        options = model.options.model_copy(update={"stride": 0, "cut_long_texts": False})
        encoded = encode_for_tags(replace(model, options=options), self.rows.some(places), words_needed=True)
        if encoded.refused:
            raise BadInput("a tokenizer that can tell where a token stands", "none", NEEDS_OFFSETS)
        tokens, scheme = Tokens.of(encoded), Scheme.of(self.tagged)
        labels = labels_of_tokens(tokens, [self.tagged.spans[place] for place in places], scheme, self.tagged.kinds)
        units = first_of_words(tokens, [words_of(self.rows, place)[1] for place in places]) if self.tagged.by_words else tokens.read
        return Examples(
            encoded,
            Ragged(labels, encoded.inputs["input_ids"].start),
            accepted=model.accepted,
            equal_lengths=trained_apart(model, encoded),
            extra={UNITS: np.flatnonzero(units), "row": tokens.row},
        )

    def weights(self, examples: Examples) -> np.ndarray | None:
        """The inverse of each label's share of the tokens, 1 on the average of them, at most ``MOST_WEIGHT``."""
        counts = self._counts(examples)
        return np.minimum(counts.sum() / (len(self.names) * np.maximum(counts, 1)), MOST_WEIGHT).astype(np.float32)

    def prior(self, examples: Examples, weights: np.ndarray | None = None) -> np.ndarray:
        return logits_of_one(self._counts(examples), weights)

    def _counts(self, examples: Examples) -> np.ndarray:
        """Tokens of each label."""
        return np.bincount(examples.labels.flat[examples.labels.flat != IGNORED], minlength=len(self.names))

    def loss(self, outputs: Any, labels: Any, *, weights: Any = None, smoothing: float = 0.0) -> Any:
        """Mean over the labelled tokens; 0 where a batch has none."""
        from torch.nn import functional

        kept = labels != IGNORED
        if not kept.any():
            return outputs.logits.sum() * 0.0
        return functional.cross_entropy(outputs.logits[kept].float(), labels[kept], weight=weights, label_smoothing=smoothing)

    def judge(self, examples: Examples) -> Judge:
        return TokensJudge(examples, Scheme.of(self.tagged))


class TokensJudge(Judge):
    """Keeps the likeliest label of every token, and counts entities in them.

    Args:
        examples: as :meth:`TokenClassification.examples` makes them.
        scheme: what the labels mean.
    """

    def __init__(self, examples: Examples, scheme: Scheme) -> None:
        self.examples, self.scheme = examples, scheme
        self.found = np.full(len(examples.labels.flat), IGNORED, np.int32)
        self.loss, self.tokens, self.finite = 0.0, 0, True

    def add(self, items: np.ndarray, outputs: Any, labels: Any) -> None:
        from torch.nn import functional

        kept = labels != IGNORED
        logits = outputs.logits[kept].float()
        self.loss += float(functional.cross_entropy(logits, labels[kept], reduction="sum"))
        self.tokens += len(logits)
        self.finite &= bool(logits.isfinite().all())
        likeliest, start = outputs.logits.argmax(dim=-1).cpu().numpy(), self.examples.labels.start
        for item, found in zip(items, likeliest, strict=True):
            self.found[start[item] : start[item + 1]] = found[: start[item + 1] - start[item]]

    def figures(self) -> tuple[float, float]:
        units, row = self.examples.extra[UNITS], self.examples.extra["row"]
        true = self.examples.labels.flat[units]
        right, named, wanted = shared_spans(self.found[units], true, row[units], self.scheme)
        quality = 2 * right / max(named + wanted, 1) if self.finite else -np.inf
        return self.loss / max(self.tokens, 1), quality
