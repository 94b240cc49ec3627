"""What a fine-tune says of its validation rows comes back as it was kept, with how right each row is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa

from core.schema import Role
from core.tasks.scoring import Scored
from core.training.outcome.kept_answers import in_words, read_kept, write_kept


def test_what_is_kept_comes_back_by_rows(tmp_path: Path) -> None:
    counts = np.array([[1.0, 2, 3], [np.nan] * 3, [0, 0, 0]])
    scored = Scored(np.array([0.0, np.nan, 1.0]), {"entity_f1": counts, "accuracy": np.array([0.5, 0.25, np.nan])})
    results = pa.table({"prediction": ["x", "y", "z"], "confidence": [0.1, None, 0.3]})
    write_kept(tmp_path, np.array([7, 3, 5]), ["a", None, "c"], results, "single", scored)
    kept = read_kept(tmp_path)
    assert kept.table.column_names == ["row", "truth", "prediction", "confidence"] and kept.problem == "single"
    assert kept.table["row"].to_pylist() == [3, 5, 7] and kept.table["prediction"].to_pylist() == ["y", "z", "x"]
    np.testing.assert_array_equal(kept.scored.right, [np.nan, 1.0, 0.0])
    np.testing.assert_array_equal(kept.scored.scores["entity_f1"], counts[[1, 2, 0]])
    fewer = kept.take(np.array([2]))
    assert fewer.table["row"].to_pylist() == [7] and fewer.scored.scores["accuracy"].tolist() == [0.5]


def test_numbers_are_not_right_or_wrong_and_nothing_is_nothing(tmp_path: Path) -> None:
    assert read_kept(tmp_path) is None
    write_kept(tmp_path, np.array([0]), ["1"], pa.table({"prediction": [1.5]}), "regression")
    kept = read_kept(tmp_path)
    assert kept.scored.right is None and not kept.scored.scores and kept.table["confidence"].to_pylist() == [None]


def test_tags_are_told_as_a_result_tells_entities() -> None:
    cells = {
        Role.TAGS: [json.dumps(["B-PER", "I-PER", "O", "B-LOC"]), None],
        Role.TOKENS: [json.dumps(["Ada", "Lovelace", "in", "Rome"]), ""],
    }
    assert in_words(cells) == ["Ada Lovelace (PER); Rome (LOC)", None]
    assert in_words({Role.TAGS: ["O B-LOC"], Role.TEXT: ["in  Rome"]}) == ["Rome (LOC)"]
    assert in_words({Role.ANSWER: ["x"]}) == ["x"] and in_words({Role.TARGET: ["y"]}) == ["y"] and in_words({}) is None
