"""Entities, one a row: in the run's folder, beside the user's own file, and from the command line."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from core.cli.app import app
from core.files import sha256_of
from core.inference.run import run
from core.inference.side_table import export_side_table, side_file, side_table, write_side_table
from core.runs import RunContext, RunFolder, create_run
from core.runs.result import OUTPUTS_METADATA
from core.schema import PredictSpec, Role, TableSource
from core.settings import Settings
from tests.tiny_models import files_of, tiny

ENTITY = pa.struct([("label", pa.string()), ("text", pa.string()), ("start", pa.int32()), ("score", pa.float64())])
TEXTS = ["good phone", "", "bad film and awful price", None, "=1+1 good", "good phone"]


@pytest.fixture(scope="module")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tagger"
    return tiny(folder, "bert", "AutoModelForTokenClassification", labels=("O", "B-PER", "I-PER", "B-LOC"))


def spec_over(path: Path, roles: dict[Role, str], **choices: Any) -> PredictSpec:
    source = TableSource(id=sha256_of(path), name="table", rows=pq.read_metadata(path).num_rows)
    return PredictSpec(task="token-classification", table=source, roles=roles, model="local:tagger", precision="fp32", **choices)


@pytest.fixture
def finished(settings: Settings, catalogue: dict, tagger: Path, tmp_path: Path) -> tuple[RunFolder, Path]:
    """A run over TEXTS with names of rows, tags, and an entities.csv of its own."""
    catalogue["local:tagger"] = files_of(tagger, tasks=("token-classification",))
    path, out = tmp_path / "table.parquet", tmp_path / "out.csv"
    tags = ["B-PER O", None, "O O O O O", None, "O O", "O"]
    pq.write_table(pa.table({"name": [f"n{row}" for row in range(6)], "text": TEXTS, "tags": tags}), path)
    roles = {Role.TEXT: "text", Role.ID: "name", Role.TAGS: "tags"}
    spec = spec_over(path, roles, revision=catalogue["local:tagger"].revision, out=out)
    folder = create_run(settings, spec, owner="local", input_table=path)
    assert run(RunContext(settings, folder)) == "done"
    return folder, out


def test_a_run_keeps_its_entities_one_a_row(finished: tuple[RunFolder, Path]) -> None:
    folder, out = finished
    result, table = pq.read_table(folder.result_path).to_pylist(), pq.read_table(side_table(folder))
    assert side_table(folder) == folder.path / "entities.parquet"
    assert table.column_names == ["row", "name", "label", "text", "start", "end", "score", "first_word", "last_word"]
    expected = [
        {"row": number, "name": row["name"], **entity} for number, row in enumerate(result, start=1) for entity in row["entities"] or []
    ]
    assert table.to_pylist() == expected and len({row["row"] for row in expected}) > 1
    for row in table.to_pylist():
        assert TEXTS[row["row"] - 1][row["start"] : row["end"]] == row["text"]
    beside = out.with_name("out.entities.csv")
    with beside.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(line["row"], line["name"], line["text"]) for line in lines] == [(str(e["row"]), e["name"], e["text"]) for e in expected]
    assert folder.summary()["side_out"] == str(beside)


def test_the_run_is_measured_and_rows_with_other_numbers_of_tags_are_told(finished: tuple[RunFolder, Path]) -> None:
    metrics = finished[0].metrics()
    assert metrics["metrics"]["entity_f1"]["n"] == 3 and "another number of tags" in metrics["notes"][0]
    assert set(metrics["metrics"]) == {
        "entity_f1",
        "entity_precision",
        "entity_recall",
        "entity_f1_macro",
        "entity_f1_type",
        "entity_f1_partial",
        "entity_f1_exact",
    }


def test_the_command_line_writes_both_files(finished: tuple[RunFolder, Path], tmp_path: Path, settings: Settings, monkeypatch) -> None:
    monkeypatch.setenv("SHEETFORMER_HOME", str(settings.home))
    done = CliRunner().invoke(app, ["results", finished[0].id, "--out", str(tmp_path / "again.jsonl"), "--json"])
    assert done.exit_code == 0, done.output
    beside = tmp_path / "again.entities.jsonl"
    assert json.loads(done.stdout.splitlines()[-1])["side_out"] == str(beside)
    assert [json.loads(line) for line in beside.read_text(encoding="utf-8").splitlines()] == pq.read_table(
        side_table(finished[0])
    ).to_pylist()


def table_run(settings: Settings, tmp_path: Path, result: pa.Table, roles: dict[Role, str], column: str) -> RunFolder:
    """A finished run with a made-up result."""
    path = tmp_path / "input.parquet"
    pq.write_table(result.select([name for name in result.column_names if name != column]), path)
    folder = create_run(settings, spec_over(path, roles, revision="0" * 40), owner="local", input_table=path)
    named = result.replace_schema_metadata({OUTPUTS_METADATA: json.dumps({"entities": column}).encode()})
    pq.write_table(named, folder.result_path, row_group_size=3)
    return folder


def test_names_that_are_taken_and_lists_across_slices(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import core.inference.side_table as module

    monkeypatch.setattr(module, "BATCH_ROWS", 4)
    lists = [[{"label": "A", "text": f"{row}-{place}", "start": place, "score": 0.5} for place in range(row % 3)] for row in range(10)]
    lists[5] = None
    columns = {"Label": list("abcdefghij"), "entities": ["mine"] * 10, "entities_2": pa.array(lists, pa.list_(ENTITY))}
    folder = table_run(settings, tmp_path, pa.table(columns), {Role.TEXT: "entities", Role.ID: "Label"}, "entities_2")
    table = pq.read_table(write_side_table(folder))
    assert table.column_names == ["row", "Label", "label_2", "text", "start", "score"]
    assert [(row["row"], row["Label"], row["text"]) for row in table.to_pylist()] == [
        (row + 1, "abcdefghij"[row], item["text"]) for row, items in enumerate(lists) for item in items or []
    ]


def test_a_run_without_scored_rows_has_none_and_a_task_without_lists_neither(settings: Settings, tmp_path: Path, new_run) -> None:
    folder = table_run(settings, tmp_path, pa.table({"text": [""], "error": ["skipped"]}), {Role.TEXT: "text"}, "error")
    pq.write_table(pa.table({"text": [""]}), folder.result_path)
    assert write_side_table(folder) is None and export_side_table(folder, tmp_path / "x.csv") is None
    other = new_run({"text": ["good"]})
    assert side_table(other) is None
    assert side_file(Path("a/b.c.xlsx"), Path("entities.parquet")) == Path("a/b.c.entities.xlsx")
