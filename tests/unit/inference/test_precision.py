"""The precision is chosen on the user's rows, once, and kept."""

from __future__ import annotations

import threading

import numpy as np
import pyarrow as pa
import pytest

from core.inference import precision
from core.inference.precision import compare, settled_before_probe
from core.inference.run import run
from core.inference.score import Scored, Scorer
from core.runs import RunContext


@pytest.fixture
def many(new_run):
    return lambda **choices: new_run({"text": [f"good phone {number}" for number in range(80)]}, **choices)


@pytest.fixture
def quick(settings, monkeypatch):
    """Settings under which eighty rows are worth a probe of eight, on a processor that has bf16."""
    monkeypatch.setattr(precision, "cpu_has_bf16", lambda: True)
    return settings.model_copy(update={"probe_rows": 8})


def test_the_choice_before_a_probe(settings, monkeypatch) -> None:
    monkeypatch.setattr(precision, "cpu_has_bf16", lambda: True)
    assert settled_before_probe(settings, "bf16", 10).precision == "bf16"
    assert settled_before_probe(settings, "fp32", 10**6).precision == "fp32"
    assert settled_before_probe(settings, "auto", 4 * settings.probe_rows - 1).precision == "fp32"
    assert settled_before_probe(settings, "auto", 4 * settings.probe_rows) is None
    monkeypatch.setattr(precision, "cpu_has_bf16", lambda: False)
    assert settled_before_probe(settings, "auto", 10**6).precision == "fp32"


def test_bf16_is_taken_where_it_agrees_and_probed_rows_are_not_scored_again(many, context_of, quick, monkeypatch) -> None:
    monkeypatch.setattr(precision, "compare", lambda loaded, one, other: (np.ones(8, bool), np.zeros(8)))
    counted, original = [], Scorer.outputs
    monkeypatch.setattr(Scorer, "outputs", lambda self, encoded, items: counted.append(len(items)) or original(self, encoded, items))
    told, report = [], RunContext.report
    monkeypatch.setattr(RunContext, "report", lambda self, stage, *amounts: told.append(stage) or report(self, stage, *amounts))
    folder = many()
    assert run(context_of(folder, settings=quick)) == "done"
    said = [stage for stage in told if "precision" in stage]
    assert said == [f"choosing the precision by scoring 8 rows in several ways, now in {precision}" for precision in ("fp32", "bf16")]
    assert folder.summary()["precision"] == "bf16" and folder.summary()["failed"] == 0
    assert sum(counted) == 80 + 8
    assert folder.choices()["precision"]["precision"] == "bf16"


@pytest.mark.parametrize(("same", "change", "expected"), [(0.98, 0.0, "fp32"), (1.0, 0.02, "fp32"), (0.99, 0.009, "bf16")])
def test_the_limits_of_agreement(many, context_of, quick, monkeypatch, same: float, change: float, expected: str) -> None:
    rows = 1_000
    monkeypatch.setattr(precision, "compare", lambda loaded, one, other: (np.arange(rows) < same * rows, np.full(rows, change)))
    folder = many()
    run(context_of(folder, settings=quick))
    assert folder.summary()["precision"] == expected


def test_where_bf16_disagrees_the_result_is_the_one_of_fp32(many, context_of, quick, settings, monkeypatch) -> None:
    import pyarrow.parquet as pq

    monkeypatch.setattr(precision, "compare", lambda loaded, one, other: (np.zeros(8, bool), np.ones(8)))
    probed, plain = many(), many(precision="fp32")
    run(context_of(probed, settings=quick))
    run(context_of(plain))
    ours, theirs = (pq.read_table(folder.result_path)["p_POSITIVE"].to_numpy() for folder in (probed, plain))
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_a_resume_never_switches(many, context_of, quick, monkeypatch) -> None:
    monkeypatch.setattr(precision, "compare", lambda loaded, one, other: (np.ones(8, bool), np.zeros(8)))
    folder = many()
    stop = threading.Event()
    original = Scorer.score

    def score(self, window, stop_requested=lambda: False):
        yield from original(self, window, stop_requested)
        if len(window.keys) > 8:  # the first window after the probe
            stop.set()

    monkeypatch.setattr(Scorer, "score", score)
    assert run(context_of(folder, settings=quick, stop=stop)) == "stopped"
    assert folder.choices()["precision"]["precision"] == "bf16"
    monkeypatch.setattr(precision, "cpu_has_bf16", lambda: False)
    assert run(context_of(folder, settings=quick, attempt=2)) == "done"
    assert folder.summary()["precision"] == "bf16"


def test_a_row_that_only_fp32_can_score_counts_as_changed() -> None:
    class Task:
        def agreement(self, one, other):
            return np.asarray(one["prediction"]) == np.asarray(other["prediction"]), np.zeros(len(one["prediction"]))

    class Loaded:
        task = Task()

    def scored(keys: list[int], answers: list[str]) -> Scored:
        return Scored(np.array(keys), {"prediction": pa.array(answers)}, {}, np.zeros(len(keys)), np.zeros(len(keys)))

    same, change = compare(Loaded(), [scored([3, 1], ["a", "b"]), scored([2], ["c"])], [scored([1, 3], ["b", "x"])])
    assert sorted(same.tolist()) == [False, False, True] and change.max() == 1.0
    assert compare(Loaded(), [], [])[0].size == 0


@pytest.mark.parametrize(("same", "expected"), [(0.99, "int8"), (0.98, "fp32")])
def test_int8_is_taken_only_where_it_agrees_even_in_a_small_table(new_run, context_of, settings, monkeypatch, same, expected) -> None:
    monkeypatch.setattr(precision, "compare", lambda loaded, one, other: (np.arange(1_000) < 1_000 * same, np.zeros(1_000)))
    folder = new_run({"text": [f"good phone {number}" for number in range(9)]}, precision="int8")
    assert run(context_of(folder, settings=settings)) == "done"
    summary = folder.summary()
    assert summary["precision"] == expected and summary["failed"] == 0
    assert ("changes too many answers" in summary["precision_reason"]) == (expected == "fp32")


def test_a_resume_in_int8_gives_the_rows_that_it_would_have_given(new_run, context_of, settings, monkeypatch) -> None:
    import pyarrow.parquet as pq

    monkeypatch.setattr(precision, "compare", lambda loaded, one, other: (np.ones(8, bool), np.zeros(8)))
    rows = {"text": [f"a phone of number {number}" for number in range(40)]}
    whole, cut = new_run(rows, precision="int8"), new_run(rows, precision="int8")
    few = settings.model_copy(update={"probe_rows": 8, "token_budget": 1})
    run(context_of(whole, settings=few))
    stop, original = threading.Event(), Scorer.score

    def score(self, window, stop_requested=lambda: False):
        yield from original(self, window, stop_requested)
        if cut.choices().get("precision"):
            stop.set()

    monkeypatch.setattr(Scorer, "score", score)
    assert run(context_of(cut, settings=few, stop=stop)) == "stopped"
    assert run(context_of(cut, settings=few, attempt=2)) == "done"
    assert cut.summary()["precision"] == "int8"
    one, two = (pq.read_table(folder.result_path)["confidence"].to_numpy() for folder in (whole, cut))
    np.testing.assert_allclose(one, two, atol=1e-6)
