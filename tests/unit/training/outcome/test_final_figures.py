"""What is said of an adapter beyond its numbers."""

from __future__ import annotations

from core.metrics import classification_metrics
from core.runs import RunContext
from core.training.outcome.final_figures import none_at_all, one_for_all
from core.training.run import run
from tests.unit.training.conftest import sentences


def test_an_adapter_that_gives_every_row_the_same_label_is_called_so(tuned, known) -> None:
    frame = sentences(60)
    frame["label"] = ["blame" if number % 6 == 0 else "praise" for number in range(60)]
    folder = tuned(frame, dials={"epochs": 1, "rank": 2, "learning_rate": 1e-7, "class_weights": False})
    run(RunContext(known, folder))
    metrics = folder.metrics()
    said = [label for label, figures in metrics["per_class"].items() if figures["predicted"]]
    assert [f'the label "{said[0]}"' in note for note in metrics["notes"] if "Every validation row" in note] == [True], metrics["notes"]


def test_nothing_is_said_where_labels_are_told_apart() -> None:
    for said in (["a", "b"], ["a", "c"]):
        assert one_for_all(classification_metrics(["a", "b"], said, ["a", "b", "c"])) == []
    assert len(one_for_all(classification_metrics(["a", "b"], ["a", "a"], ["a", "b", "c"]))) == 1
    assert one_for_all({}) == []


def test_one_answer_to_rows_of_one_label_is_no_fault() -> None:
    assert one_for_all(classification_metrics(["a"], ["a"], ["a", "b"])) == []
    assert one_for_all(classification_metrics(["a", "a"], ["b", "b"], ["a", "b"])) == []


def test_an_adapter_that_finds_nothing_is_called_so() -> None:
    silent = {kind: {"predicted": 0, "support": 3} for kind in ("person", "place", "thing", "group")}
    (said,) = none_at_all({"per_class": silent})
    assert said.startswith('Not one of "person", "place", "thing"') and "more epochs" in said
    assert none_at_all({"per_class": silent | {"place": {"predicted": 1, "support": 3}}}) == []
    assert none_at_all({"per_class": silent, "confusion": {}}) == none_at_all({}) == []
