"""The next settings follow from the spec and the trials before alone, so that a search goes on after a kill as it would have."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest

from core.errors import BadInput
from core.schema import Range, Search, SearchSpec
from core.training.search.proposing import propose
from core.training.search.space import combinations
from core.training.search.trials import Trial


def spec_of(base, method: str, **space) -> SearchSpec:
    return SearchSpec(base=base, search=Search(space=space, method=method, trials=20))


def done(number: int, dials: dict, quality: float = 0.5) -> Trial:
    return Trial(number=number, dials=dials, state="done", quality=quality, loss=1 - quality)


@pytest.mark.parametrize("method", ["grid", "random"])
def test_each_combination_comes_once_and_then_none(base, method: str) -> None:
    spec, trials = spec_of(base, method, rank=(2, 4, 8), learning_rate=(0.001, 0.005)), []
    while (settings := propose(spec, trials)) is not None:
        assert propose(spec, trials) == settings
        trials.append(done(len(trials) + 1, settings))
    expected = combinations(base.dials, spec.search)
    assert sorted(map(str, (trial.dials for trial in trials))) == sorted(map(str, expected))
    assert [trial.dials for trial in trials] != expected  # in an order by chance


class Study:
    """Says the middle of everything, and notes what it is told."""

    def __init__(self, noted: list) -> None:
        self.noted = noted

    def add_trial(self, trial) -> None:
        self.noted.append(trial)

    def ask(self, spread: dict):
        return SimpleNamespace(params={dial: each.middle for dial, each in spread.items()})

    def tell(self, *given, **more) -> None:
        pass


@pytest.fixture
def optuna(monkeypatch) -> list:
    """Stands for Optuna; holds the trials that were replayed to it."""
    noted: list = []
    module = ModuleType("optuna")
    module.logging = SimpleNamespace(set_verbosity=lambda level: None, WARNING=0)
    number = lambda low, high, log: SimpleNamespace(middle=(low + high) / 2)  # noqa: E731
    module.distributions = SimpleNamespace(
        FloatDistribution=number,
        IntDistribution=lambda low, high, log: SimpleNamespace(middle=(low + high) // 2),
        CategoricalDistribution=lambda choices: SimpleNamespace(middle=choices[len(choices) // 2]),
    )
    module.samplers = SimpleNamespace(TPESampler=lambda seed: None)
    module.create_study = lambda direction, sampler: Study(noted)
    module.trial = SimpleNamespace(TrialState=SimpleNamespace(COMPLETE="complete", FAIL="fail"), create_trial=lambda **given: given)
    monkeypatch.setitem(sys.modules, "optuna", module)
    return noted


def test_optuna_hears_of_the_trials_before_and_its_answer_is_taken(base, optuna) -> None:
    spec = spec_of(
        base, "optuna", target_modules=(["query"], ["value"]), rank=Range(low=2, high=8), learning_rate=Range(low=0.001, high=0.003)
    )
    first = {"target_modules": ["query"], "rank": 2, "learning_rate": 0.002}
    earlier = [done(1, first, 0.7), Trial(number=2, dials=first | {"rank": 3}, state="failed", error="x")]
    assert propose(spec, earlier) == {"target_modules": ["value"], "rank": 5, "learning_rate": 0.002}
    assert [(each["params"]["target_modules"], each["value"], each["state"]) for each in optuna] == [
        (0, 0.7, "complete"),
        (0, None, "fail"),
    ]


def test_where_optuna_repeats_itself_something_new_is_drawn(base, optuna) -> None:
    spec = spec_of(base, "optuna", rank=(2, 4))
    assert propose(spec, [done(1, {"rank": 4})]) == {"rank": 2}
    assert propose(spec, [done(1, {"rank": 4}), done(2, {"rank": 2})]) is None


def test_without_optuna_a_search_by_it_cannot_go_on(base, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(BadInput, match="it is not installed"):
        propose(spec_of(base, "optuna", rank=(2, 4)), [])


def test_by_loss_less_is_better() -> None:
    trial = Trial(number=1, dials={}, state="done", quality=0.9, loss=0.3)
    assert (trial.score("quality"), trial.score("loss")) == (0.9, -0.3)
    assert Trial(number=1, dials={}, state="unfinished", quality=0.9).score("quality") is None
