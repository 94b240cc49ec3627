"""What a search is refused for before it starts, and how many trials it has."""

from __future__ import annotations

import pytest

from core.errors import BadInput, LimitReached
from core.schema import SearchSpec, parse_spec
from core.training.search import make_search, making

RATES = {"learning_rate": "0.001, 0.005"}


def test_the_spec_comes_back_from_its_json(known, base) -> None:
    spec = make_search(known, base, {"learning_rate": "1e-4..1e-2", "target_modules": "query; value", "patience": "none, 2"}, minutes=30)
    again = parse_spec(spec.model_dump_json())
    assert isinstance(again, SearchSpec) and again == spec and again.fingerprint() == spec.fingerprint()
    assert (spec.search.trials, spec.search.minutes, spec.inputs) == (12, 30, base.inputs)
    assert spec.rows_to_do == 12 * base.rows_to_do


@pytest.mark.parametrize(
    ("space", "choices", "trials"),
    [
        (RATES, {"method": "grid"}, 2),
        (RATES, {}, 2),
        ({**RATES, "rank": "2, 4, 8"}, {"method": "grid"}, 6),
        ({**RATES, "rank": "2, 4, 8"}, {"trials": 4}, 4),
        ({"learning_rate": "0.001..0.01"}, {"trials": 20}, 20),
    ],
)
def test_a_grid_is_done_whole_and_no_settings_twice(known, base, space: dict, choices: dict, trials: int) -> None:
    assert make_search(known, base, space, **choices).search.trials == trials


@pytest.mark.parametrize(
    ("space", "choices", "said"),
    [
        ({}, {}, "a dial to search"),
        ({"learning_rate": "0.001..0.01"}, {"method": "grid"}, "a range of learning_rate"),
        ({**RATES, "rank": "2, 4"}, {"method": "grid", "trials": 3}, "combinations, 4"),
        (RATES, {"minutes": 0.0}, "minutes above 0"),
        (RATES, {"trials": 0}, "at least one trial"),
        ({"init": "pissa", "use_dora": "true"}, {}, "no combination"),
        ({"init": "pissa", "use_dora": "true", "learning_rate": "0.001..0.01"}, {}, "no combination"),
    ],
)
def test_what_cannot_work_is_said_at_once(known, base, space: dict, choices: dict, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        make_search(known, base, space, **choices)


def test_there_is_a_limit_of_trials(known, base) -> None:
    small = known.model_copy(update={"max_search_trials": 3})
    for space, choices in ((RATES | {"rank": "2, 4"}, {"method": "grid"}), ({"learning_rate": "0.001..0.01"}, {"trials": 4})):
        with pytest.raises(LimitReached, match="max_search_trials"):
            make_search(small, base, space, **choices)


def test_optuna_is_refused_where_it_is_not_installed(known, base, monkeypatch) -> None:
    monkeypatch.setattr(making, "find_spec", lambda name: None)
    with pytest.raises(BadInput, match="pip install optuna"):
        make_search(known, base, RATES, method="optuna")
