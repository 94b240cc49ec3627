"""``tokens`` as people and as scripts use it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.cli.app import app
from core.errors import SheetformerError
from core.inspect.tokens.command import command_of_column, command_of_text
from core.schema import ImportChoices
from core.settings import Settings

pytestmark = pytest.mark.model


@pytest.fixture
def told(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SHEETFORMER_HOME", str(settings.home))

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(app, ["tokens", *arguments])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.stdout

    return run


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "mail.csv"
    path.write_text("id,body\n" + "".join(f'{row},"{"word " * row} ☃"\n' for row in range(1, 41)), "utf-8")
    return path


def test_a_text_as_json(told) -> None:
    lines = told("Hello, Hugging Face!", "--model", "embedded:minilm", "--json").splitlines()
    found = json.loads(lines[0])
    assert len(lines) == 1 and found["count"] == 7 and found["limit"] == 256
    assert [token["id"] for token in found["tokens"]] == [101, 7592, 1010, 17662, 2227, 999, 102]
    assert found["tokens"][0] | {"word": None} == found["tokens"][0]
    assert [(token["text"], token["start"], token["end"], token["special"]) for token in found["tokens"][:2]] == [
        ("[CLS]", None, None, True),
        ("Hello", 0, 5, False),
    ]


def test_a_text_for_people(told) -> None:
    said = told("naïve ☃", "--model", "embedded:minilm", "--tokenizer-class", "BertTokenizer")
    assert "naive" in said and "unknown" in said and "4 tokens of at most 256" in said


def test_a_column(told, sheet) -> None:
    found = json.loads(told(str(sheet), "--text", "body", "--model", "embedded:minilm", "--json"))
    assert (found["rows"], found["truncated"], found["lost"], found["unknown"]) == (40, 0, 0, 40)
    assert [tokens for tokens, _ in found["lengths"]] == list(range(4, 44)) and found["total"] == sum(range(4, 44))
    said = told(str(sheet), "--text", "body", "--model", "embedded:minilm")
    assert "40 rows" in said and "0 rows cut" in said and "row 40: 43 tokens" in said


def test_bad_input(told, sheet) -> None:
    with pytest.raises(SheetformerError, match="a column of the table"):
        told(str(sheet), "--text", "nothing", "--model", "embedded:minilm")
    with pytest.raises(SheetformerError, match="a model such as"):
        told("text", "--model", "/etc")


def test_the_command_of_a_page_is_this_command(told) -> None:
    text = '-it\'s "quoted" $HOME\nand more'
    words = shlex.split(command_of_text(text, "embedded:minilm", "BertTokenizer"))
    assert words[:4] == ["python", "-m", "core", "tokens"] and words[-2:] == ["--", text]
    assert json.loads(told(*words[4:-2], "--json", *words[-2:]))["count"] > 3
    words = shlex.split(command_of_column("-a b.csv", "-c", ImportChoices(header=2), "local:x"))
    assert words[4:] == ["--model", "local:x", "./-a b.csv", "--header", "2", "--text=-c"]
    assert command_of_column("a.csv", "c", ImportChoices(), "local:x", every=True).endswith("--text c --every-row")
