"""Which rows a figure is of is said in words: the split, and what the model knows of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import evaluation
from core.evaluation import which_rows
from core.schema import FinetuneSpec, HubSource, PredictSpec, TableSource
from core.settings import Settings

HUB = HubSource(dataset="owner/mails", split="test", rows=500)


def table(number: int, hub: HubSource | None = None) -> TableSource:
    return TableSource(id=f"{number:064x}", name=f"{number}.csv", rows=9, hub=hub)


def tuning(**changes: object) -> FinetuneSpec:
    facts = {"task": "text-classification", "table": table(1), "model": "embedded:minilm", "revision": "0" * 64, "name": "mine"}
    return FinetuneSpec(**facts | {"roles": {"text": "text", "label": "label"}} | changes)


def scoring(number: int, model: str = "adapter:mine") -> PredictSpec:
    roles = {"text": "text", "label": "label"}
    return PredictSpec(task="text-classification", table=table(number), model=model, revision="0" * 64, roles=roles)


def test_a_split_of_a_data_set_is_named(settings: Settings) -> None:
    assert which_rows.rows_of_table(table(1)) == ""
    assert which_rows.rows_of_table(table(1, HUB)) == "The first 500 rows of the split test of owner/mails."
    assert which_rows.rows_of_table(table(1, HubSource(dataset="owner/mails"))) == "The split train of owner/mails."
    kept = which_rows.rows_of_run(settings, "me", tuning(validation=table(2, HUB)))
    assert "validation rows" in kept and "split test of owner/mails" in kept


@pytest.mark.parametrize(("number", "words"), [(1, "has seen their labels"), (2, "was measured on this"), (3, "another table, 1.csv")])
def test_what_an_adapter_knows_of_the_rows(settings: Settings, monkeypatch: pytest.MonkeyPatch, number: int, words: str) -> None:
    monkeypatch.setattr(which_rows, "maker_of", lambda settings, owner, model: tuning(validation=table(2)))
    assert words in which_rows.rows_of_run(settings, "me", scoring(number))


def test_nothing_is_said_of_a_model_that_nobody_knows(settings: Settings) -> None:
    assert which_rows.rows_of_run(settings, "me", scoring(1, "embedded:sentiment")) == ""
    assert which_rows.rows_of_run(settings, "me", scoring(1, "adapter:gone")) == ""


def test_an_evaluation_carries_the_words(settings: Settings, scored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.unit.evaluation.conftest import LABELS, reviews
    from tests.unit.evaluation.test_spec_making import outputs_of

    monkeypatch.setattr(which_rows, "maker_of", lambda settings, owner, model: tuning(table=table(7)))
    frame = reviews(40)
    run = scored(frame, outputs_of(frame), labels=LABELS)
    spec = evaluation.spec_of_run(settings, run)
    monkeypatch.undo()
    assert spec.rows_are.endswith("another table, 7.csv: these rows are new to it, but for texts that stand in both.")
    assert evaluation.evaluate(settings, run.result_path, spec).spec.rows_are == spec.rows_are
