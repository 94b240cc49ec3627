"""Random choices that belong to a row: the same for any batch, order, crash or resume."""

from __future__ import annotations

import hashlib

import numpy as np

SMALLEST = np.finfo(np.float64).tiny


class RowNoise:
    """Gumbel noise for the tokens of one text.

    The largest of ``score + Gumbel noise`` over the tokens is a sample of the softmax of the scores: the Gumbel-max trick (Gumbel 1954;
    Maddison, Tarlow and Minka 2014, "A* sampling"). So sampling is a greedy choice on top of noise, and the noise comes from a
    counter-based generator (Philox; Salmon et al. 2011) whose key is made of the seed and the row's own token ids and whose counter is
    the step: nothing of the batch enters.

    Args:
        seed: of the run.
        ids: the row's own tokens without padding.
        copy: number of the sequence, where a row gets several.
    """

    def __init__(self, seed: int, ids: np.ndarray, copy: int = 0) -> None:
        data = np.concatenate([np.array([seed, copy], np.int64), ids.astype(np.int64)]).tobytes()
        self._key = np.frombuffer(hashlib.blake2b(data, digest_size=16).digest(), np.uint64)

    def at(self, step: int, tokens: int) -> np.ndarray:
        """The noise of every token at a step: float64 ``[tokens]``.

        In float64, since of 50,000 values in float32 one is 0 in every 200th draw, and an infinite noise chooses any token.
        """
        bits = np.random.Philox(key=self._key, counter=np.array([0, 0, 0, step], np.uint64))
        return -np.log(np.maximum(np.random.Generator(bits).standard_exponential(tokens), SMALLEST))
