"""Beam search, watched: which beams were followed at each step, which ended, and which answer won."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import BaseModel

from core.inspect.pieces import Pieces
from core.tasks.network import tensors
from core.tasks.writing.decoding import Decoding

NEVER = -1e8  # below it a continuation stands for one that was ruled out


class Beam(BaseModel):
    """A finished answer: its tokens, its summed natural log-probability, and the score by which beam search ranks it."""

    ids: list[int]
    text: str
    total: float
    score: float
    ended: bool


class Node(BaseModel):
    """A token of a beam.

    ``step`` counts from 1 and ``slot`` is the place among the beams of that step, the best first. ``parent`` is the number of another
    node in the tree, ``None`` at the first step. ``total`` is the summed natural log-probability up to here, after the rules of the
    search; ``state`` is ``open``, ``ended`` (with the model's ending token) or ``dropped`` (nothing goes on from it, and
    it is no answer).
    ``answers`` are the beams in the result that pass through it.
    """

    step: int
    slot: int
    id: int
    text: str
    parent: int | None
    total: float
    state: str
    answers: list[int]


class Tree(BaseModel):
    """The nodes, step by step; parents come before their children."""

    nodes: list[Node]
    steps: int
    width: int


class Watch:
    """Stands behind the search's own rules and notes, at each step, the running beams and what each token would add to them."""

    def __init__(self, beams: int, endings: frozenset[int]) -> None:
        self._beams, self._endings = beams, endings
        self._totals: dict[tuple[int, ...], float] = {}
        self.steps: list[list[tuple[tuple[int, ...], float]]] = []

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        import torch

        rows = [tuple(row) for row in input_ids.tolist()]
        if not self._totals:
            self._totals = {rows[0]: 0.0}
            running = {rows[0]: scores[0]}
        else:
            running = dict(zip(rows, scores, strict=True))
        # In float32 and in the order of the search, so that sums and ties come out as they do there.
        before = torch.tensor([self._totals[row] for row in running], dtype=torch.float32, device=scores.device)
        totals = torch.stack(list(running.values())) + before[:, None]
        best = totals.flatten().topk(min(max(2, 1 + len(self._endings)) * self._beams, totals.numel()))
        names, width = list(running), totals.shape[1]
        found = [
            ((*names[at // width], at % width), total)
            for at, total in zip(best.indices.tolist(), best.values.tolist(), strict=True)
            if total > NEVER
        ]
        # As in the search itself: an ending counts among the best beams only; as many open ones go on, however far down they stand.
        kept = [one for place, one in enumerate(found) if self.is_open(one[0]) or place < self._beams]
        open_ = [one for one in kept if self.is_open(one[0])][: self._beams]
        ended = [one for one in kept if not self.is_open(one[0])]
        self._totals = {row: total for row, total in found if self.is_open(row)}
        self.steps.append(sorted([*open_, *ended], key=lambda one: -one[1]))
        return scores

    def is_open(self, row: tuple[int, ...]) -> bool:
        """Whether a beam, given as its tokens, can go on."""
        return row[-1] not in self._endings


def search(network: Any, inputs: dict[str, np.ndarray], how: Decoding, pieces: Pieces) -> tuple[list[Beam], Tree]:
    """Beam search as transformers has it, with its answers, the best first, and all beams that it followed.

    Args:
        inputs: of one row, as arrays ``[1, tokens]``.
    """
    import torch

    ending = network.generation_config.eos_token_id
    watch = Watch(how.beams, frozenset(ending if isinstance(ending, list) else [] if ending is None else [ending]))

    def watched(model: Any, input_ids: Any, logits_processor: Any, stopping_criteria: Any, generation_config: Any, **state: Any) -> Any:
        from transformers import LogitsProcessorList

        rules = LogitsProcessorList([*logits_processor, watch])
        return model._beam_search(input_ids, rules, stopping_criteria, generation_config, **state)

    arguments = how.arguments(network, 1) | {"num_return_sequences": how.beams}
    with torch.inference_mode():
        found = network.generate(
            **tensors(network, inputs), custom_generate=watched, return_dict_in_generate=True, output_scores=True, **arguments
        )
    penalty = float(how.more.get("length_penalty", 1.0))
    lengths = (found.beam_indices >= 0).sum(dim=1).tolist()
    start = tuple(found.sequences[0, :1].tolist())
    totals = {row: total for step in watch.steps for row, total in step}
    beams = []
    for ids, length, score in zip(found.sequences.tolist(), lengths, found.sequences_scores.tolist(), strict=True):
        own = ids[1 : 1 + length]
        total = totals.get((*start, *own), score * length**penalty)
        text = pieces.decode(own)
        beams.append(Beam(ids=own, text=text, total=total, score=score, ended=not watch.is_open((*start, *own))))
    return beams, _tree(watch.steps, [tuple(beam.ids) for beam in beams], watch, pieces)


def _tree(steps: list[list[tuple[tuple[int, ...], float]]], answers: list[tuple[int, ...]], watch: Watch, pieces: Pieces) -> Tree:
    """The watched steps as nodes; a step's rows hold the start token and all tokens so far."""
    nodes: list[Node] = []
    numbers: dict[tuple[int, ...], int] = {}
    longest = max((len(answer) for answer in answers), default=0)
    for step, rows in enumerate(steps[:longest], start=1):
        for slot, (row, total) in enumerate(rows):
            own = row[1:]
            numbers[own] = len(nodes)
            passing = [number for number, answer in enumerate(answers) if answer[:step] == own]
            parent = numbers.get(own[:-1])
            state = "open" if watch.is_open(row) else "ended"
            nodes.append(
                Node(step=step, slot=slot, id=own[-1], text=pieces[own[-1]], parent=parent, total=total, state=state, answers=passing)
            )
    going = {node.parent for node in nodes}
    last = max((node.step for node in nodes), default=0)
    for number, node in enumerate(nodes):
        if node.state == "open" and number not in going and not node.answers:
            node.state = "dropped"
    return Tree(nodes=nodes, steps=last, width=max((node.slot + 1 for node in nodes), default=0))
