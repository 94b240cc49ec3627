"""The job from spec to summary, with a tiny model."""

from __future__ import annotations

import threading

import pandas.testing
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import Conflict, LimitReached
from core.files import write_json
from core.inference import run_keys
from core.inference.run import run
from core.inference.score import Scorer
from core.runs import finished_keys, has_current_result, list_parts, read_progress
from core.runs.keys import read_keys
from core.runs.query import ResultQuery

TEXTS = ["good phone", "bad film and awful price", "good phone", "", "   ", None, "i love it", "not ok", "it broke after two days"]


def test_every_row_once_in_order_with_its_own_answer(new_run, context_of) -> None:
    folder = new_run({"id": list(range(9)), "text": TEXTS})
    assert run(context_of(folder)) == "done"
    result = pq.read_table(folder.result_path).to_pylist()
    assert [row["id"] for row in result] == list(range(9))
    assert [row["text"] for row in result] == TEXTS
    assert result[0]["prediction"] == result[2]["prediction"] and result[0]["confidence"] == result[2]["confidence"]
    assert [row["prediction"] is None for row in result] == [False, False, False, True, True, True, False, False, False]
    assert "empty" in result[3]["error"] and "empty" in result[4]["error"] and "no value" in result[5]["error"]
    assert all(result[index]["error"] is None for index in (0, 1, 2, 6, 7, 8))


def test_summary_has_the_keys_of_the_command_line(new_run, context_of) -> None:
    folder = new_run({"text": TEXTS})
    run(context_of(folder))
    summary = folder.summary()
    expected = "run rows failed skipped distinct truncated precision backend setup_seconds seconds rows_per_second out columns"
    assert set(expected.split()) <= set(summary)
    assert (summary["rows"], summary["skipped"], summary["distinct"], summary["failed"]) == (9, 3, 5, 0)
    assert summary["columns"] == ["prediction", "confidence", "p_NEGATIVE", "p_POSITIVE", "error"]
    assert summary["precision"] == "fp32" and summary["rows_per_second"] == pytest.approx(9 / summary["seconds"], rel=0.05)


def test_limit_scores_only_the_first_rows(new_run, context_of) -> None:
    folder = new_run({"text": TEXTS}, limit=2)
    run(context_of(folder))
    assert pq.read_table(folder.result_path).num_rows == 2
    assert folder.summary()["rows"] == 2


def test_truncated_rows_are_counted_with_their_duplicates(new_run, context_of) -> None:
    long = "good " * 100
    folder = new_run({"text": ["bad", long, long]})
    run(context_of(folder))
    summary = folder.summary()
    assert summary["truncated"] == 2
    assert summary["lost_tokens"] == 100 + 2 - 64
    assert any("longer than the model reads" in warning and "row 2 of the table" in warning for warning in summary["warnings"])


def test_a_stop_keeps_what_is_done_and_a_resume_scores_the_rest_once(new_run, context_of, settings, monkeypatch) -> None:
    texts = [f"good phone {number} " + "bad " * (number % 7) for number in range(120)]
    folder = new_run({"text": texts})
    scored, stop = [], threading.Event()
    original = Scorer.outputs

    def watched(self, encoded, items):
        scored.append(len(items))
        if len(scored) == 3:
            stop.set()
        return original(self, encoded, items)

    monkeypatch.setattr(Scorer, "outputs", watched)
    small = settings.model_copy(update={"token_budget": 64, "part_seconds": 0.01})
    assert run(context_of(folder, settings=small, stop=stop)) == "stopped"
    assert list_parts(folder) and not folder.result_path.exists()
    assert read_progress(folder).rows_done == len(finished_keys(folder, again_failed=False))  # what is told is what is kept
    assert run(context_of(folder, settings=small, attempt=2)) == "done"
    assert sum(scored) == 120
    whole = new_run({"text": texts})
    run(context_of(whole))
    assert pq.read_table(folder.result_path)["prediction"] == pq.read_table(whole.result_path)["prediction"]
    assert folder.summary()["rows_per_second"] > 0


