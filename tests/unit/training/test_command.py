"""The command that a page shows gives the same spec again."""

from __future__ import annotations

import shlex

import pytest

from core.schema import Split
from core.training.command import command_line
from tests.unit.training.test_spec_making import made


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
