"""Two tables beside each other, in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.errors import BadInput
from core.evaluation import drift

COLUMNS = {"text": "text", "prediction": "prediction", "confidence": "confidence", "label": "label"}
WORDS = ("film", "phone", "battery", "story", "slow", "fast", "good", "bad", "price", "screen")


def table(rows: int, seed: int, *, words: tuple[str, ...] = WORDS, longest: int = 10, good: float = 0.5, sure: float = 8.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    said = np.where(rng.random(rows) < good, "good", "bad")
    texts = [" ".join(rng.choice(words, rng.integers(2, longest))) for _ in range(rows)]
    return pd.DataFrame({"text": texts, "prediction": said, "confidence": rng.beta(sure, 2, rows), "label": said})


def test_a_new_table_of_the_same_source_has_not_moved(settings, write) -> None:
    found = drift(settings, write(table(600, 0)), write(table(500, 1)), COLUMNS)
    assert [each.size for each in found.findings] == ["none"] * 6 and "Nothing that was compared has moved" in found.sentence
    assert [each.what for each in found.findings] == ["length", "vocabulary", "unseen", "prediction", "confidence", "label"]


def test_what_moved_is_named(settings, write) -> None:
    moved = table(500, 1, words=(*WORDS[:5], "unicorn", "rainbow"), longest=25, good=0.9, sure=3.0)
    found = drift(settings, write(table(600, 0)), write(moved), COLUMNS)
    said = {each.what: each for each in found.findings}
    assert "longer" in said["length"].sentence and said["length"].size == "large" and said["length"].p < 1e-9
    assert "unicorn" in said["vocabulary"].sentence and said["vocabulary"].statistic > 0.3
    assert set(said["unseen"].groups) == {"unicorn", "rainbow"} and "2" in f"{said['unseen'].statistic:.2f}"
    assert "instead of" in said["prediction"].sentence and "less sure" in said["confidence"].sentence
    assert "6 of 6 properties have moved" in found.sentence
    for each in found.findings:
        assert len(each.groups) == len(each.train) == len(each.new)
    assert sum(said["length"].train) == pytest.approx(1) and sum(said["confidence"].new) == pytest.approx(1)


def test_columns_may_have_other_names_and_few_rows_say_so(settings, write) -> None:
    new = table(20, 1).rename(columns={"text": "Tweet"})
    found = drift(settings, write(table(600, 0)), write(new), {"text": "text", "confidence": "confidence"}, {"text": "Tweet"})
    assert [each.what for each in found.findings] == ["length", "vocabulary", "unseen"]
    assert found.findings[0].size == "unknown" and "too few to tell" in found.findings[0].sentence
    with pytest.raises(BadInput, match="in both tables"):
        drift(settings, write(new), write(new), {"text": "Tweet"}, {"label": "label"})


def test_of_large_tables_some_rows_are_read(settings, write) -> None:
    few = settings.model_copy(update={"drift_rows": 200})
    found = drift(few, write(table(600, 0)), write(table(300, 1)), {"prediction": "prediction"})
    assert (found.train_rows, found.new_rows) == (600, 300) and "At most 200 rows" in found.notes[0]