def test_retry_scores_only_the_failed_rows(new_run, context_of, monkeypatch) -> None:
    folder = new_run({"text": ["good", "bad broke", "fine", "bad broke"]})
    original, seen = Scorer.outputs, []
    tasks_forward = "core.tasks.text_classification.TextClassification.forward"
    import core.tasks.text_classification as module

    forward = module.TextClassification.forward

    def failing(self, model, inputs):
        if inputs["input_ids"].shape[1] > 3:
            raise ValueError("this one\nnever works")
        return forward(self, model, inputs)

    monkeypatch.setattr(tasks_forward, failing)
    assert run(context_of(folder)) == "done"
    result = pq.read_table(folder.result_path).to_pylist()
    assert [row["error"] for row in result] == [None, "ValueError: this one never works", None, "ValueError: this one never works"]
    assert folder.summary()["failed"] == 2

    monkeypatch.setattr(tasks_forward, forward)
    monkeypatch.setattr(Scorer, "outputs", lambda self, encoded, items: seen.append(len(items)) or original(self, encoded, items))
    assert run(context_of(folder, attempt=2, retry_failed=True)) == "done"
    assert seen == [1]
    assert [row["error"] for row in pq.read_table(folder.result_path).to_pylist()] == [None] * 4
    assert folder.summary()["failed"] == 0


def test_another_model_under_the_same_name_is_refused(new_run, context_of, catalogue) -> None:
    from dataclasses import replace

    folder = new_run({"text": ["good"]})
    catalogue["local:bert"] = replace(catalogue["local:bert"], revision="f" * 64)
    with pytest.raises(Conflict, match="revision"):
        run(context_of(folder))


def test_a_table_of_empty_cells_gives_a_result_with_reasons(new_run, context_of) -> None:
    folder = new_run({"text": ["", None, " \u00a0\u3000"]})
    assert run(context_of(folder)) == "done"
    assert [row["error"][:8] for row in pq.read_table(folder.result_path).to_pylist()] == ["skipped:"] * 3
    assert run_keys(folder).tolist() == [-1, -2, -1]


def test_a_row_without_its_second_text_is_scored_with_the_first_alone(new_run, context_of) -> None:
    texts = ["good phone", "good phone", "good phone", "", "bad film"]
    folder = new_run({"text": texts, "reply": [None, "", "awful price", "ok", "  "]}, roles={"text": "text", "text_pair": "reply"})
    run(context_of(folder))
    alone = new_run({"text": texts})
    run(context_of(alone))
    paired, single = (pq.read_table(each.result_path)["confidence"].to_pylist() for each in (folder, alone))
    assert paired[:2] == pytest.approx(single[:2], abs=1e-6) and paired[4] == pytest.approx(single[4], abs=1e-6)
    assert paired[2] != pytest.approx(single[2], abs=1e-4)
    assert paired[3] is None and folder.summary()["skipped"] == 1 and folder.summary()["distinct"] == 3


def test_what_a_run_notes_serves_the_live_view_and_a_resume(new_run, context_of, settings) -> None:
    folder = new_run({"text": TEXTS})
    run(context_of(folder))
    kept = folder.choices()
    assert (kept["labels"], kept["problem"], kept["backend"], kept["device"]) == (["NEGATIVE", "POSITIVE"], "single", "torch", "cpu")
    assert read_keys(folder).tolist() == [0, 1, 0, -1, -1, -2, 6, 7, 8]
    finished = ResultQuery(settings, folder).page()
    folder.result_path.unlink()
    live = ResultQuery(settings, folder)
    assert not live.finished and live.labels == ["NEGATIVE", "POSITIVE"]
    pandas.testing.assert_frame_equal(live.page(), finished)


def test_a_run_begun_on_another_device_is_not_mixed(new_run, context_of) -> None:
    folder = new_run({"text": TEXTS})
    run(context_of(folder))
    write_json(folder.choices_path, {**folder.choices(), "device": "cuda"})
    with pytest.raises(Conflict, match="torch on cuda"):
        run(context_of(folder, attempt=2))


def test_progress_counts_rows_of_the_table(new_run, context_of) -> None:

    folder = new_run({"text": TEXTS})
    run(context_of(folder))
    progress = read_progress(folder)
    assert (progress.rows_done, progress.rows) == (9, 9)


def test_metrics_compare_with_the_users_labels_and_name_what_matches_none(new_run, context_of) -> None:
    texts = ["good phone", "bad film", "good phone", "", "i love it"]
    probe = new_run({"text": texts})
    run(context_of(probe))
    answers = pq.read_table(probe.result_path)["prediction"].to_pylist()
    truth = [f" {answers[0].lower()} ", "5", answers[2].upper(), "POSITIVE", "who knows"]
    roles = {"text": "text", "label": "Truth"}
    folder = new_run({"text": texts, "Truth": truth}, roles=roles, label_map={"5": answers[1]})
    run(context_of(folder))
    metrics = folder.metrics()
    assert metrics["metrics"]["accuracy"]["value"] == 1.0
    assert metrics["metrics"]["accuracy"]["n"] == 3  # the empty cell has no prediction, "who knows" no label
    assert metrics["unmatched"] == {"who knows": 1} == folder.summary()["unmatched"]


