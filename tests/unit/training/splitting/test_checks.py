"""What is said of a split before a training."""

from __future__ import annotations

import numpy as np
import pytest

from core.schema.training import Split
from core.settings import Settings
from core.training.labels.column import read_labels
from core.training.splitting.checks import share_missed
from core.training.splitting.same_texts import together
from core.training.splitting.split import split_rows


def parts(train: int, validation: int) -> tuple[np.ndarray, np.ndarray]:
    return np.arange(train), np.arange(train, train + validation)


@pytest.mark.parametrize("method", ["stratified", "random"])
def test_few_texts_that_miss_the_share_are_named(method: str) -> None:
    train, validation = parts(869, 82)
    found = share_missed(Split(method=method, share=0.2), train, validation, np.arange(951) % 12)
    assert found is not None and not found.stops and (found.count, found.rows[0]) == (82, 869)
    assert found.what.startswith("82 of 951 rows measure, 8.6% where 20.0% was asked for")
    assert "only 12 different texts" in found.what and "another table" in found.what


def test_so_does_a_real_split_of_few_texts(settings: Settings) -> None:
    texts = [f"reason {number % 5}" for number in range(60)] + ["reason 0"] * 300
    labels = read_labels(settings, ["a" if text == "reason 0" else "b" for text in texts])
    same, rows, split = together(texts), np.arange(360), Split(share=0.5)
    assert share_missed(split, *split_rows(settings, split, labels, rows, same=same), same) is not None


@pytest.mark.parametrize(
    ("split", "train", "validation", "texts"),
    [
        (Split(share=0.2), 80, 20, 12),  # as asked
        (Split(share=0.2), 84, 16, 12),  # near enough
        (Split(share=0.2), 9, 1, 5),  # one row of ten
        (Split(share=0.2), 95, 5, 100),  # no text twice: rare labels, which the list names already
        (Split(method="group", column="who", share=0.2), 95, 5, 12),
        (Split(method="column", column="part"), 95, 5, 12),
    ],
)
def test_other_splits_are_not_spoken_of(split: Split, train: int, validation: int, texts: int) -> None:
    assert share_missed(split, *parts(train, validation), np.arange(train + validation) % texts) is None
