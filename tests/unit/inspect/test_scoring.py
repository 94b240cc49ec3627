"""Scores of tokens from logits: what is ruled out, what is no number, equal logits, long texts in slices."""

import math

import numpy as np
import pytest

from core.errors import RunFailed
from core.inspect.scoring import SLICE, at_most, scores_of
from core.settings import Settings


def test_a_token_that_is_ruled_out_adds_nothing_to_the_entropy() -> None:
    import torch

    found = scores_of(torch.tensor([[0.0, 0.0, -math.inf]]), [2], 2)
    assert math.isinf(found.surprisal[0]) and found.rank[0] == 3
    assert found.entropy[0] == pytest.approx(1.0) and found.probabilities.tolist() == [[0.5, 0.5]]


def test_equal_logits_share_the_better_rank() -> None:
    import torch

    logits = torch.tensor([[1.0, 3.0, 1.0, 0.0]])
    assert [scores_of(logits, [token], 1).rank[0] for token in range(4)] == [2, 1, 2, 4]


def test_no_number_is_an_error() -> None:
    import torch

    with pytest.raises(RunFailed, match="NaN"):
        scores_of(torch.tensor([[0.0, math.nan]]), [0], 1)


def test_slices_change_nothing() -> None:
    import torch

    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2 * SLICE + 3, 11, generator=generator)
    ids = [place % 11 for place in range(len(logits))]
    whole = scores_of(logits, ids, 4)
    each = [scores_of(logits[place : place + 1], ids[place : place + 1], 4) for place in range(len(logits))]
    np.testing.assert_allclose(whole.surprisal, np.concatenate([one.surprisal for one in each]))
    np.testing.assert_array_equal(whole.best, np.concatenate([one.best for one in each]))
    assert len(scores_of(logits[:0], [], 4).rank) == 0


def test_the_number_of_alternatives_has_a_limit() -> None:
    settings = Settings(max_alternatives=7)
    assert [at_most(settings, top) for top in (-3, 0, 5, 9)] == [1, 1, 5, 7]
