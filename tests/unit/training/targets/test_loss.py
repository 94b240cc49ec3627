"""The loss of texts: of the tokens that are learned, whatever the batch has."""

from __future__ import annotations

import torch

from core.training.loop.examples import IGNORED
from core.training.targets.loss import surprisal_of, token_loss


def test_a_batch_without_a_learned_token_says_nothing_and_is_no_nan() -> None:
    logits = torch.randn(2, 3, 5, requires_grad=True)
    nothing = torch.full((2, 3), IGNORED)
    loss = token_loss(logits, nothing)
    loss.backward()
    assert loss.item() == 0 and not logits.grad.any()
    assert all(not part.any() for part in surprisal_of(logits.detach(), nothing))


def test_it_is_the_mean_over_the_learned_tokens() -> None:
    logits, labels = torch.randn(2, 3, 5), torch.tensor([[1, IGNORED, 4], [IGNORED, IGNORED, 0]])
    each = torch.log_softmax(logits, -1)
    expected = -(each[0, 0, 1] + each[0, 2, 4] + each[1, 2, 0]) / 3
    torch.testing.assert_close(token_loss(logits.bfloat16().float(), labels), expected, atol=0.05, rtol=0.05)
    torch.testing.assert_close(token_loss(logits, labels), expected)
