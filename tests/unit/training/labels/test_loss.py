"""The loss of each problem is torch's, and class weights make every class count the same."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from core.training.labels.loss import class_weights, loss_of
from core.training.loop.quality import quality_of

LOGITS = torch.tensor([[2.0, -1.0, 0.5], [0.1, 0.2, 0.3]])


def test_the_losses_are_torchs() -> None:
    one = torch.tensor([0, 2])
    several = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    weights = torch.tensor([1.0, 2.0, 3.0])
    assert torch.allclose(
        loss_of(LOGITS, one, "single_label_classification", weights=weights, smoothing=0.1),
        functional.cross_entropy(LOGITS, one, weight=weights, label_smoothing=0.1),
    )
    assert torch.allclose(
        loss_of(LOGITS, several, "multi_label_classification"), functional.binary_cross_entropy_with_logits(LOGITS, several)
    )
    numbers = torch.tensor([1.5, -2.0])
    assert torch.allclose(loss_of(LOGITS[:, :1], numbers, "regression"), ((LOGITS[:, 0] - numbers) ** 2).mean())


def test_weighted_classes_count_the_same() -> None:
    targets = np.array([0] * 90 + [1] * 9 + [2])
    weights = class_weights(targets, "single_label_classification", 3)
    assert np.bincount(targets) * weights == pytest.approx(np.full(3, 100 / 3))
    several = class_weights(np.array([[1, 0], [1, 0], [1, 1], [0, 0]], np.float32), "multi_label_classification", 2)
    assert several == pytest.approx([1, 3])
    assert class_weights(np.array([0.5]), "regression", 1) is None


def test_quality_of_each_problem() -> None:
    assert quality_of(LOGITS.numpy(), np.array([0, 0]), "single_label_classification") == 0.5
    found = quality_of(np.array([[1.0, -1], [1, 1]]), np.array([[1, 0], [0, 1]]), "multi_label_classification")
    assert found == pytest.approx(2 * 2 / 5)
    assert quality_of(np.array([[1.0], [3.0]]), np.array([1.0, 3.0]), "regression") == 1
    assert quality_of(np.array([[2.0], [2.0]]), np.array([1.0, 3.0]), "regression") == pytest.approx(0)
