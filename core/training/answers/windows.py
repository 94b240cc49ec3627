"""What a model should say at each token of a window: whether an answer begins or ends there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.tasks import Encoded, Ragged
from core.tasks.spans.windows import NOWHERE
from core.training.answers.search import Place
from core.training.loop.examples import IGNORED

NEITHER, START, END = 0, 1, 2  # flags: a token may be both


def marks(encoded: Encoded, places: Sequence[Sequence[Place]]) -> tuple[Ragged, np.ndarray]:
    """Flags of all tokens: ``START`` and ``END`` at each answer that a window holds whole; at the null position where it holds none.

    Tokens that no answer can begin or end at (of the question, special ones) are ``IGNORED``, but for the null position.

    Args:
        encoded: as :func:`core.tasks.spans.question_windows.encode_questions` makes it.
        places: the answers of each of its rows.

    Returns:
        The flags, and int64 ``[items]``: tokens of the longest answer that each window holds, 0 where it holds none.
    """
    flags = np.full(len(encoded.inputs["input_ids"].flat), IGNORED, np.int32)
    begins, ends, null, first = encoded.extra["start"], encoded.extra["end"], encoded.extra["null"], encoded.inputs["input_ids"].start
    held = np.zeros(len(encoded.row), np.int64)
    reach = _reach(encoded)
    for item, row in enumerate(encoded.row.tolist()):
        flag = flags[first[item] : first[item + 1]]
        begin, end = begins[item], ends[item]
        inside = begin != NOWHERE
        flag[inside] = NEITHER
        flag[null[item]] = NEITHER
        low, high = reach[item]
        for place in places[row]:
            tokens = np.flatnonzero(inside & (begin < place.end) & (end > place.start))
            if low <= place.start and place.end <= high and len(tokens):
                flag[tokens[0]] |= START
                flag[tokens[-1]] |= END
                held[item] = max(held[item], len(tokens))
        if not held[item]:
            flag[null[item]] = START | END
    return Ragged(flags, first), held


def _reach(encoded: Encoded) -> np.ndarray:
    """int64 ``[items, 2]``: the characters of the context from and to which each window reads.

    The outermost windows reach to the ends of the text: some tokenizers have no token for what stands there, such as white space.
    """
    begins, ends = encoded.extra["start"], encoded.extra["end"]
    reach = np.zeros((len(encoded.row), 2), np.int64)
    for item in range(len(encoded.row)):
        inside = begins[item] != NOWHERE
        if inside.any():
            reach[item] = begins[item][inside].min(), ends[item][inside].max()
    lengths = np.array([len(context) for context in encoded.extra["contexts"]], np.int64)[encoded.row]
    lowest, highest = np.full(encoded.rows, np.iinfo(np.int64).max), np.zeros(encoded.rows, np.int64)
    np.minimum.at(lowest, encoded.row, reach[:, 0])
    np.maximum.at(highest, encoded.row, reach[:, 1])
    reach[:, 0] = np.where(reach[:, 0] == lowest[encoded.row], 0, reach[:, 0])
    reach[:, 1] = np.where(reach[:, 1] == highest[encoded.row], lengths, reach[:, 1])
    return reach


def drawn(row: np.ndarray, held: np.ndarray, most: int, seed: int) -> np.ndarray:
    """Windows to learn from, ascending: all that hold an answer, and of the others at most ``most`` of each row, by chance."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(np.flatnonzero(held == 0))
    order = order[np.argsort(row[order], kind="stable")]
    _, first, count = np.unique(row[order], return_index=True, return_counts=True)
    number = np.arange(len(order)) - np.repeat(first, count)
    return np.sort(np.concatenate([np.flatnonzero(held), order[number < most]]))


def only(encoded: Encoded, items: np.ndarray) -> Encoded:
    """Some of the windows."""
    extra = {
        **encoded.extra,
        **{name: _some(encoded.extra[name], items) for name in ("start", "end")},
        "null": encoded.extra["null"][items],
    }
    inputs = {name: _some(values, items) for name, values in encoded.inputs.items()}
    return replace(encoded, inputs=inputs, row=encoded.row[items], extra=extra)


def _some(lists: Ragged, items: np.ndarray) -> Ragged:
    return Ragged.join([Ragged(lists[item], np.array([0, len(lists[item])], np.int64)) for item in items.tolist()])
