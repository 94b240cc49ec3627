"""The same validation rows with the adapter and without it: fixed, broken, unchanged, and who answers without it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from core import models, training
from core.runs import RunContext, create_run
from core.training.outcome import on_off
from core.training.outcome.changes import BROKEN, FIXED, UNCHANGED
from core.training.outcome.on_off import ON_OFF, compare_with_base, most_frequent, one_answer, spread
from core.training.outcome.without import BASE, ZERO_SHOT, respelled, who_answers
from core.training.run import data_of, run
from core.workspaces import LOCAL
from tests.imported import import_once
from tests.tiny_models import tiny
from tests.unit.training.conftest import KINDS, sentences

DIALS = {"epochs": 6, "rank": 4, "batch_rows": 16, "learning_rate": 5e-3}


def base(*task_names: str, labels: tuple[str, ...] = ()) -> SimpleNamespace:
    return SimpleNamespace(tasks=task_names, labels=labels)


@pytest.mark.parametrize(
    ("files", "problem", "how"),
    [
        (base("text-classification", labels=("Praise", "blame", "delay")), "single", BASE),
        (base("text-classification", labels=("praise", "blame", "delay")), "multi", BASE),
        (base("text-classification", labels=("LABEL_0", "LABEL_1", "LABEL_2")), "single", None),
        (base("feature-extraction"), "single", ZERO_SHOT),
        (base("feature-extraction"), "multi", None),
        (base("text-generation"), "single", None),
    ],
)
def test_who_answers_without_the_adapter(files, problem: str, how: str | None) -> None:
    assert who_answers("text-classification", files, sorted(KINDS.values()), problem) == how


def test_a_bare_body_answers_by_the_names_of_the_labels(tuned, known) -> None:
    frame = sentences(120)
    folder = tuned(frame, dials=DIALS)
    assert run(RunContext(known, folder)) == "done"
    rows, counts = pd.read_parquet(folder.path / ON_OFF), folder.summary()["on_off"]
    assert rows.columns.tolist() == ["row", "text", "truth", "off", "on", "change"] and counts["how"] == ZERO_SHOT
    assert counts["rows"] == len(rows) == folder.summary()["validation_rows"]
    assert rows["text"].tolist() == frame["text"][rows["row"]].tolist() and set(rows["off"]) <= set(KINDS.values())
    right_off, right_on = rows["off"] == rows["truth"], rows["on"] == rows["truth"]
    assert (counts["right_off"], counts["right_on"]) == (right_off.sum(), right_on.sum())
    assert rows["change"].tolist() == np.select([right_on & ~right_off, right_off & ~right_on], ["fixed", "broken"], "unchanged").tolist()
    assert [counts[name] for name in ("fixed", "broken", "unchanged")] == [
        (rows["change"] == name).sum() for name in (FIXED, BROKEN, UNCHANGED)
    ]
    # on_off_rows bounds them
    fewer = again(known.model_copy(update={"on_off_rows": 5}), folder)
    assert fewer["rows"] == 5
    none = again(known.model_copy(update={"on_off_rows": 0}), folder)
    assert "on_off_rows" in none["why_not"]


def again(settings, folder) -> dict:
    context = RunContext(settings, folder)
    return compare_with_base(context, folder.spec(), data_of(context, folder.spec()).objective)


def test_a_base_that_knows_the_labels_answers_itself_and_what_it_lacks_costs_no_finetune(known, tmp_path, monkeypatch) -> None:
    labels = tuple(sorted(KINDS.values()))
    tiny(known.model_roots[0] / "head", "bert", "AutoModelForSequenceClassification", labels=labels, initializer_range=0.02)
    models.add_local(known, known.model_roots[0] / "head", "head")
    sentences(60).to_csv(tmp_path / "learn.csv", index=False)
    table = import_once(known, LOCAL, tmp_path / "learn.csv")
    given = {"task": "text-classification", "model": "local:head", "roles": {"text": "text", "label": "label"}, "dials": {"epochs": 1}}
    folder = create_run(known, training.make_spec(known, table, owner=LOCAL, name="more", **given), owner=LOCAL, input_table=table.path)
    assert run(RunContext(known, folder)) == "done"
    assert folder.summary()["on_off"]["how"] == BASE

    def full(*given: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(on_off, "load_off", full)
    assert "Memory ran out" in again(known, folder)["why_not"]


def test_the_label_of_most_rows_is_told() -> None:
    assert most_frequent(pa.table({"truth": ["spam", "ham", "ham"]})) == {"most_frequent": "ham", "most_frequent_rows": 2}


def test_one_answer_for_every_row_is_told() -> None:
    truth = ["ham", "spam", "ham"]
    assert one_answer(pa.table({"truth": truth, "prediction": ["ham"] * 3})) == {"one_answer": "ham"}
    assert one_answer(pa.table({"truth": ["1", "2"], "prediction": [1.25, 1.25]})) == {"one_answer": "1.25"}
    assert one_answer(pa.table({"truth": truth, "prediction": ["ham", "ham", "spam"]})) == {}
    assert one_answer(pa.table({"truth": ["ham"] * 2, "prediction": ["ham"] * 2})) == {}


def test_a_base_without_numbers_has_none_to_compare(tuned, known) -> None:
    frame = sentences(60)
    frame["label"] = frame["label"].map({"praise": "1.5", "blame": "2.25", "delay": "3.75"})
    folder = tuned(frame, problem="regression", dials={"epochs": 1})
    assert run(RunContext(known, folder)) == "done"
    assert "no head that gives a number" in folder.summary()["on_off"]["why_not"] and not (folder.path / ON_OFF).exists()


def test_a_base_is_read_in_the_adapters_spelling() -> None:
    assert respelled("PRAISE", ["praise", "blame"], "single") == "praise"
    assert respelled("Good", ["good", "Good"], "single") == "Good", "two labels that differ in case only stay two"
    assert respelled("B; a; other", ["A", "b"], "multi") == "b; A; other"


def test_rows_are_spread_over_the_table() -> None:
    assert spread(3, 5).tolist() == [0, 1, 2] and spread(101, 5).tolist() == [0, 25, 50, 75, 100]
