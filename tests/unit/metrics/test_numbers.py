"""Predicted numbers: equal to scikit-learn and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

from core.metrics.numbers import number_metrics


@pytest.mark.parametrize("offset", [0, 1e7], ids=["small", "large"])
def test_values_equal_the_libraries(offset: float) -> None:
    random = np.random.default_rng(0)
    true = random.normal(3, 2, 500) + offset
    said = true + random.normal(0.5, 1, 500)
    found = number_metrics(true.tolist(), said.tolist())["metrics"]
    assert found["r2"]["value"] == pytest.approx(r2_score(true, said), rel=1e-6)
    assert found["mae"]["value"] == pytest.approx(mean_absolute_error(true, said))
    assert found["rmse"]["value"] == pytest.approx(mean_squared_error(true, said) ** 0.5)
    assert found["pearson"]["value"] == pytest.approx(pearsonr(true, said)[0], rel=1e-6)
    assert all(figure["low"] < figure["value"] < figure["high"] and figure["n"] == 500 for figure in found.values())


def test_what_is_missing_is_left_out_and_what_is_undefined_is_none() -> None:
    found = number_metrics([1.0, None, 1.0], [2.0, 3.0, 1.0])["metrics"]
    assert (found["mae"]["value"], found["mae"]["n"]) == (0.5, 2)
    assert found["r2"]["value"] is None and found["pearson"]["value"] is None
    assert number_metrics([], [])["metrics"]["rmse"]["value"] is None
