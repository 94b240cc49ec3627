"""Models of encoder and decoder: how an answer was written, token by token, and the beams that it was chosen from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from pydantic import BaseModel

from core.errors import BadInput, LimitReached
from core.inference.loading import Loaded
from core.inspect import row
from core.inspect.beams import Beam, Tree, search
from core.inspect.pieces import Pieces
from core.inspect.scoring import BITS, Position, at_most, positions, scores_of
from core.schema import LookSpec
from core.settings import Settings
from core.tasks import TaskModel
from core.tasks.network import call
from core.tasks.writing.decoding import Decoding, write
from core.tasks.writing.generation import WritingTask


class Step(Position):
    """A token of the answer; ``place`` counts from 1.

    ``total`` is the natural log-probability of the answer up to here, as the model gives it.
    """

    total: float


class Steps(BaseModel):
    """An answer and how it came about.

    Scores of the steps are the model's own, before rules such as a least length change them: where a rule decided, ``rank`` is above 1.
    ``beams`` are the answers of beam search, the best first, ``tree`` the way to them; both are empty without beams.
    """

    model: str
    unit: str = BITS
    text: str
    steps: list[Step]
    start: str
    ended: bool
    beam: int
    beams: list[Beam]
    tree: Tree | None
    length_penalty: float
    lost: int
    limit: int


def steps(settings: Settings, loaded: Loaded, look: LookSpec, *, top: int = 5, beam: int = 0, given: Sequence[int] = ()) -> Steps:
    """The answer to one row under the look's options, as a run writes it, and the scores of each of its tokens.

    Args:
        top: alternatives for each step, at most ``settings.max_alternatives``.
        beam: which answer of beam search, from 0, the best.
        given: tokens of an answer that is scored in the place of the model's own.

    Raises:
        BadInput: the model writes no texts, there is no such beam, or no such token.
        LimitReached: more beams than ``settings.max_tree_beams``, or more tokens given than ``settings.max_written_tokens``.
    """
    model, how = loaded.model, _decoding(settings, loaded)
    encoded, inputs = row.encode_one(settings, loaded, look)
    pieces, tree, found = Pieces(model.tokenizer), None, []
    if given:
        beam, ids = 0, _checked(settings, model, given)
    elif how.beams > 1:
        found, tree = search(model.network, inputs, how, pieces)
        if not 0 <= beam < len(found):
            raise BadInput(f"one of {len(found)} beams", str(beam + 1), "Choose one of them.")
        ids = found[beam].ids
    else:
        beam, ids = 0, write(model.network, inputs, how)[0][0].ids.tolist()
    start = _start(model.network)
    decoder = {"decoder_input_ids": np.array([[start, *ids[:-1]]], np.int64)}
    scores = scores_of(call(model.network, inputs | decoder).logits[0].float(), ids, at_most(settings, top))
    totals = -np.cumsum(scores.surprisal) * np.log(2)
    known = positions(pieces, ids, scores, first=1)
    ending = getattr(model.network.generation_config, "eos_token_id", None)
    return Steps(
        model=look.model,
        text=model.tokenizer.decode(ids, skip_special_tokens=True),
        steps=[Step(**one.model_dump(), total=float(total)) for one, total in zip(known, totals, strict=True)],
        start=pieces[start],
        ended=bool(ids) and ids[-1] in (ending if isinstance(ending, list) else [ending]),
        beam=beam,
        beams=found,
        tree=tree,
        length_penalty=float(how.more.get("length_penalty", 1.0)),
        lost=int(encoded.lost[0]),
        limit=how.max_new,
    )


def _checked(settings: Settings, model: TaskModel, given: Sequence[int]) -> list[int]:
    """The tokens of an answer that was given."""
    size = model.network.get_output_embeddings().weight.shape[0]
    if len(given) > settings.max_written_tokens:
        most = f"at most {settings.max_written_tokens} tokens of an answer (max_written_tokens)"
        raise LimitReached(most, f"{len(given)}", "Give a shorter one.")
    if not all(0 <= token < size for token in given):
        raise BadInput(f"tokens below {size:,}", "others", "Give tokens of this model.")
    return [int(token) for token in given]


def _decoding(settings: Settings, loaded: Loaded) -> Decoding:
    """How the task writes, within the limits of a look."""
    network = loaded.model.network
    if not isinstance(loaded.task, WritingTask) or not getattr(network.config, "is_encoder_decoder", False):
        raise BadInput(
            "a model of encoder and decoder, which writes its answer token by token",
            f"{type(network).__name__}, which chooses sentences of the text",
            "Choose a model that writes.",
        )
    how = loaded.task.decoding(loaded.model)
    if how.beams > settings.max_tree_beams:
        raise LimitReached(f"at most {settings.max_tree_beams} beams (max_tree_beams)", f"{how.beams}", "Ask for fewer beams.")
    return replace(how, max_new=min(how.max_new, settings.max_written_tokens), sequences=1)


def _start(network: Any) -> int:
    """The token that answers start with, as ``generate`` takes it."""
    own, config = network.generation_config, network.config
    named = (own.decoder_start_token_id, getattr(config, "decoder_start_token_id", None), own.bos_token_id)
    found = next((token for token in named if token is not None), 0)
    return int(found[0]) if isinstance(found, list) else int(found)
