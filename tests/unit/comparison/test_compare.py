"""Two runs side by side: what differs, who is right on the same rows, and when nobody can say."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from scipy.stats import binomtest

from core import models
from core.comparison import compare, side_by_side
from core.errors import BadInput, NotFound
from core.files import write_json
from core.runs import create_run
from core.schema import RehearsalSpec
from core.training.outcome.kept_answers import read_kept, write_kept

LABELS = ("bad", "good")


def reviews(rows: int = 40) -> pd.DataFrame:
    return pd.DataFrame({"text": [f"text {row}" for row in range(rows)], "label": ["Good" if row % 2 else "bad" for row in range(rows)]})


def answers(frame: pd.DataFrame, wrong: set[int], missing: set[int] = frozenset()) -> dict[str, list]:
    true = frame["label"].str.lower()
    other = {"good": "bad", "bad": "good"}
    said = [None if row in missing else other[label] if row in wrong else label for row, label in enumerate(true)]
    return {"prediction": said, "confidence": [0.9] * len(said)}


def test_two_predict_runs_on_the_same_rows(settings, scored) -> None:
    frame = reviews()
    frame.loc[39, "label"] = None  # no truth: agreement still counts it
    frame.loc[38, "label"] = "neither"
    one = scored(frame.fillna(""), answers(reviews(), set(range(12)), {30}), labels=LABELS)
    two = scored(frame.fillna(""), answers(reviews(), {10, 11, 20}, {31}), labels=LABELS, model="local:b", precision="bf16")
    write_json(one.metrics_path, {"metrics": {"mcc": (old := {"value": 0.4, "low": 0.1, "high": 0.6, "n": 38}), "accuracy": old}})
    write_json(two.metrics_path, {"metrics": {"accuracy": {"value": 0.9, "low": 0.8, "high": 1.0, "n": 38}}})
    found = compare(settings, one.id, two.id)
    assert found["kind"] == "predict" and [run["model"] for run in found["runs"]] == ["local:a", "local:b"]
    assert found["settings"] == {"model": ["local:a", "local:b"], "precision": ["auto", "bf16"]}
    paired = found["paired"]
    assert (paired["rows"], paired["compared"]) == (38, 36)  # 30 and 31 failed, 38 and 39 have no truth that the models know
    counts = {"both_right": 36 - 13, "both_wrong": 2, "fixed": 10, "broken": 1}
    assert {name: paired[name] for name in counts} == counts
    assert paired["mcnemar"] == pytest.approx(binomtest(1, 11).pvalue)
    assert paired["agreement"]["value"] == pytest.approx(27 / 38) and paired["agreement"]["n"] == 38
    difference = paired["differences"]["accuracy"]
    assert difference["value"] == pytest.approx(9 / 36) and 0 < difference["low"] < 9 / 36 < difference["high"]
    assert found["metrics"]["accuracy"]["difference"] == difference and found["why_not"] is None
    assert list(found["metrics"]) == ["accuracy", "mcc"] and found["metrics"]["mcc"]["values"] == [old, None]
    assert "difference" not in found["metrics"]["mcc"]


def test_each_run_is_measured_in_its_own_words(settings, scored) -> None:
    frame = reviews(10)
    one = scored(frame, answers(frame, {0}), labels=LABELS)
    said = ["LABEL_1" if label == "Good" else "LABEL_0" for label in frame["label"]]
    mapped = {"Good": "LABEL_1", "bad": "LABEL_0"}
    two = scored(frame, {"prediction": said, "confidence": [1.0] * 10}, labels=("LABEL_0", "LABEL_1"), label_map=mapped)
    paired = compare(settings, one.id, two.id)["paired"]
    assert (paired["fixed"], paired["both_right"], paired["agreement"]["value"]) == (1, 9, 0)


def test_different_tables_have_no_paired_test_and_it_says_why(settings, scored) -> None:
    one = scored(reviews(10), answers(reviews(10), {0}), labels=LABELS, name="a.csv")
    two = scored(reviews(12), answers(reviews(12), {0}), labels=LABELS, name="b.csv")
    found = compare(settings, one.id, two.id)
    assert found["paired"] is None and "different tables (a.csv and b.csv)" in found["why_not"]
    assert found["settings"]["table.rows"] == [10, 12] and "table.content" in found["settings"]


def test_without_a_label_column_only_agreement_is_known(settings, scored) -> None:
    frame = reviews(10)
    one, two = (scored(frame, answers(frame, wrong), labels=LABELS, roles={"text": "text"}) for wrong in ({0}, {1}))
    found = compare(settings, one.id, two.id)
    assert found["paired"]["agreement"]["value"] == 0.8 and found["paired"]["mcnemar"] is None
    assert "No row has an answer of your own" in found["why_not"]


def test_other_columns_of_truth_are_not_one_measure(settings, scored) -> None:
    frame = reviews(10).assign(second="bad")
    one = scored(frame, answers(frame, {0}), labels=LABELS)
    two = scored(frame, answers(frame, {0}), labels=LABELS, roles={"text": "text", "label": "second"})
    assert "different columns (label and second)" in compare(settings, one.id, two.id)["why_not"]


def test_a_run_without_a_result_is_no_error(settings, scored, tmp_path) -> None:
    one = scored(reviews(10), answers(reviews(10), {0}), labels=LABELS)
    two = scored(reviews(10), answers(reviews(10), {0}), labels=LABELS)
    two.result_path.unlink()
    found = compare(settings, one.id, two.id)
    assert found["paired"] is None and f"Run {two.id} has no finished result" in found["why_not"]


def finetune_answers(rows: range, wrong: set[int]) -> dict[int, tuple[str, str]]:
    return {row: ("good", "bad" if row in wrong else "good") for row in rows}


def test_two_finetunes_on_the_validation_rows_that_they_share(settings, finetuned) -> None:
    frame = reviews()
    one = finetuned(frame, finetune_answers(range(0, 10), {0, 1, 2}), dials={"rank": 4})
    two = finetuned(frame, finetune_answers(range(2, 12), {3, 11}), name="other", dials={"rank": 8, "metric": "loss"})
    found = compare(settings, one.id, two.id)
    assert found["settings"] == {"name": ["mine", "other"], "dials.rank": [4, 8], "dials.metric": ["quality", "loss"]}
    assert [run["best"] for run in found["runs"]] == [{"epoch": 2.0, "loss": 0.5, "quality": 0.8}] * 2
    paired = found["paired"]
    assert (paired["rows"], paired["both_right"], paired["fixed"], paired["broken"]) == (8, 6, 1, 1)


def test_finetunes_without_common_rows_or_without_answers(settings, finetuned) -> None:
    frame = reviews()
    one, two = (finetuned(frame, finetune_answers(rows, set()), seed=rows.start) for rows in (range(0, 5), range(5, 10)))
    assert "nothing in common" in compare(settings, one.id, two.id)["why_not"]
    unfinished = finetuned(frame, None)
    assert "it has not finished" in compare(settings, one.id, unfinished.id)["why_not"]


def test_numbers_are_compared_by_their_error(settings, finetuned) -> None:
    truth = {row: str(float(row)) for row in range(30)}
    one = finetuned(reviews(), {row: (cell, row + (1.0 if row % 3 else 1.5)) for row, cell in truth.items()}, problem="regression")
    two = finetuned(reviews(), {row: (cell, row - (0.5 if row % 3 else 0.6)) for row, cell in truth.items()}, problem="regression")
    paired = compare(settings, one.id, two.id)["paired"]
    assert paired["differences"]["absolute_error"]["value"] == pytest.approx(-(0.5 * 2 + 0.9) / 3)
    assert paired["differences"]["absolute_error"]["high"] < 0 and paired["mcnemar"] is None and paired["agreement"] is None


def test_several_labels_are_right_when_they_are_the_same(settings, finetuned) -> None:
    cells = ["a|b", '["a"]', "[]", "c"]
    one = finetuned(reviews(), dict(enumerate(zip(cells, ["b; a", "a", "", "a"], strict=True))), problem="multi", separator="|")
    two = finetuned(reviews(), dict(enumerate(zip(cells, ["a", "a", "c", "c"], strict=True))), problem="multi", separator="|")
    paired = compare(settings, one.id, two.id)["paired"]
    assert (paired["both_right"], paired["fixed"], paired["broken"]) == (1, 1, 2) and "same_labels" in paired["differences"]


def test_what_cannot_stand_side_by_side_is_refused(settings, scored, finetuned) -> None:
    one, other = scored(reviews(10), answers(reviews(10), set()), labels=LABELS), finetuned(reviews(), None)
    rehearsals = [create_run(settings, RehearsalSpec(rows=seed), owner="local") for seed in (1, 2)]
    for ids in ((one.id, one.id), (one.id, other.id), [run.id for run in rehearsals]):
        with pytest.raises(BadInput):
            compare(settings, *ids)
    with pytest.raises(NotFound):
        compare(settings, one.id, "../x")


def test_more_than_two_runs_have_a_column_each(settings, finetuned) -> None:
    runs = [finetuned(reviews(), None, dials={"rank": rank}) for rank in (2, 4, 4)]
    found = side_by_side(settings, [run.id for run in runs])
    assert found["settings"] == {"dials.rank": [2, 4, 4]} and len(found["runs"]) == 3


def test_an_adapter_that_has_seen_the_rows_is_named(settings, scored, finetuned, tmp_path) -> None:
    frame = reviews(10)
    maker = finetuned(frame, None)
    weights = tmp_path / "weights"
    shutil.copytree(Path(models.__file__).parent / "embedded" / "sentiment", weights)
    models.write_facts(weights, models.AdapterFacts(run=maker.id))
    for name, owner in (("mine", "local"), ("theirs", "other")):
        models.put_adapter(settings, owner, name, weights, replace=False)
    one = scored(frame, answers(frame, {0}), labels=LABELS, model="adapter:mine")
    two = scored(frame, answers(frame, {1}), labels=LABELS, model="adapter:theirs")
    assert compare(settings, one.id, two.id)["notes"] == [
        "adapter:mine was tuned on rows of table.csv: it has seen their labels, so its figures on it flatter."
    ]
    other = reviews(12)
    unseen = scored(other, answers(other, {0}), labels=LABELS, model="adapter:mine")
    assert compare(settings, unseen.id, two.id)["notes"] == []


def test_answers_that_an_earlier_version_kept_are_scored_by_their_labels(settings, finetuned) -> None:
    one, two = (finetuned(reviews(), finetune_answers(range(10), wrong), name=name) for wrong, name in (({0, 1}, "a"), ({2}, "b")))
    before = read_kept(one.path)
    write_kept(one.path, before.table["row"].to_numpy(), before.table["truth"].to_pylist(), before.table, "single")
    paired = compare(settings, one.id, two.id)["paired"]
    assert (paired["fixed"], paired["broken"], paired["differences"]["accuracy"]["value"]) == (2, 1, pytest.approx(0.1))
