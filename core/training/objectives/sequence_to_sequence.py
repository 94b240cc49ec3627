"""summarization, translation, text2text-generation: from what an encoder reads to the text that a decoder writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import tasks
from core.schema import Role
from core.tasks import Encoded, Ragged, TaskModel
from core.tasks.encoding import encode_texts
from core.tasks.text2text_generation import AUTO
from core.tasks.writing.languages import answering
from core.training.loop.examples import IGNORED, Examples, trained_apart
from core.training.objectives.writing import Writing, ending_token, most_tokens

LANGUAGES = ("source_language", "target_language")


@dataclass(frozen=True, eq=False)
class SequenceToSequence(Writing):
    """The target's tokens, the ending one included, as the tokenizer writes answers in the target language."""

    peft_task = "SEQ_2_SEQ_LM"
    head = "text2text-generation"

    def noted(self) -> dict[str, Any]:
        """Prefix, languages and lengths: a least length of the base would make short targets impossible."""
        options = self.options
        codes = {name: code for name in LANGUAGES if (code := getattr(options, name, ""))}
        prefix = {} if options.prefix == AUTO else {"prefix": options.prefix}
        longest = options.max_new_tokens or self.max_target_length
        return {**prefix, **codes, "max_length": longest + 1, "min_length": (options.min_new_tokens or -1) + 1}

    def examples(self, model: TaskModel, places: np.ndarray) -> Examples:
        encoded = tasks.get(self.task).encode(model, self.rows.some(places))
        written = self._written(model, [self.rows.cells[Role.TARGET][place] for place in places])
        targets = written.inputs["input_ids"]
        return Examples(
            encoded,
            targets,
            accepted=model.accepted,
            equal_lengths=trained_apart(model, encoded),
            more=decoder_inputs(model),
            extra={"lost": {"text": encoded.lost, "target": written.lost}},
            cost=encoded.lengths + targets.lengths,
            most_tokens=most_tokens(model.network),
        )

    def _written(self, model: TaskModel, texts: list[str]) -> Encoded:
        """The targets as the decoder should write them."""
        limit = self.max_target_length
        with answering(model.tokenizer, getattr(self.options, "target_language", "")):
            encoded = encode_texts(Targets(model.tokenizer), texts, None, max_length=limit)
        ids, end = encoded.inputs["input_ids"], ending_token(model)
        ended = Ragged.of([with_ending(ids[row].tolist(), end, limit) for row in range(len(ids))])
        return Encoded({"input_ids": ended}, encoded.row, encoded.rows, encoded.lost, encoded.unknown, encoded.padding)


class Targets:
    """A tokenizer that reads texts as answers: some have other pieces or other special tokens for these."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self.unk_token_id, self.pad_token_id = tokenizer.unk_token_id, tokenizer.pad_token_id

    def __call__(self, texts: list[str], pairs: None = None, **how: Any) -> Any:
        return self.tokenizer(text_target=texts, **how)


def with_ending(ids: Sequence[int], end: int | None, limit: int) -> list[int]:
    """Tokens that end as the model's texts end. Behind the ending token a language's may stand (mBART)."""
    ids = list(ids)
    return ids if end is None or end in ids[-2:] else [*ids[: limit - 1], end]


def decoder_inputs(model: TaskModel) -> Callable[[Any], dict[str, Any]]:
    """What a decoder reads while it is taught: the targets, one place later, as the model itself shifts them."""
    network, config = model.network, model.network.config
    own = getattr(network, "prepare_decoder_input_ids_from_labels", None)

    def shifted(labels: Any) -> Any:
        if own is not None:
            return own(labels)
        start = config.decoder_start_token_id
        moved = labels.new_full(labels.shape, start if start is not None else config.bos_token_id)
        moved[:, 1:] = labels[:, :-1]
        return moved.masked_fill(moved == IGNORED, config.pad_token_id)

    return lambda labels: {"decoder_input_ids": shifted(labels)}
