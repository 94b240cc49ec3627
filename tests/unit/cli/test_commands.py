"""The commands as scripts use them: exit codes, one JSON value, nothing else on standard output."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "sample" / "product_reviews.csv"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def command(home: Path, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SHEETFORMER_HOME": str(home), "SHEETFORMER_IDLE_EXIT_SECONDS": "5"}
    return subprocess.run(
        [sys.executable, "-m", "core", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def json_of(process: subprocess.CompletedProcess[str]):
    lines = process.stdout.splitlines()
    assert len(lines) == 1, process.stdout + process.stderr
    return json.loads(lines[0])


def test_inspect_counts_in_words_and_says_which_row_of_which(home: Path, tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("text,note\ngood phone,a,b\n", "utf-8")
    said = command(home, "tables", "inspect", str(tmp_path / "one.csv"), "--extra-cells", "keep").stdout
    assert "1 row, 3 columns" in said
    assert "! row 2 of the file: " in said


def test_inspect_reports_the_promised_keys(home: Path) -> None:
    done = command(home, "tables", "inspect", str(SAMPLE), "--json")
    assert done.returncode == 0, done.stderr
    report = json_of(done)
    assert set(report) == {"rows", "columns", "encoding", "delimiter", "sheet", "header", "problems"}
    assert report["rows"] == len(pd.read_csv(SAMPLE))
    assert {"name": "review", "role": "text"} in report["columns"]
    assert not (home / "workspaces").exists(), "inspecting keeps nothing"


def test_models_list_has_the_embedded_one(home: Path) -> None:
    models = json_of(command(home, "models", "list", "--task", "text-classification", "--json"))
    assert "embedded:sentiment" in [model["reference"] for model in models]


@pytest.mark.model
@pytest.mark.slow
def test_predict_results_and_jobs_tell_one_story(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "scored.csv"
    arguments = ["predict", str(SAMPLE), "--task", "text-classification", "--model", "embedded:sentiment", "--text", "review"]
    done = command(home, *arguments, "--label", "sentiment", "--out", str(out), "--json")
    assert done.returncode == 0, done.stderr
    summary = json_of(done)
    promised = {"run", "rows", "failed", "skipped", "distinct", "truncated", "precision", "backend"}
    promised |= {"setup_seconds", "seconds", "rows_per_second", "out", "columns"}
    assert promised <= set(summary)
    source = pd.read_csv(SAMPLE, dtype=str, keep_default_na=False)
    scored = pd.read_csv(out, dtype=str, keep_default_na=False)
    pd.testing.assert_frame_equal(scored[source.columns], source)
    assert list(scored.columns) == [*source.columns, "prediction", "confidence", "p_negative", "p_positive", "error"]
    assert summary["rows"] == len(source)
    assert summary["skipped"] == (source["review"].str.strip() == "").sum()
    assert set(scored["prediction"]) == {"positive", "negative", ""}

    listed = json_of(command(home, "jobs", "list", "--json"))
    assert listed[0]["id"] == summary["run"]
    assert set(listed[0]) == {"id", "kind", "state", "owner", "rows_done", "rows", "created", "error"}
    assert listed[0]["state"] == "done"

    again = tmp_path / "again.parquet"
    written = json_of(command(home, "results", summary["run"], "--out", str(again), "--json"))
    assert written["rows"] == len(source) == len(pd.read_parquet(again))
    failed = json_of(command(home, "results", summary["run"], "--out", str(tmp_path / "failed.jsonl"), "--failed", "--json"))
    assert failed["rows"] == summary["failed"]

    assert command(home, "jobs", "delete", summary["run"]).returncode == 0
    assert json_of(command(home, "jobs", "list", "--json")) == []


def test_cells_that_the_file_to_write_cannot_hold_are_told_before_a_row_is_scored(tmp_path: Path) -> None:
    (tmp_path / "long.csv").write_text(f"text,note\ngood phone,short\nbad phone,{'x' * 40_000}\n", "utf-8")
    arguments = ["predict", str(tmp_path / "long.csv"), "--task", "text-classification", "--model", "embedded:sentiment", "--text", "text"]
    done = command(tmp_path / "home", *arguments, "--out", str(tmp_path / "out.xlsx"), "--json")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1), done.stderr
    assert "at most 32,767 characters in a cell of XLSX; found 40,000 in column 'note' (row 3). Choose CSV" in done.stderr
    assert not list((tmp_path / "home").glob("runs/*"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["tables", "inspect", "no-such.csv"], "not there"),
        (["tables", "inspect", "."], "a folder"),
        (["jobs", "show", "../../etc/passwd"], "Expected the id of a"),
        (["jobs", "show", "0123456789abcdef"], "Expected the id of a"),
        (["results", "0123456789abcdef", "--out", "x.docx"], ".parquet, .csv, .xlsx"),
        (["predict", str(SAMPLE), "--task", "no-such-task", "--model", "embedded:sentiment", "--text", "review"], "no-such-task"),
        (["predict", str(SAMPLE), "--task", "text-classification", "--model", "/etc", "--text", "review"], "embedded:sentiment"),
        (["predict", str(SAMPLE), "--task", "text-classification", "--model", "embedded:sentiment", "--text", "reveiw"], "reveiw"),
        (["predict", str(SAMPLE), "--task", "text-classification", "--model", "embedded:sentiment"], "text"),
        (
            [
                "predict",
                str(SAMPLE),
                "--task",
                "text-classification",
                "--model",
                "embedded:sentiment",
                "--text",
                "review",
                "--precision",
                "fp8",
            ],
            "fp8",
        ),
        (
            [
                "predict",
                str(SAMPLE),
                "--task",
                "text-classification",
                "--model",
                "embedded:sentiment",
                "--text",
                "review",
                "--set",
                "nope=1",
            ],
            "nope",
        ),
    ],
)
def test_bad_input_is_one_line_and_exit_code_two(home: Path, arguments: list[str], words: str) -> None:
    done = command(home, *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    line = done.stderr.strip().splitlines()[-1]
    assert words in line
    assert "Traceback" not in done.stderr