def test_a_users_column_named_prediction_stays_and_the_metrics_use_ours(new_run, context_of) -> None:
    columns = {"text": ["good phone", "bad film"], "prediction": ["theirs", "too"]}
    folder = new_run(columns, roles={"text": "text", "label": "prediction"})
    run(context_of(folder))
    result = pq.read_table(folder.result_path)
    assert result["prediction"].to_pylist() == ["theirs", "too"]
    assert result["prediction_2"].to_pylist()[0] in ("NEGATIVE", "POSITIVE")
    assert "prediction_2" in folder.summary()["columns"]
    assert folder.metrics()["unmatched"] == {"theirs": 1, "too": 1}


def test_the_job_writes_the_users_file(new_run, context_of, tmp_path) -> None:
    out = tmp_path / "out.csv"
    folder = new_run({"text": ["good", "=1+1"]}, out=out)
    run(context_of(folder))
    lines = out.read_text(encoding="utf-8").splitlines()
    assert lines[0].lstrip("\ufeff").split(",")[:2] == ["text", "prediction"] and len(lines) == 3
    assert folder.summary()["out"] == str(out)


def test_a_file_that_cannot_hold_the_rows_says_how_to_have_them(new_run, context_of, tmp_path) -> None:
    out = tmp_path / "out.xlsx"
    folder = new_run({"text": ["good", "bad"], "note": ["short", "x" * 40_000]}, out=out)
    with pytest.raises(LimitReached) as refused:
        run(context_of(folder))
    line = refused.value.one_line()
    assert "40,000 in column 'note' (row 3). Choose CSV or Parquet. Every row is scored and kept" in line
    assert line.endswith(f"python -m core results {folder.id} --out FILE.csv")
    assert not out.exists() and has_current_result(folder) and pq.read_table(folder.result_path)["prediction"].null_count == 0


@pytest.mark.parametrize("budget", [1, 8 * 64, 64 * 64])
def test_labels_are_the_same_for_any_batch_size(new_run, context_of, settings, budget: int) -> None:
    texts = ["good " * (1 + number % 9) + f"phone {number}" for number in range(60)]
    usual, other = new_run({"text": texts}), new_run({"text": texts})
    run(context_of(usual))
    run(context_of(other, settings=settings.model_copy(update={"token_budget": budget, "window_rows": 7})))
    one, two = (pq.read_table(folder.result_path) for folder in (usual, other))
    assert one["prediction"] == two["prediction"]
    assert max(abs(a - b) for a, b in zip(one["confidence"].to_pylist(), two["confidence"].to_pylist(), strict=True)) < 1e-5


class Crash(BaseException):
    """Stands for SIGKILL: nothing after it happens in this attempt."""


@pytest.mark.parametrize("after", [False, True], ids=["before the rename", "after the rename"])
@pytest.mark.parametrize("parts_before", [0, 1, 4])
def test_after_any_crash_each_row_has_its_own_answer(new_run, context_of, settings, monkeypatch, parts_before: int, after: bool) -> None:
    import core.inference.parts as module

    texts = [None if number % 11 == 0 else f"good {'love ' * (number % 5)}phone {number % 37}" for number in range(90)]
    small = settings.model_copy(update={"token_budget": 40, "part_seconds": 1e-6, "window_rows": 13})
    folder, whole = new_run({"id": list(range(90)), "text": texts}), new_run({"id": list(range(90)), "text": texts})
    run(context_of(whole))
    write, calls = module.write_part, []

    def crashing(*arguments):
        calls.append(1)
        if len(calls) > parts_before:
            if after:
                write(*arguments)
            raise Crash
        return write(*arguments)

    for attempt in (1, 2):  # the second attempt crashes as well
        calls.clear()
        monkeypatch.setattr(module, "write_part", crashing)
        with pytest.raises(Crash):
            run(context_of(folder, settings=small, attempt=attempt))
    monkeypatch.setattr(module, "write_part", write)
    assert run(context_of(folder, settings=small, attempt=3)) == "done"
    ours, theirs = (pq.read_table(each.result_path).to_pylist() for each in (folder, whole))
    assert [row["id"] for row in ours] == list(range(90))
    for one, other in zip(ours, theirs, strict=True):
        assert (one["text"], one["prediction"], one["error"]) == (other["text"], other["prediction"], other["error"])
        assert one["confidence"] == pytest.approx(other["confidence"], abs=1e-5)
    keys = pa.concat_tables([pq.read_table(path, columns=["key"]) for path in list_parts(folder)])["key"].to_pylist()
    assert len(keys) == len(set(keys)) == folder.summary()["distinct"]
