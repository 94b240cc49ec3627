"""Presets go by the rows that there are: the passes of a large table are a few steps over a small one."""

from __future__ import annotations

import pytest

from core.schema import Dials, Role, Split
from core.training.choices.presets import MOST_PASSES, PRESETS, SMALL_BATCH, nearest, plan_line, rows_to_learn, turned


def steps(dials: Dials, rows: int) -> float:
    return dials.epochs * -(-rows // dials.batch_rows)


@pytest.mark.parametrize("name", PRESETS)
def test_few_rows_get_as_many_steps_as_it_takes(name: str) -> None:
    preset = PRESETS[name]
    for rows in (160, 240, 300, 1_000, 2_399, 2_400, 9_003):
        dials = preset.for_rows(rows)
        assert steps(dials, rows) >= preset.least_steps and dials.epochs >= preset.dials.epochs
    assert preset.for_rows(9_003) == preset.dials == preset.for_rows(0)


@pytest.mark.parametrize("name", PRESETS)
def test_few_rows_change_nothing_but_passes_and_batches(name: str) -> None:
    found = turned(PRESETS[name].for_rows(240), name, 9_003)
    assert set(found) <= {"epochs", "batch_rows"} and found["batch_rows"] == SMALL_BATCH


def test_a_tiny_table_is_not_read_for_ever() -> None:
    assert PRESETS["thorough"].for_rows(3).epochs == MOST_PASSES


@pytest.mark.parametrize("rows", [12, 240, 9_003])
def test_the_preset_is_known_again_by_its_dials(rows: int) -> None:
    for name, preset in PRESETS.items():
        dials = preset.for_rows(rows)
        assert nearest(dials, rows) == name and turned(dials, name, rows) == {}
        assert turned(dials.model_copy(update={"rank": 3}), name, rows) == {"rank": 3}


def test_rows_to_learn_are_those_that_do_not_measure() -> None:
    roles = {Role.TEXT, Role.LABEL}
    assert rows_to_learn(300, roles, Split(), validation=False) == 240
    assert rows_to_learn(300, roles, Split(share=0.5), validation=False) == 150
    assert rows_to_learn(300, roles, Split(), validation=True) == 300
    assert rows_to_learn(1, roles, Split(share=0.99), validation=False) == 1


def test_a_word_in_each_row_is_no_row_to_learn_from() -> None:
    assert rows_to_learn(4_500, {Role.TOKENS, Role.TAGS, Role.ID}, Split(), validation=True) == 300
    assert rows_to_learn(4_500, {Role.TOKENS, Role.TAGS}, Split(), validation=True) == 4_500


@pytest.mark.parametrize(
    ("dials", "said"),
    [
        ({"epochs": 8}, "About 8 passes over 240 rows in batches of 32: 64 steps."),
        ({"epochs": 1, "batch_rows": 16, "accumulation": 4}, "About 1 pass over 240 rows in batches of 16: 4 steps."),
        ({"max_steps": 100, "batch_rows": 16}, "About 6.7 passes over 240 rows in batches of 16: 100 steps."),
        ({"epochs": 2.5, "batch_tokens": 4_096}, "About 2.5 passes over 240 rows in batches of 4,096 tokens."),
        ({"max_steps": 1, "batch_tokens": 512}, "1 step in batches of 512 tokens."),
    ],
)
def test_what_dials_come_to_is_said(dials: dict, said: str) -> None:
    assert plan_line(Dials(**dials), 240) == said
