"""Roles, import choices and --set as the command line takes them."""

from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from core.cli.parameters import parse_label_map, parse_settings, with_import_choices, with_roles
from core.errors import BadInput
from core.schema import ImportChoices, Role


def run(*arguments: str) -> tuple[dict, int]:
    app = typer.Typer()
    seen: dict = {}

    @app.command()
    @with_import_choices
    @with_roles
    def command(file: str, roles: dict[Role, str], choices: ImportChoices, limit: Annotated[int, typer.Option()] = 3) -> None:
        seen.update(file=file, roles=roles, choices=choices, limit=limit)

    result = CliRunner().invoke(app, arguments)
    return seen, result.exit_code


def test_roles_are_named_in_kebab_case() -> None:
    seen, _ = run("x.csv", "--text", "Tweet", "--text-pair", "Other", "--limit", "5")
    assert seen["roles"] == {Role.TEXT: "Tweet", Role.TEXT_PAIR: "Other"}
    assert seen["limit"] == 5


def test_import_choices_left_out_are_guessed() -> None:
    assert run("x.csv")[0]["choices"] == ImportChoices()
    seen, _ = run("x.csv", "--header", "0", "--delimiter", ";", "--extra-cells", "keep", "--merge-second-header", "--encoding", "cp1252")
    assert seen["choices"] == ImportChoices(header=0, delimiter=";", extra_cells="keep", merge_second_header=True, encoding="cp1252")


def test_every_role_has_its_flag() -> None:
    for role in Role:
        assert run("x.csv", f"--{role.value.replace('_', '-')}", "column")[0]["roles"] == {role: "column"}


def test_unknown_flags_are_refused() -> None:
    assert run("x.csv", "--texts", "a")[1] == 2


def test_set_reads_json_where_it_can() -> None:
    assert parse_settings(["a=1", "b=true", "c=hello", 'd=["x"]', "e=a=b", "f="]) == {
        "a": 1,
        "b": True,
        "c": "hello",
        "d": ["x"],
        "e": "a=b",
        "f": "",
    }
    with pytest.raises(BadInput, match="--set name=value"):
        parse_settings(["threshold"])


def test_a_label_value_may_hold_an_equals_sign() -> None:
    assert parse_label_map(["5=positive", "a=b=negative"]) == {"5": "positive", "a=b": "negative"}
    with pytest.raises(BadInput, match="value=label"):
        parse_label_map(["positive"])
