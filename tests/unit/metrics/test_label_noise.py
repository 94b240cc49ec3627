"""Labels that were turned on purpose are found."""

from __future__ import annotations

import numpy as np

from core.metrics.label_noise import held_out_probabilities, label_suspects


def clouds(rows: int, turned: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three clouds of vectors, their labels with some turned, and which rows those are."""
    rng = np.random.default_rng(0)
    truth = np.arange(rows) % 3
    vectors = rng.normal(size=(rows, 8)) + 6 * np.eye(3, 8)[truth]
    wrong = rng.choice(rows, turned, replace=False)
    given = truth.copy()
    given[wrong] = (given[wrong] + 1) % 3
    return vectors, given, wrong


def test_turned_labels_are_the_most_suspicious() -> None:
    vectors, given, wrong = clouds(300, 12)
    probabilities = held_out_probabilities(vectors, given)
    assert probabilities.shape == (300, 3) and np.allclose(probabilities.sum(1), 1)
    places, suggested, losses = label_suspects(given, probabilities)
    assert set(wrong.tolist()) <= set(places[:15].tolist()) and (np.diff(losses) <= 0).all()
    turned = np.isin(places, wrong)
    assert (suggested[turned] == (given[places[turned]] - 1) % 3).all()


def test_a_row_is_judged_by_a_model_that_has_not_seen_it() -> None:
    """Vectors that name each row would let a model that has seen a row repeat its label."""
    given = np.arange(60) % 2
    probabilities = held_out_probabilities(np.eye(60), given)
    assert (probabilities[np.arange(60), given] < 0.9).all()


def test_labels_below_their_bar_are_no_suspects() -> None:
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.45, 0.55], [0.1, 0.9], [0.2, 0.8]])
    places, _, _ = label_suspects(np.array([0, 0, 0, 1, 1]), probabilities)
    assert places.tolist() == []
    places, suggested, losses = label_suspects(
        np.array([0, 0, 1, 1, 1]), np.array([[0.9, 0.1], [0.8, 0.2], [0.95, 0.05], [0.1, 0.9], [0.2, 0.8]])
    )
    assert places.tolist() == [2] and suggested.tolist() == [0] and losses[0] == -np.log(0.05)
