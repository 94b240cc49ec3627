"""What a person should know of a split before a model is trained on it."""

from __future__ import annotations

import numpy as np

from core.schema.training import Split
from core.tables.problems import number_of
from core.training.checks import Finding, finding
from core.training.splitting.split import NO_COLUMN_NEEDED

FAR = 0.25  # of the rows asked for; nearer than that the figures are about as sure
FEW_ROWS = 2  # that more or fewer are no news, whatever share they are


def share_missed(split: Split, train: np.ndarray, validation: np.ndarray, same: np.ndarray) -> Finding | None:
    """Validation rows by chance that are far more or fewer than asked for, because equal texts stay together.

    Args:
        train: rows to train on.
        validation: rows to measure with.
        same: an id for each row of the table; rows of one id stay together.
    """
    rows, texts = len(train) + len(validation), len(np.unique(same[np.concatenate([train, validation])]))
    asked = split.share * rows
    if split.method not in NO_COLUMN_NEEDED or texts == rows or abs(len(validation) - asked) <= max(FEW_ROWS, FAR * asked):
        return None
    verb = "measures" if len(validation) == 1 else "measure"
    return finding(
        f"{len(validation):,} of {number_of(rows, 'row')} {verb}, {len(validation) / rows:.1%} where {split.share:.1%} was asked for: rows "
        f"with the same text stay on one side, and there are only {number_of(texts, 'different text')}. "
        "Choose a text column with more different texts, another way to find validation rows, or another table of them.",
        validation,
    )
