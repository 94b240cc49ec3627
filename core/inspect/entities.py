"""The view of a token classifier: every label's probability at every token, the entities, and how words got their labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from pydantic import BaseModel

from core.inference.loading import Loaded
from core.inspect import row
from core.inspect.word_labels import STRATEGIES, WordLabels, word_labels
from core.schema import LookSpec
from core.settings import Settings
from core.tasks import Encoded
from core.tasks.labels import scores_of
from core.tasks.network import call
from core.tasks.spans.windows import NOWHERE
from core.tasks.token_classification import strategy_of


class TokenScores(BaseModel):
    """What a token classifier says of a text; the lists of tokens have one entry for each, special tokens left out.

    Args:
        labels: in the order of the logits.
        strategy: how the run's options put tokens together.
        text: which the places point into; words of a list have one space between them.
        tokens: as the tokenizer writes them.
        start: where each begins in the text, in characters; ``None`` where the tokenizer does not know.
        window: which window of a long text each was read in; neighbouring windows share tokens.
        logits: ``[tokens, labels]``.
        probabilities: ``[tokens, labels]``.
        words: how each word got its label.
        entities: by strategy, those of the options first; each with label, text, start, end and score.
        lost: tokens that were not read.
        limit: tokens of a window.
    """

    labels: list[str]
    strategy: str
    text: str
    tokens: list[str]
    start: list[int | None]
    end: list[int | None]
    window: list[int]
    logits: list[list[float]]
    probabilities: list[list[float]]
    words: list[WordLabels]
    entities: dict[str, list[dict[str, str | float | int | None]]]
    lost: int
    limit: int


def entities(settings: Settings, loaded: Loaded, look: LookSpec) -> TokenScores:
    """Labels of the tokens and what becomes of them under every way to put them together.

    Raises:
        LimitReached, BadInput: as :func:`core.inspect.row.encode`.
    """
    encoded = row.encode(settings, loaded, [look.cells])
    model, chosen = loaded.model, strategy_of(loaded.model)
    logits = [_logits(loaded, encoded, item) for item in range(len(encoded.row))]
    probabilities = [scores_of(item.astype(np.float64), "single") for item in logits]
    extra, ids = encoded.extra, encoded.inputs["input_ids"]
    inside = [extra["start"][item] != NOWHERE for item in range(len(ids))]
    placed = bool(extra["placed"])
    kept = np.concatenate([probabilities[item][mask] for item, mask in enumerate(inside)])
    flat = np.concatenate([ids[item][mask] for item, mask in enumerate(inside)])
    start, end = (np.concatenate([extra[side][item][mask] for item, mask in enumerate(inside)]) for side in ("start", "end"))
    window = np.repeat(np.arange(len(inside)), [int(mask.sum()) for mask in inside])
    text = extra["texts"][0]
    strategies = dict.fromkeys([chosen, *STRATEGIES]) if placed else dict.fromkeys(["simple", "none"])
    return TokenScores(
        labels=list(model.labels),
        strategy=chosen,
        text=text,
        tokens=model.tokenizer.convert_ids_to_tokens(flat.tolist()),
        start=start.tolist() if placed else [None] * len(flat),
        end=end.tolist() if placed else [None] * len(flat),
        window=window.tolist(),
        logits=np.concatenate([item[mask] for item, mask in zip(logits, inside, strict=True)]).tolist(),
        probabilities=kept.tolist(),
        words=word_labels(model, text, flat, window, start, end, kept) if placed else [],
        entities={name: _decoded(loaded, encoded, probabilities, name) for name in strategies},
        lost=int(encoded.lost[0]),
        limit=model.cut_at,
    )


def _logits(loaded: Loaded, encoded: Encoded, item: int) -> np.ndarray:
    """float32 ``[tokens, labels]`` of a window, special tokens included."""
    if not int(encoded.lengths[item]):
        return np.empty((0, len(loaded.model.labels)), np.float32)
    return row.finite(call(loaded.model.network, row.inputs(loaded, encoded, item)).logits[0].float().cpu().numpy())


def _decoded(loaded: Loaded, encoded: Encoded, probabilities: list[np.ndarray], strategy: str) -> list[dict]:
    """The entities as the task itself decodes them under a strategy."""
    model = replace(loaded.model, options=loaded.model.options.model_copy(update={"aggregation": strategy}))
    if strategy == "average":
        given = [item.astype(np.float32) for item in probabilities]
    else:
        given = [np.stack([item.argmax(axis=-1), item.max(axis=-1, initial=0)], axis=-1).astype(np.float32) for item in probabilities]
    columns = loaded.task.decode(model, [given], np.zeros(1, np.int64), encoded)
    names = ("label", "text", "start", "end", "score")
    return [{name: entity[name] for name in names} for entity in columns["entities"].to_pylist()[0]]
