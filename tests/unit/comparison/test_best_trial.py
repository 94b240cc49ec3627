"""A search beside a fine-tune: its best trial counts, and it is said."""

from __future__ import annotations

import pytest

from core.comparison import compare
from core.comparison.best_trial import spec_of
from core.runs import RunFolder, create_run
from core.schema import Search, SearchSpec
from core.training.outcome.kept_answers import ANSWERS
from core.training.search.trials import begin_trial, end_trial
from tests.unit.comparison.test_compare import finetune_answers, reviews


@pytest.fixture
def found(settings, finetuned) -> tuple[RunFolder, RunFolder]:
    """A fine-tune, and a search whose second trial was the best."""
    one = finetuned(reviews(), finetune_answers(range(10), {0, 1, 2}), dials={"rank": 4})
    made = finetuned(reviews(), finetune_answers(range(10), {3}), dials={"rank": 8})
    spec = SearchSpec(base=one.spec(), search=Search(space={"rank": (2, 8)}, method="grid", trials=2), seed=3)
    search = create_run(settings, spec, owner="local", input_table=one.input_path)
    for number, (rank, quality) in enumerate([(2, 0.6), (8, 0.9)], start=1):
        end_trial(begin_trial(search, number, spec, {"rank": rank}), state="done", quality=quality, loss=0.5, epoch=1.0, seconds=1.0)
    (search.path / ANSWERS).write_bytes((made.path / ANSWERS).read_bytes())
    return one, search


def test_it_counts_as_its_best_trial(settings, found) -> None:
    one, search = found
    beside = compare(settings, one.id, search.id)
    assert beside["kind"] == "finetune" and beside["settings"]["dials.rank"] == [4, 8]
    assert (beside["paired"]["fixed"], beside["paired"]["broken"]) == (3, 1)
    assert f"Run {search.id} is a search: it counts as its best trial, number 2 of 2 (rank 8)." in beside["notes"][0]


def test_before_a_trial_has_ended_it_is_its_base(settings, finetuned) -> None:
    one = finetuned(reviews(), finetune_answers(range(10), set()))
    spec = SearchSpec(base=one.spec(), search=Search(space={"rank": (2, 8)}, method="grid", trials=2))
    search = create_run(settings, spec, owner="local", input_table=one.input_path)
    assert spec_of(search) == one.spec()
    beside = compare(settings, one.id, search.id)
    assert beside["paired"] is None and "it has not finished" in beside["why_not"] and "no trial has come to its end" in beside["notes"][0]
