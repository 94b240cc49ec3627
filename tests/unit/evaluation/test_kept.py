"""The validation rows of a fine-tune as a result table, for every kind of answer that is kept."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from core.errors import Conflict
from core.evaluation import evaluate, table_of_run
from core.runs import RunFolder, create_run
from core.schema import FinetuneSpec, Search, SearchSpec, TableSource
from core.settings import Settings
from core.training.outcome.kept_answers import write_kept


def tuned(settings: Settings, folder: Path, frame: pd.DataFrame, **changes: object) -> RunFolder:
    """The run of a fine-tune on a table, before it has kept anything."""
    path = folder / "input.parquet"
    frame.to_parquet(path)
    facts = {"task": "text-classification", "table": TableSource(id="0" * 64, name="t", rows=len(frame)), "model": "embedded:minilm"}
    spec = FinetuneSpec(**facts | {"revision": "0" * 64, "name": "mine", "roles": {"text": "text", "label": "label"}} | changes)
    return create_run(settings, spec, owner="me", input_table=path)


def test_rows_are_those_of_the_table_and_the_users_columns_stay(settings: Settings, tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": list("abcdef"), "label": list("xyxyxy"), "prediction": list("123456"), "p_x": range(6)})
    run = tuned(settings, tmp_path, frame)
    with pytest.raises(Conflict, match="kept validation answers"):
        table_of_run(settings, run)
    results = pa.table({"prediction": ["y", "x", "x"], "confidence": [0.9, 0.6, 0.7], "p_x": [0.1, 0.6, 0.7], "p_y": [0.9, 0.4, 0.3]})
    write_kept(run.path, np.array([5, 0, 3]), ["y", "x", "y"], results, "single")
    path, spec = table_of_run(settings, run)
    made = pd.read_parquet(path)
    assert made["text"].tolist() == ["a", "d", "f"] and made["prediction"].tolist() == ["1", "4", "6"] and made["p_x"].tolist() == [0, 3, 5]
    assert made["prediction_2"].tolist() == ["x", "x", "y"] and made["table_row"].tolist() == [1, 4, 6]
    assert spec.columns == {"prediction": "prediction_2", "label": "truth", "confidence": "confidence", "text": "text"}
    found = evaluate(settings, path, spec)
    assert found.metrics["accuracy"].value == pytest.approx(2 / 3) and found.spec.out_of_sample
    assert found.spec.probabilities == {"x": "p_x_2", "y": "p_y"}


def test_it_is_made_again_when_the_answers_are(settings: Settings, tmp_path: Path) -> None:
    run = tuned(settings, tmp_path, pd.DataFrame({"text": ["a", "b"], "label": ["x", "y"]}))
    for said in ("x", "y"):
        write_kept(run.path, np.array([0, 1]), ["x", "y"], pa.table({"prediction": [said, "y"]}), "single")
        path, spec = table_of_run(settings, run)
        assert evaluate(settings, path, spec).metrics["accuracy"].value == (1.0 if said == "x" else 0.5)


def test_a_search_keeps_the_rows_of_its_best_trial(settings: Settings, tmp_path: Path) -> None:
    base = tuned(settings, tmp_path, pd.DataFrame({"text": ["a", "b"], "label": ["x", "y"], "city": ["u", "v"]}))
    spec = SearchSpec(base=base.spec(), search=Search(space={"rank": (2, 8)}, trials=2))
    run = create_run(settings, spec, owner="me", input_table=base.input_path)
    with pytest.raises(Conflict, match="kept validation answers"):
        table_of_run(settings, run)
    write_kept(run.path, np.array([0, 1]), ["x", "y"], pa.table({"prediction": ["x", "x"]}), "single")
    path, asked = table_of_run(settings, run)
    assert evaluate(settings, path, asked).metrics["accuracy"].value == 0.5
    assert pd.read_parquet(path)["city"].tolist() == ["u", "v"] and asked.columns["text"] == "text" and asked.out_of_sample
    assert "its dials were chosen by them" in asked.rows_are


def test_numbers(settings: Settings, tmp_path: Path) -> None:
    run = tuned(settings, tmp_path, pd.DataFrame({"text": ["a", "b", "c"], "label": [1.0, 2.0, 4.0]}))
    write_kept(run.path, np.arange(3), ["1.0", "2.0", "4.0"], pa.table({"prediction": [1.5, 2.0, 3.0]}), "regression")
    found = evaluate(settings, *table_of_run(settings, run))
    assert found.problem == "regression" and found.metrics["mae"].value == pytest.approx(0.5)


def test_entities_are_compared_with_the_tags(settings: Settings, tmp_path: Path) -> None:
    tags = [["B-PER", "O"], ["O", "B-LOC"]]
    frame = pd.DataFrame({"words": [json.dumps(["Ada", "runs"]), json.dumps(["in", "Rome"])], "tags": [json.dumps(row) for row in tags]})
    run = tuned(settings, tmp_path, frame, task="token-classification", roles={"tokens": "words", "tags": "tags"})
    found = [{"label": "PER", "first_word": 1, "last_word": 1}], [{"label": "PER", "first_word": 2, "last_word": 2}]
    results = pa.table({"prediction": ["Ada (PER)", "Rome (PER)"], "confidence": [0.9, 0.8], "entities": list(found)})
    write_kept(run.path, np.arange(2), ["Ada (PER)", "Rome (LOC)"], results, "", tags=frame["tags"].tolist())
    measured = evaluate(settings, *table_of_run(settings, run))
    assert measured.problem == "entities" and measured.metrics["entity_recall"].value == 0.5
    assert {one.label for one in measured.per_class} == {"PER", "LOC"}
