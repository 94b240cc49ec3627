"""Causal language models: how surprised a model is by each token of a text, and how the text could go on.

A surprisal in bits is minus the binary logarithm of the probability that the model gave to the token that stands there; the perplexity
is two to the power of the mean surprisal (Jelinek et al. 1977, "Perplexity, a measure of the difficulty of speech recognition tasks").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from pydantic import BaseModel

from core.errors import BadInput
from core.inference.loading import Loaded
from core.inspect import row
from core.inspect.pieces import Pieces, places_of
from core.inspect.scoring import BITS, Alternative, Position, alternatives, at_most, positions, scores_of
from core.schema import LookSpec
from core.settings import Settings
from core.tasks.encoding import cutting, encode_texts
from core.tasks.network import call
from core.tasks.text_generation import prompts_of, with_start
from core.tasks.writing.decoding import write


class Surprisal(BaseModel):
    """A text under a causal language model.

    ``mean`` (of the tokens that have a score), ``total`` and ``per_character`` are surprisals in ``unit``; ``None`` where no token has
    one. ``after`` are the likeliest tokens behind the text, ``lost`` counts tokens beyond the limit, which were not looked at.
    """

    model: str
    unit: str = BITS
    text: str
    tokens: list[Position]
    after: list[Alternative]
    scored: int
    total: float | None
    mean: float | None
    perplexity: float | None
    per_character: float | None
    vocabulary: int
    lost: int
    limit: int


class Branch(BaseModel):
    """A text with another token at one place, and how the model goes on from there.

    ``tokens`` are the token put in and those written behind it; ``ended`` says that the model ended the text itself.
    """

    unit: str = BITS
    before: str
    text: str
    tokens: list[Position]
    ended: bool
    sampled: bool
    seed: int


@dataclass(frozen=True)
class Read:
    """A text as a causal model reads it, as it is: no chat template is put around it.

    Args:
        ids: its tokens with those that the tokenizer adds.
        places: characters of each, ``None`` where it has none.
        lost: tokens that did not fit.
    """

    text: str
    ids: list[int]
    places: list[tuple[int, int] | None]
    lost: int
    limit: int


def read(settings: Settings, loaded: Loaded, look: LookSpec) -> Read:
    """The tokens of a text, cut at its end to what the model and ``settings.max_scored_tokens`` allow.

    Raises:
        BadInput, LimitReached: as :func:`core.inspect.row.check_size`.
    """
    model = loaded.model
    row.check_size(settings, [look.cells])
    text = prompts_of(model, {name: [cell] for name, cell in look.cells.items()})[0]
    limit = min(settings.max_scored_tokens, model.cut_at)
    encoded = encode_texts(model.tokenizer, [text], None, max_length=limit, accepted=model.accepted, cut="right")
    ids = with_start(encoded, model).inputs["input_ids"][0].tolist()
    with cutting(model.tokenizer, "right"):
        places = places_of(model.tokenizer, text, len(ids), truncation=True, max_length=limit)
    return Read(text, ids, places, int(encoded.lost[0]), limit)


def logits_of(loaded: Loaded, ids: Sequence[int]) -> Any:
    """Logits behind each token: float32 tensor ``[tokens, vocabulary]``."""
    more = {"use_cache": False} if "use_cache" in loaded.model.accepted else {}
    return call(loaded.model.network, {"input_ids": np.array([ids], np.int64)}, **more).logits[0].float()


def surprisal(settings: Settings, loaded: Loaded, look: LookSpec, *, top: int = 5) -> Surprisal:
    """Surprisal, rank, entropy and alternatives of each token of a text.

    The first token has none where nothing stands before it; where the tokenizer puts a start token there, that one has none.

    Args:
        top: alternatives for each place, at most ``settings.max_alternatives``.
    """
    seen, pieces, top = read(settings, loaded, look), Pieces(loaded.model.tokenizer), at_most(settings, top)
    logits = logits_of(loaded, seen.ids)
    scores = scores_of(logits[:-1], seen.ids[1:], top)
    behind = scores_of(logits[-1:], [0], top)
    tokens = positions(pieces, seen.ids, scores, places=seen.places)
    known = [token for token in tokens if token.surprisal is not None]
    total = sum(token.surprisal for token in known) if known else None
    mean = total / len(known) if known else None
    spelled = _characters(known)
    return Surprisal(
        model=look.model,
        text=seen.text[: max((place[1] for place in seen.places if place), default=len(seen.text))] if seen.lost else seen.text,
        tokens=tokens,
        after=alternatives(pieces, behind, 0),
        scored=len(known),
        total=total,
        mean=mean,
        perplexity=2.0**mean if mean is not None and mean < 1_000 else None,
        per_character=total / spelled if total is not None and spelled else None,
        vocabulary=int(logits.shape[1]),
        lost=seen.lost,
        limit=seen.limit,
    )


def branch(
    settings: Settings, loaded: Loaded, look: LookSpec, *, place: int, token: int, new: int = 30, sample: bool = False, top: int = 5
) -> Branch:
    """The text up to ``place``, then ``token`` instead of what stands there, then up to ``new`` tokens of the model's own.

    Args:
        place: number of the token that is replaced, from 0; the number of tokens puts one behind the text.
        token: its number in the vocabulary.
        new: at most ``settings.max_written_tokens``, and what is left of the model's length.
        sample: draw the tokens with the look's seed instead of taking the likeliest.

    Raises:
        BadInput: there is no such place or token, or the model's length is used up.
    """
    seen, network, pieces = read(settings, loaded, look), loaded.model.network, Pieces(loaded.model.tokenizer)
    size = network.get_output_embeddings().weight.shape[0]
    if not 0 <= place <= len(seen.ids) or not 0 <= token < size:
        raise BadInput(f"a place up to {len(seen.ids)} and a token below {size:,}", f"{place} and {token}", "Choose them from the lists.")
    ids = [*seen.ids[:place], token]
    room = min(new, settings.max_written_tokens, loaded.model.max_length - len(ids))
    if room < 1:
        raise BadInput("room for one more token", f"a text of {len(ids):,} tokens, all that the model reads", "Branch from an earlier one.")
    how = replace(_decoding(loaded, look, sample), max_new=room)
    inputs = {"input_ids": np.array([ids], np.int64), "attention_mask": np.ones((1, len(ids)), np.int64)}
    accepted = {name: values for name, values in inputs.items() if name in loaded.model.accepted}
    whole = [*ids, *write(network, accepted, how)[0][0].ids.tolist()]
    first = max(place, 1)
    scores = scores_of(logits_of(loaded, whole)[first - 1 : -1], whole[first:], at_most(settings, top))
    return Branch(
        before=loaded.model.tokenizer.decode(ids[:-1], skip_special_tokens=True),
        text=loaded.model.tokenizer.decode(whole, skip_special_tokens=True),
        tokens=positions(pieces, whole[place:], scores, first=place),
        ended=whole[-1] in _endings(network),
        sampled=sample,
        seed=look.seed,
    )


def _decoding(loaded: Loaded, look: LookSpec, sample: bool) -> Any:
    """How the task would write, greedily or with draws, one answer without beams."""
    own = loaded.model.options
    options = own.model_copy(update={"do_sample": sample, "num_beams": 1, "num_return_sequences": 1, "min_new_tokens": 0})
    return loaded.task.decoding(replace(loaded.model, options=options, seed=look.seed))


def _endings(network: Any) -> frozenset[int]:
    """Tokens that end a text."""
    ending = network.generation_config.eos_token_id
    return frozenset(ending if isinstance(ending, list) else [] if ending is None else [ending])


def _characters(tokens: Sequence[Position]) -> int:
    """Characters of the text that these tokens stand for, each counted once."""
    spans = sorted((token.start, token.end) for token in tokens if token.start is not None and token.end is not None)
    reached, total = (spans[0][0] if spans else 0), 0
    for _, end in spans:
        total += max(0, end - reached)
        reached = max(reached, end)
    return total
