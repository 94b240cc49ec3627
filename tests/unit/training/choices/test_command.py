"""The command that a page shows gives the same spec again."""

from __future__ import annotations

import shlex

import pytest

from core.schema import Split
from core.training.choices.command import command_line
from core.training.search import make_search
from tests.unit.training.choices.test_spec_making import made


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, []),
        ({"preset_name": "quick"}, ["--preset", "quick"]),
        ({"dials": {"rank": 4, "target_modules": ("query", "value")}}, ["--set", "rank=4", "--set", "target_modules=query,value"]),
        ({"split": Split(method="time", column="text", share=0.3)}, ["--split", "time", "--split-column", "text", "--share", "0.3"]),
        (
            {"separator": ";", "problem": "multi_label_classification", "seed": 3},
            ["--problem", "multi_label_classification", "--separator", ";", "--seed", "3"],
        ),
    ],
)
def test_only_what_was_chosen_is_named(known, tmp_path, changes: dict, words: list[str]) -> None:
    found = shlex.split(command_line(made(known, tmp_path, **changes), "table.csv"))
    assert found[:5] == ["python", "-m", "core", "finetune", "table.csv"]
    after = found[found.index("--name") + 2 :]
    assert sorted(after) == sorted(words)


def test_a_search_is_the_fine_tune_and_what_is_turned(known, tmp_path) -> None:
    base = made(known, tmp_path, dials={"rank": 4})
    spec = make_search(known, base, {"learning_rate": "0.0001..0.001", "patience": "none, 2"}, trials=5, minutes=2.5)
    line = command_line(spec, "table.csv")
    assert line.startswith(command_line(base, "table.csv"))
    found = shlex.split(line)
    told = found[found.index("--search") :]
    assert told == ["--search", "learning_rate=0.0001..0.001 log", "--search", "patience=none, 2", "--trials", "5", "--minutes", "2.5"]
    space = dict(pair.split("=", 1) for pair in told if "=" in pair)
    assert make_search(known, base, space, trials=5, minutes=2.5) == spec
    grid = shlex.split(command_line(make_search(known, base, {"rank": "2, 8"}, method="grid"), "table.csv"))
    assert grid[grid.index("--search") :] == ["--search", "rank=2, 8", "--search-method", "grid"]
