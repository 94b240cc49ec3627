"""Tables of predictions as a person would upload them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.comparison.conftest import scored  # noqa: F401  a fixture

LABELS = ("bad", "good", "mixed")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a frame as a table of its own."""

    def make(frame: pd.DataFrame | dict[str, Sequence[Any]]) -> Path:
        path = tmp_path / f"table-{len(list(tmp_path.iterdir()))}.parquet"
        pd.DataFrame(frame).to_parquet(path)
        return path

    return make


def reviews(rows: int = 400, seed: int = 0, *, heat: float = 1.0) -> pd.DataFrame:
    """Texts with a label, a prediction with probabilities, a city and an age; ``heat`` above 1 makes the model too sure."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, rows)
    logits = rng.normal(size=(rows, 3))
    logits[np.arange(rows), truth] += 1.5
    given = np.exp(heat * logits)
    given /= given.sum(1, keepdims=True)
    frame = pd.DataFrame(
        {
            "text": [f"review number {row}" for row in range(rows)],
            "label": [LABELS[number] for number in truth],
            "prediction": [LABELS[number] for number in given.argmax(1)],
            "city": np.where(np.arange(rows) < 9, "Ulm", np.where(np.arange(rows) % 3 > 0, "Rome", " Oslo ")),
            "age": rng.integers(18, 90, rows),
        }
    )
    return frame.assign(**{f"p_{label}": given[:, number] for number, label in enumerate(LABELS)})
