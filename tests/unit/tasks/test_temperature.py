"""A model that was saved with a temperature gives rescaled probabilities and the same labels; the option turns that off."""

from __future__ import annotations

import numpy as np
import pytest

from core.metrics.calibration import tempered
from core.tasks import TaskModel, get
from core.tasks.base import Encoded
from core.tasks.text_classification import TextClassificationOptions

LABELS = ("a", "b", "c")
LOGITS = np.random.default_rng(0).normal(scale=4, size=(50, 3)).astype(np.float32)
NOTHING = Encoded({}, np.empty(0, np.int64), 0, np.empty(0, np.int64), np.empty(0, np.int64), {})


def answered(noted: float, problem: str = "single", **options: object) -> dict[str, np.ndarray]:
    chosen = TextClassificationOptions.model_validate(options)
    model = TaskModel(labels=LABELS, problem=problem, temperature=noted, options=chosen)
    columns = get("text-classification").decode(model, [row[None] for row in LOGITS], np.arange(len(LOGITS)), NOTHING)
    return {name: column.to_numpy(zero_copy_only=False) for name, column in columns.items()}


@pytest.mark.parametrize("temperature", [0.3, 2.5, 50.0])
def test_probabilities_are_rescaled_and_labels_stay(temperature: float) -> None:
    plain, warm = answered(1.0), answered(temperature, logits=True)
    expected = tempered(LOGITS.astype(np.float64), temperature)
    np.testing.assert_allclose(np.column_stack([warm[f"p_{label}"] for label in LABELS]), expected, rtol=1e-12)
    np.testing.assert_allclose(warm["confidence"], expected.max(1), rtol=1e-12)
    np.testing.assert_allclose(np.column_stack([warm[f"logit_{label}"] for label in LABELS]), LOGITS / temperature, rtol=1e-6)
    assert warm["prediction"].tolist() == plain["prediction"].tolist()


def test_off_and_heads_without_a_softmax_are_as_the_weights_give_them() -> None:
    plain = answered(1.0)
    off = answered(2.5, temperature="off")
    assert all((off[name] == plain[name]).all() for name in plain)
    several = answered(1.0, "multi")
    assert all((answered(2.5, "multi")[name] == several[name]).all() for name in several)
