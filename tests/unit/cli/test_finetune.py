"""``finetune`` as scripts use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.test_commands import command, json_of

FIXED = ("--task", "text-classification", "--model", "embedded:minilm", "--text", "text", "--name", "mine")


def labelled(folder: Path, rows: int = 40) -> Path:
    path = folder / "labelled.csv"
    lines = [f"the {word} of number {number},{label}" for number in range(rows // 2) for word, label in (("joy", "good"), ("pain", "bad"))]
    path.write_text("text,topic\n" + "\n".join(lines) + "\n")
    return path


def test_bad_input_is_one_line_and_starts_nothing(tmp_path: Path) -> None:
    path, home = labelled(tmp_path), tmp_path / "home"
    (tmp_path / "empty.csv").write_text("")
    for arguments, match in (
        ((str(path), *FIXED, "--label", "nowhere"), "'nowhere'"),
        ((str(path), *FIXED), "a column with the label to learn"),
        ((str(tmp_path / "empty.csv"), *FIXED, "--label", "topic"), "the file is empty"),
        ((str(path), *FIXED, "--label", "topic", "--preset", "best"), "a preset among"),
        ((str(path), *FIXED, "--label", "topic", "--set", "epochs=0"), "epochs"),
    ):
        done = command(home, "finetune", *arguments, "--json")
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert match in done.stderr.splitlines()[-1]
    assert not list(home.glob("runs/*"))


@pytest.mark.model
@pytest.mark.slow
def test_its_json_has_the_keys_that_scripts_rely_on(tmp_path: Path) -> None:
    arguments = (str(labelled(tmp_path)), *FIXED, "--label", "topic", "--preset", "quick", "--set", "max_steps=2")
    facts = json_of(command(tmp_path / "home", "finetune", *arguments, "--json"))
    assert {"run", "adapter", "trainable_parameters", "train_rows", "validation_rows", "seconds", "metrics"} <= facts.keys()
    assert (facts["adapter"], facts["train_rows"], facts["validation_rows"]) == ("adapter:mine", 32, 8)
