"""fill-mask: the words that a masked language model expects in a gap."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from core.schema import Role
from core.tasks.base import GROUP, ID, TIME, Encoded, Outputs, RoleUse, Task, TaskModel
from core.tasks.encoding import encode_texts
from core.tasks.network import call
from core.tasks.options import Names

GAP = re.compile(r"\[MASK\]|<mask>")
"""How a gap may be written: as BERT or as RoBERTa has it. It becomes the mask token of the model in hand."""

BETWEEN = " … "
VOCABULARY = 32_768  # logits of so many words fit a batch of the usual size; a larger vocabulary gets smaller batches
CANDIDATE = pa.struct([("gap", pa.int32()), ("token", pa.string()), ("score", pa.float64())])


class FillMaskOptions(BaseModel):
    """What a user may set for this task."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    top_k: int = Field(5, ge=1, le=100, description="How many words to give for each gap.")
    targets: Names = Field((), description="Choose only among these words, with commas between them; all words where empty.")
    max_length: int | None = Field(None, ge=8, description="Cut texts to this many tokens; the model's own limit where empty.")


class FillMask(Task):
    """The most likely tokens for each gap; several gaps of a text are filled independently of each other."""

    name = "fill-mask"
    title = "Fill a gap"
    purpose = "Find the words that fit a gap: write it as [MASK] in the text."
    roles = (RoleUse(Role.TEXT, True, "A text with at least one gap, written [MASK] or <mask>."), GROUP, TIME, ID)
    Options = FillMaskOptions
    auto_class = "AutoModelForMaskedLM"
    charts = ("label_counts", "confidence_histogram", "breakdown", "over_time")

    def encode(self, model: TaskModel, cells: Mapping[str, list[str]]) -> Encoded:
        tokenizer = model.tokenizer
        texts = [GAP.sub(lambda _: tokenizer.mask_token, text) for text in cells[Role.TEXT]]
        encoded = encode_texts(tokenizer, texts, None, max_length=model.cut_at, accepted=model.accepted)
        cost = encoded.lengths * max(1, -(-len(tokenizer) // VOCABULARY))
        extra = {"texts": texts, "decode": _decoder(tokenizer)}
        return replace(encoded, cost=cost, refused=_without_gap(encoded, texts, tokenizer, model.cut_at), extra=extra)

    def forward(self, model: TaskModel, inputs: dict[str, np.ndarray]) -> Outputs:
        import torch

        at = torch.from_numpy(inputs["input_ids"] == model.tokenizer.mask_token_id)
        logits = call(model.network, inputs).logits
        with torch.inference_mode():
            probabilities = logits[at.to(logits.device)].float().softmax(dim=-1)
            known = _target_ids(model)
            if known is not None:
                probabilities = probabilities[:, known]
            best = probabilities.topk(min(model.options.top_k, probabilities.shape[1]))
        tokens = best.indices.cpu().numpy() if known is None else known[best.indices.cpu().numpy()]
        starts = np.concatenate([[0], np.cumsum(at.sum(dim=1).numpy())])
        scores = best.values.cpu().numpy()
        return [(tokens[low:high], scores[low:high]) for low, high in pairwise(starts)]

    def decode(self, model: TaskModel, outputs: list[Outputs], rows: np.ndarray, encoded: Encoded) -> dict[str, pa.Array]:
        word = encoded.extra["decode"]
        best, sure, filled, candidates = [], [], [], []
        for row, ((tokens, scores),) in zip(rows, outputs, strict=True):
            words = [[word(int(token)) for token in gap] for gap in tokens]
            best.append(BETWEEN.join(gap[0] for gap in words))
            sure.append(float(scores[:, 0].min()))
            filled.append(_filled(encoded.extra["texts"][row], model.tokenizer.mask_token, [gap[0] for gap in words]))
            candidates.append(
                [
                    {"gap": number, "token": token, "score": float(score)}
                    for number, (gap, values) in enumerate(zip(words, scores, strict=True), start=1)
                    for token, score in zip(gap, values, strict=True)
                ]
            )
        columns = (best, sure, filled, candidates)
        return {field.name: pa.array(values, field.type) for field, values in zip(self.output_columns(model), columns, strict=True)}

    def output_columns(self, model: TaskModel) -> pa.Schema:
        """``confidence`` is the probability of the least sure gap; ``filled`` the text with the best words in its gaps."""
        return pa.schema(
            [("prediction", pa.string()), ("confidence", pa.float64()), ("filled", pa.string()), ("candidates", pa.list_(CANDIDATE))]
        )


def _without_gap(encoded: Encoded, texts: list[str], tokenizer: object, limit: int) -> dict[int, str]:
    """Rows whose tokens hold no gap, and why."""
    mask, ids = tokenizer.mask_token, encoded.inputs["input_ids"]
    counts = np.concatenate([np.zeros(1, np.int64), np.cumsum(ids.flat == tokenizer.mask_token_id)])
    empty = np.flatnonzero(counts[ids.start[1:]] == counts[ids.start[:-1]])
    beyond = f"The gap lies beyond the {limit} tokens that the model reads: shorten the text before it."
    return {
        int(row): beyond if mask in texts[row] else f"There is no gap in the text: write {mask} where a word is missing." for row in empty
    }


def _decoder(tokenizer: object) -> object:
    """Token number to word, as the tokenizer writes it, without the space that some put before."""
    known: dict[int, str] = {}

    def word(token: int) -> str:
        if token not in known:
            known[token] = tokenizer.decode([token]).strip()
        return known[token]

    return word


def _target_ids(model: TaskModel) -> np.ndarray | None:
    """Numbers of the tokens to choose among; of a word that is no token of the model its first one, as the pipeline takes."""
    if not model.options.targets:
        return None
    found = [number for target in model.options.targets if (number := target_id(model.tokenizer, target)) is not None]
    if not found:
        raise ValueError("None of the targets is a word that the model can write.")
    return np.array(sorted(set(found)), np.int64)


def target_id(tokenizer: Any, target: str) -> int | None:
    """The number by which a word is scored: its own, else that of its first token; ``None`` where it has no token at all."""
    whole = tokenizer.convert_tokens_to_ids(target)
    if whole is not None and (whole != tokenizer.unk_token_id or target == tokenizer.unk_token):
        return whole
    return next(iter(tokenizer(target, add_special_tokens=False)["input_ids"]), None)


def _filled(text: str, mask: str, words: list[str]) -> str:
    """The text with its gaps filled, from the left; a gap that was cut off stays."""
    for word in words:
        text = text.replace(mask, word, 1)
    return text
