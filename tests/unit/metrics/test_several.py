"""Several labels a row: equal to scikit-learn, with intervals that hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from core.metrics.resampling import RESAMPLED_ROWS
from core.metrics.several import several_metrics

LABELS = ("joy", "anger", "fear", "never")


def drawn(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    true = random.random((rows, 4)) < (0.5, 0.2, 0.1, 0)
    return true, true ^ (random.random((rows, 4)) < (0.2, 0.1, 0.1, 0))


def named(marks: np.ndarray) -> list[list[str]]:
    return [[LABELS[place] for place in np.flatnonzero(row)] for row in marks]


def test_values_equal_scikit_learns() -> None:
    true, said = drawn(400)
    found, unmatched = several_metrics(named(true), named(said), LABELS, {})
    assert not unmatched
    for name, score in (("f1", f1_score), ("precision", precision_score), ("recall", recall_score)):
        for average in ("micro", "macro"):
            expected = score(true, said, average=average, zero_division=0)
            assert found["metrics"][f"{name}_{average}"]["value"] == pytest.approx(expected, abs=1e-12)
    assert found["metrics"]["f1_weighted"]["value"] == pytest.approx(f1_score(true, said, average="weighted", zero_division=0))
    assert found["metrics"]["same_labels"]["value"] == pytest.approx((true == said).all(axis=1).mean())
    assert found["per_class"]["anger"]["f1"] == pytest.approx(f1_score(true[:, 1], said[:, 1]))
    assert found["per_class"]["never"] == {"precision": None, "recall": None, "f1": None, "support": 0, "predicted": 0}


def test_an_interval_is_as_wide_as_samples_differ() -> None:
    values, widths = [], []
    for seed in range(40):
        true, said = drawn(300, seed)
        figure = several_metrics(named(true), named(said), LABELS, {})[0]["metrics"]["f1_micro"]
        values.append(figure["value"])
        widths.append(figure["high"] - figure["low"])
        assert figure["low"] < figure["value"] < figure["high"] and figure["n"] == 300
    assert np.mean(widths) == pytest.approx(2 * 1.96 * np.std(values), rel=0.4)


def test_more_rows_than_are_resampled_give_a_narrower_interval() -> None:
    few, many = (several_metrics(*map(named, drawn(rows)), LABELS, {})[0]["metrics"]["f1_micro"] for rows in (10_000, 4 * RESAMPLED_ROWS))
    ratio = (many["high"] - many["low"]) / (few["high"] - few["low"])
    assert ratio == pytest.approx((10_000 / (4 * RESAMPLED_ROWS)) ** 0.5, rel=0.25)


def test_rows_without_truth_or_answer_are_left_out_and_strange_labels_counted() -> None:
    truth = [("Joy ", "wrath"), None, ("fear",), ("fear",), ()]
    said = [("joy",), ("joy",), None, ("fear", "joy"), ()]
    found, unmatched = several_metrics(truth, said, LABELS, {})
    assert found["metrics"]["same_labels"]["n"] == 3 and unmatched == {"wrath": 1}
    found, unmatched = several_metrics(truth, said, LABELS, {"wrath": "anger"})
    assert not unmatched and found["per_class"]["anger"]["support"] == 1


def test_nothing_to_compare_gives_no_numbers() -> None:
    found, _ = several_metrics([None], [("joy",)], LABELS, {})
    assert all(figure == {"value": None, "low": None, "high": None, "n": 0} for figure in found["metrics"].values())
