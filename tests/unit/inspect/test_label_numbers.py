"""Temperature, margin, entropy and the labels predicted, held to scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, softmax
from scipy.stats import entropy

from core.inspect.label_numbers import entropies, margins, predicted, probabilities_at

LOGITS = np.random.default_rng(0).normal(0, 4, (30, 5))
LABELS = list("abcde")


@pytest.mark.parametrize("temperature", [0.1, 1.0, 3.0])
def test_one_of_several_labels(temperature) -> None:
    found = probabilities_at(LOGITS, "single", temperature)
    np.testing.assert_allclose(found, softmax(LOGITS / temperature, axis=1), atol=1e-12)
    np.testing.assert_allclose(entropies(found, "single"), entropy(found, base=2, axis=1), atol=1e-9)
    ordered = np.sort(found, axis=1)
    np.testing.assert_allclose(margins(found, "single"), ordered[:, -1] - ordered[:, -2])
    assert predicted(found, LABELS, "single") == [[LABELS[place]] for place in LOGITS.argmax(axis=1)]


def test_a_higher_temperature_is_less_sure() -> None:
    cool, warm = probabilities_at(LOGITS, "single", 0.5), probabilities_at(LOGITS, "single", 2.0)
    assert (np.array(entropies(cool, "single")) < np.array(entropies(warm, "single"))).all()
    assert (cool.argmax(axis=1) == warm.argmax(axis=1)).all()


def test_several_labels_each_for_itself() -> None:
    bars = [0.1, 0.2, 0.5, 0.9, 0.4]
    found = probabilities_at(LOGITS, "multi")
    np.testing.assert_allclose(found, expit(LOGITS), atol=1e-12)
    want = sum(entropy(np.stack([found[:, place], 1 - found[:, place]]), base=2) for place in range(5))
    np.testing.assert_allclose(entropies(found, "multi"), want, atol=1e-9)
    np.testing.assert_allclose(margins(found, "multi", bars), np.abs(found - bars).min(axis=1))
    assert predicted(found, LABELS, "multi", bars)[0] == [LABELS[place] for place in np.flatnonzero(found[0] >= bars)]
    assert predicted(found, LABELS, "multi")[0] == [LABELS[place] for place in np.flatnonzero(LOGITS[0] >= 0)]


@pytest.mark.parametrize("problem", ["regression", "raw"])
def test_numbers_stay_as_they_are(problem) -> None:
    found = probabilities_at(LOGITS, problem, 2.0)
    assert (found == LOGITS).all() and margins(found, problem) == [None] * 30 == entropies(found, problem)


def test_what_is_certain_has_no_entropy() -> None:
    sure = probabilities_at([[1_000.0, 0.0]], "single")
    assert entropies(sure, "single") == [0.0] and margins(sure, "single") == [1.0]
    assert probabilities_at([[-1_000.0]], "score").tolist() == [[0.0]]
