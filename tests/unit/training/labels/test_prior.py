"""A head that has not looked at a text says how frequent its labels are."""

from __future__ import annotations

import numpy as np
import torch

from core.training.labels.loss import loss_of
from core.training.labels.prior import logits_of_one, logits_of_several


def test_one_label_has_its_share_also_where_it_was_never_seen() -> None:
    found = np.exp(logits_of_one(np.array([97, 0, 0])))
    np.testing.assert_allclose(found, [0.98, 0.01, 0.01], rtol=1e-6)


def test_of_several_labels_each_has_its_share() -> None:
    found = 1 / (1 + np.exp(-logits_of_several(np.array([8.0, 0.0, 98.0]), 98)))
    np.testing.assert_allclose(found, [0.09, 0.01, 0.99], rtol=1e-5)


def test_no_other_constant_has_a_smaller_loss_weighted_or_not() -> None:
    numbers = np.random.default_rng(0)
    one = numbers.choice(3, 50_000, p=[0.9, 0.07, 0.03])
    several = (numbers.random((50_000, 3)) < [0.5, 0.02, 0.9]).astype(np.float32)
    for targets, problem, prior in (
        (one, "single_label_classification", lambda weights: logits_of_one(np.bincount(one), weights)),
        (several, "multi_label_classification", lambda weights: logits_of_several(several.sum(axis=0), len(several), weights)),
    ):
        for weights in (None, np.array([1.0, 4.0, 9.0], np.float32)):
            logits = torch.from_numpy(prior(weights)).requires_grad_()
            weighing = None if weights is None else torch.from_numpy(weights)
            loss_of(logits.expand(50_000, 3), torch.from_numpy(targets), problem, weights=weighing).backward()
            assert logits.grad.abs().max() < 1e-3
