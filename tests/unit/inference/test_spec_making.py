"""A spec is checked when it is made, and its command line makes it again."""

from __future__ import annotations

import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from core.cli.parameters import with_import_choices, with_literals
from core.errors import BadInput
from core.inference import command_line, make_spec
from core.schema import ColumnInfo, ImportChoices, ImportReport, Role
from core.tables import Table

COLUMNS = ("Text", "Stars", "--odd", "Reply")
REPORT = ImportReport(format="csv", rows=10, columns=[ColumnInfo(name=name, original=name) for name in COLUMNS])
TABLE = Table("a" * 64, "reviews.csv", Path("table.parquet"), REPORT)


@pytest.fixture
def make(settings, catalogue):
    catalogue["local:nli"] = replace(catalogue["local:bert"], reference="local:nli", tasks=("zero-shot-classification",))

    def make_with(**changes):
        choices = {"task": "text-classification", "model": "local:bert", "roles": {"text": "Text"}, **changes}
        return make_spec(settings, TABLE, **choices)

    return make_with


def test_a_spec_holds_what_decides_the_result(make, catalogue) -> None:
    spec = make(roles={"label": "Stars", Role.TEXT: "Text"}, options={"threshold": "0.3"}, label_map={"5": "positive"}, limit=3)
    assert list(spec.roles) == [Role.TEXT, Role.LABEL]
    assert spec.options == {"threshold": 0.3} and spec.label_map == {"5": "POSITIVE"}
    assert spec.revision == catalogue["local:bert"].revision
    assert spec.versions["torch"] and spec.versions["transformers"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"task": "telepathy"}, "text-classification"),
        ({"roles": {}}, "role text"),
        ({"roles": {"text": "text"}}, "Did you mean Text"),
        ({"roles": {"text": "Text", "question": "Reply"}}, "role of text-classification"),
        ({"options": {"treshold": 1}}, "Did you mean threshold"),
        ({"options": {"threshold": 7}}, "less than or equal to 1"),
        ({"label_map": {"5": "POSITIVE"}}, "label column"),
        ({"label_map": {"5": "positiv"}, "roles": {"text": "Text", "label": "Stars"}}, "Did you mean POSITIVE"),
        ({"precision": "int4"}, "precision"),
        ({"limit": 0}, "at least 1 row"),
    ],
)
def test_what_does_not_fit_is_named(make, changes: dict, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        make(**changes)


@pytest.fixture
def make_tags(settings, catalogue):
    labels = ("O", "B-PER", "I-PER")
    catalogue["local:tagger"] = replace(catalogue["local:bert"], reference="local:tagger", tasks=("token-classification",), labels=labels)

    def make(roles: dict, **choices):
        return make_spec(settings, TABLE, task="token-classification", model="local:tagger", roles=roles, **choices)

    return make


def test_one_role_may_stand_in_the_place_of_another(make_tags) -> None:
    assert make_tags({"tokens": "Text"}).roles == {Role.TOKENS: "Text"} and make_tags({"text": "Text"}).roles == {Role.TEXT: "Text"}
    with pytest.raises(BadInput, match="Or name one for tokens"):
        make_tags({})
    with pytest.raises(BadInput, match="both"):
        make_tags({"tokens": "Text", "text": "Reply"})


def test_tags_of_the_user_can_be_mapped_to_types_of_the_model(make_tags) -> None:
    roles = {"text": "Text", "tags": "Reply"}
    assert make_tags(roles, label_map={"person": "per", "human": "b-per"}).label_map == {"person": "PER", "human": "B-PER"}
    with pytest.raises(BadInput, match="PLACE"):
        make_tags(roles, label_map={"city": "PLACE"})
    with pytest.raises(BadInput, match="label column"):
        make_tags({"text": "Text"}, label_map={"person": "PER"})


def test_a_model_for_another_task_is_refused(make, catalogue) -> None:
    catalogue["local:bert"] = replace(catalogue["local:bert"], tasks=("fill-mask",))
    with pytest.raises(BadInput, match="fill-mask"):
        make()


def test_the_command_line_is_quoted_and_complete(make) -> None:
    spec = make(
        roles={"text": "Text", "label": "--odd"},
        options={"threshold": 0.25, "logits": True},
        label_map={"five stars; rm -rf $HOME": "POSITIVE"},
        precision="bf16",
        limit=7,
        out=Path("/tmp/out file.csv"),
    )
    words = shlex.split(command_line(spec, "-my 'file'.csv"))
    assert words[:7] == ["python", "-m", "core", "predict", "./-my 'file'.csv", "--task", "text-classification"]
    assert "--label=--odd" in words and "threshold=0.25" in words and "logits=true" in words
    assert words[words.index("--map-label") + 1] == "five stars; rm -rf $HOME=POSITIVE"
    assert words[words.index("--precision") + 1] == "bf16" and words[words.index("--limit") + 1] == "7"
    assert words[-1] == "/tmp/out file.csv"


@pytest.mark.parametrize("labels", [["refund", "lost card"], ["a, b", "-c"], ["only"]])
def test_texts_in_the_place_of_a_column_have_flags_that_are_read_back(make, labels: list[str]) -> None:
    spec = make(task="zero-shot-classification", model="local:nli", options={"labels": labels})
    read = []
    app = typer.Typer()

    @app.command()
    @with_literals
    def command(file: str, task: str = typer.Option(), model: str = typer.Option(), text: str = typer.Option(), *, literals: dict) -> None:
        read.append(literals)

    result = CliRunner().invoke(app, shlex.split(command_line(spec, "x.csv"))[4:])
    assert result.exit_code == 0, result.output
    assert make(task="zero-shot-classification", model="local:nli", options=read[0]) == spec


@pytest.mark.parametrize(
    "choices",
    [
        ImportChoices(),
        ImportChoices(header=0),
        ImportChoices(
            member="a b.csv",
            sheet="-1 'x'",
            header=3,
            merge_second_header=True,
            encoding="cp1252",
            delimiter="\t",
            extra_cells="keep",
            broken_bytes="refuse",
            bad_lines="skip",
            fill_merged=True,
        ),
    ],
)
def test_the_command_line_reads_the_file_with_the_same_choices(settings, catalogue, choices: ImportChoices) -> None:
    table = replace(TABLE, report=REPORT.model_copy(update={"choices": choices}))
    spec = make_spec(settings, table, task="text-classification", model="local:bert", roles={"text": "Text"})
    read = []
    app = typer.Typer()

    @app.command()
    @with_import_choices
    def predict(
        file: str,
        task: Annotated[str, typer.Option()],
        model: Annotated[str, typer.Option()],
        text: Annotated[str, typer.Option()],
        choices: ImportChoices,
    ) -> None:
        read.append(choices)

    result = CliRunner().invoke(app, shlex.split(command_line(spec, "x.csv"))[4:])
    assert result.exit_code == 0, result.output
    assert read == [choices]


def test_making_specs_needs_no_model_library() -> None:
    loaded = "'torch' in sys.modules or 'transformers' in sys.modules"
    code = f"import sys, core.inference, core.inference.run, core.live, core.tasks; sys.exit({loaded})"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=False).returncode == 0
