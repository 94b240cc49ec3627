"""``finetune`` as scripts use it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.cli.app import app
from core.schema import Range
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
        ((str(path), *FIXED, "--label", "topic", "--dials", str(path)), "no JSON"),
        ((str(path), *FIXED, "--label", "topic", "--dials", str(path), "--preset", "quick"), "--dials or --preset"),
        ((str(path), *FIXED, "--label", "topic", "--trials", "3", "--search-method", "grid"), "--search beside --search-method, --trials"),
        ((str(path), *FIXED, "--label", "topic", "--search", "rank"), "--search name=value"),
        ((str(path), *FIXED, "--label", "topic", "--search", "rank=2,many"), "rank"),
    ):
        done = command(home, "finetune", *arguments, "--json")
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert match in done.stderr.splitlines()[-1]
    assert not list(home.glob("runs/*"))


def test_a_table_from_which_nothing_can_be_learned_is_bad_input_and_makes_no_job(tmp_path: Path) -> None:
    words, home = tmp_path / "words.csv", tmp_path / "home"
    words.write_text("words,marks\n" + "".join(f"Anna saw number {number},O O O O\n" for number in range(20)))
    same, checked_by = tmp_path / "same.csv", str(labelled(tmp_path))
    same.write_text("text,topic\n" + "".join(f"the joy of number {number},good\n" for number in range(20)))
    tokens = ("--task", "token-classification", "--model", "embedded:minilm", "--tokens", "words", "--tags", "marks", "--name", "mine")
    for arguments, found in (
        ((str(words), *tokens), "no training row names an entity: 16 rows say O of every word. Correct the table, "),
        ((str(words), *tokens, "--search", "rank=4,8"), "16 rows say O of every word. Correct the table, "),
        ((str(same), *FIXED, "--label", "topic", "--validation", checked_by), 'all 20 training rows say "good": there is nothing to tell '),
    ):
        done = command(home, "finetune", *arguments, "--preset", "quick", "--json")
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1), done.stderr
        assert done.stderr.startswith("Expected rows that can be learned from; found ") and found in done.stderr
    assert not list(home.glob("runs/*"))


def given_to(monkeypatch: pytest.MonkeyPatch, folder: Path) -> list:
    """Gets the specs that would be submitted."""
    given: list = []
    monkeypatch.setenv("SHEETFORMER_HOME", str(folder / "home"))
    monkeypatch.setattr("core.cli.finetune.jobs.submit", lambda settings, spec, **more: given.append(spec))
    monkeypatch.setattr("core.cli.finetune.follow", lambda settings, job: job)
    monkeypatch.setattr("core.cli.finetune.finish", lambda settings, job, as_json: None)
    return given


def test_dials_are_searched_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = given_to(monkeypatch, tmp_path)
    start = ["finetune", str(labelled(tmp_path)), *FIXED, "--label", "topic", "--preset", "quick"]
    done = CliRunner().invoke(
        app, [*start, "--search", "rank=4, 8", "--search", "learning_rate=1e-4..1e-3", "--trials", "6", "--minutes", "5"]
    )
    assert done.exit_code == 0, done.output
    (spec,) = given
    assert (spec.kind, spec.base.dials.epochs) == ("search", 75)
    assert (spec.search.trials, spec.search.minutes, spec.search.method) == (6, 5, "random")
    assert "About 75 passes over 32 rows in batches of 16: 150 steps." in done.stderr
    assert spec.search.space == {"rank": (4, 8), "learning_rate": Range(low=1e-4, high=1e-3, log=True)}


def test_a_file_of_settings_is_taken_and_flags_go_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given, file = given_to(monkeypatch, tmp_path), tmp_path / "settings.json"
    file.write_text(
        '{"preset": "quick", "dials": {"rank": 4, "dropout": 0.1}, "seed": 5, "separator": ";", "problem": "multi_label_classification",'
        ' "split": {"method": "group", "column": "text", "share": 0.3}, "options": {"threshold": 0.7}}'
    )
    start = ["finetune", str(labelled(tmp_path)), *FIXED, "--label", "topic", "--dials", str(file)]
    for more in (
        [],
        ["--set", "rank=6", "--seed", "0", "--split", "random", "--problem", "single_label_classification", "--set", "threshold=0.4"],
    ):
        done = CliRunner().invoke(app, [*start, *more])
        assert done.exit_code == 0, done.output
    first, second = given
    assert (first.dials.epochs, first.dials.rank, first.dials.dropout, first.seed, first.separator) == (75, 4, 0.1, 5, ";")
    assert (first.split.method, first.split.column, first.split.share) == ("group", "text", 0.3)
    assert (second.dials.rank, second.dials.dropout, second.seed, second.problem) == (6, 0.1, 0, "single_label_classification")
    assert (first.options, second.options) == ({"threshold": 0.7}, {"threshold": 0.4})
    assert (second.split.method, second.split.column, second.split.share) == ("random", "", 0.3)


@pytest.mark.model
@pytest.mark.slow
def test_its_json_has_the_keys_that_scripts_rely_on(tmp_path: Path) -> None:
    arguments = (str(labelled(tmp_path)), *FIXED, "--label", "topic", "--preset", "quick", "--set", "max_steps=2")
    facts = json_of(command(tmp_path / "home", "finetune", *arguments, "--json"))
    assert {"run", "adapter", "trainable_parameters", "train_rows", "validation_rows", "seconds", "metrics"} <= facts.keys()
    assert (facts["adapter"], facts["train_rows"], facts["validation_rows"]) == ("adapter:mine", 32, 8)
