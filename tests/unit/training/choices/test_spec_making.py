"""A fine-tune is refused before it begins where it could not work, with what would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from core import training
from core.errors import BadInput, SheetformerError
from core.schema import Dials, FinetuneSpec, Split
from core.training.choices.presets import PRESETS
from core.training.choices.spec_making import make_dials, turn
from core.workspaces import LOCAL
from tests.imported import import_once
from tests.unit.training.conftest import sentences


def made(known: Any, folder: Path, **changes: Any) -> FinetuneSpec:
    sentences(30).to_csv(folder / "table.csv", index=False)
    table = import_once(known, LOCAL, folder / "table.csv")
    given = {"task": "text-classification", "model": "local:body", "name": "mine", "roles": {"text": "text", "label": "label"}}
    return training.make_spec(known, table, owner=LOCAL, **{**given, **changes})


def test_a_spec_holds_the_presets_dials_with_those_that_were_turned(known, tmp_path) -> None:
    spec = made(known, tmp_path, preset_name="quick", dials={"rank": "4", "learning_rate": 1e-3})
    for_24 = PRESETS["quick"].for_rows(24)
    assert (spec.dials.rank, spec.dials.learning_rate, spec.dials.epochs) == (4, 1e-3, for_24.epochs)
    assert for_24.epochs == 75 and spec.rows_to_do == 30 * 75 and spec.revision
    assert FinetuneSpec.model_validate_json(spec.model_dump_json()) == spec


def test_rows_to_do_are_those_of_the_steps_where_these_are_given(known, tmp_path) -> None:
    spec = made(known, tmp_path, preset_name="quick", dials={"max_steps": 5, "batch_rows": 8, "accumulation": 2})
    assert spec.rows_to_do == 5 * 2 * 30 / 4  # of four batches of a pass the last has 6 rows
    whole = made(known, tmp_path, preset_name="quick", dials={"max_steps": 5, "batch_rows": 64}, name="whole")
    assert whole.rows_to_do == 5 * 30


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"task": "fill-mask"}, "a task that can be tuned"),
        ({"name": "../up"}, "a name of letters"),
        ({"name": ""}, "a name of letters"),
        ({"roles": {"text": "text"}}, "a column with the label to learn"),
        ({"roles": {"text": "nowhere", "label": "label"}}, "nowhere"),
        ({"model": "embedded:sentiment"}, "a whole model"),
        ({"model": "local:none"}, "a registered local model"),
        ({"preset_name": "best"}, "a preset among"),
        ({"dials": {"rang": 3}}, "rang"),
        ({"dials": {"epochs": 0}}, "epochs"),
    ],
)
def test_what_cannot_work_is_told(known, tmp_path, changes: dict, found: str) -> None:
    with pytest.raises(SheetformerError, match=found):
        made(known, tmp_path, **changes)


def test_a_split_needs_its_column(known, tmp_path) -> None:
    with pytest.raises(BadInput, match="a split by group"):
        made(known, tmp_path, split=Split(method="group", column="who"))


def test_a_column_without_a_split_that_takes_one_is_told(known, tmp_path) -> None:
    with pytest.raises(BadInput, match="a column only for a split by"):
        made(known, tmp_path, split=Split(column="text"))


def test_layers_can_be_named_as_the_command_line_has_them(known, tmp_path) -> None:
    assert made(known, tmp_path, dials={"target_modules": "query, value"}).dials.target_modules == ("query", "value")


def test_a_name_in_a_spec_cannot_be_a_path(known, tmp_path) -> None:
    spec = made(known, tmp_path).model_dump(mode="json")
    for name in ("a/b", "../a", "a\n", ""):
        with pytest.raises(ValidationError):
            FinetuneSpec.model_validate({**spec, "name": name})


def test_every_preset_can_be_turned() -> None:
    for name in PRESETS:
        assert make_dials(name, {"rank": 3}, 240).rank == 3


def test_the_validation_table_has_every_column_that_is_read(known, tmp_path) -> None:
    sentences(10).rename(columns={"label": "kind"}).to_csv(tmp_path / "checked.csv", index=False)
    checked = import_once(known, LOCAL, tmp_path / "checked.csv")
    with pytest.raises(BadInput, match=r"the role label in the validation table.*'label'"):
        made(known, tmp_path, validation=checked)
    texts = {"task": "text-generation", "roles": {"target": "label"}, "options": {"prompt_template": "Say {{label}} of {{text}}"}}
    other = sentences(10).rename(columns={"text": "body"})
    other.to_csv(tmp_path / "other.csv", index=False)
    with pytest.raises(BadInput, match=r"prompt_template.*in the validation table.*'text'"):
        made(known, tmp_path, validation=import_once(known, LOCAL, tmp_path / "other.csv"), **texts)


def test_the_next_step_fits_what_is_wrong_with_a_dial() -> None:
    for wrong, step in (
        ({"rang": 3}, "Choose among method, rank"),
        ({"rank": 0}, "rank: Rank r"),
        ({"method": "full", "quantization": "4bit"}, "Change one of them."),
    ):
        with pytest.raises(BadInput) as caught:
            turn(Dials(), wrong)
        assert caught.value.next_step.startswith(step) and "Value error" not in caught.value.one_line()
