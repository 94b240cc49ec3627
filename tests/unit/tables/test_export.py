"""Exports are exact, whole, and safe where asked."""

import csv
import io
import json
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as testing
from hypothesis import strategies as st

from core.errors import BadInput, LimitReached
from core.schema import ImportChoices
from core.settings import Settings
from core.tables.export import check_fits, export, guarded
from core.tables.parse import parse

EVIL = [
    "=1+1",
    "+1",
    "-2+3",
    "@x",
    "\tx",
    "\rx",
    '=HYPERLINK("http://x")',
    "\n=1",
    "＝1",
    "＋1",
    "－1",
    "＠x",
    "-5",
    "-1.5e3",
    "fine",
    "'=x",
    "",
]


@pytest.fixture
def stored(tmp_path):
    """Writes a Parquet file and returns its path."""

    def write(table: pa.Table) -> Path:
        path = tmp_path / "table.parquet"
        pq.write_table(table, path)
        return path

    return write


def test_class_11_safe_exports_prefix_what_would_run(stored, tmp_path):
    source = stored(pa.table({"=text": EVIL, "n": pa.array([-1.5] * len(EVIL))}))
    out = tmp_path / "out.csv"
    export(source, out, safe=True)
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(out.read_bytes().decode("utf-8-sig"), newline="")))
    assert rows[0] == ["'=text", "n"]
    assert [row[0] for row in rows[1:]] == ["'" + cell for cell in EVIL[:12]] + EVIL[12:]
    assert {row[1] for row in rows[1:]} == {"-1.5"}


def test_class_11_a_safe_cell_is_not_split_at_semicolons(stored, tmp_path):
    export(stored(pa.table({"text": ["a;=1+1", None], "n": [1, 2]})), tmp_path / "out.csv", safe=True)
    assert (tmp_path / "out.csv").read_bytes().decode("utf-8-sig") == '"text","n"\r\n"a;=1+1","1"\r\n"","2"\r\n'
    export(stored(pa.table({"text": ["a;=1+1", None], "n": [1, 2]})), tmp_path / "plain.csv")
    assert (tmp_path / "plain.csv").read_bytes() == b"text,n\r\na;=1+1,1\r\n,2\r\n"


def test_class_11_plain_exports_are_exact(stored, tmp_path):
    source = stored(pa.table({"=text": EVIL}))
    export(source, tmp_path / "out.csv")
    assert [row[0] for row in csv.reader(io.StringIO((tmp_path / "out.csv").read_bytes().decode(), newline=""))] == ["=text", *EVIL]
    export(source, tmp_path / "out.parquet", safe=True)
    assert pq.read_table(tmp_path / "out.parquet").column("=text").to_pylist() == EVIL


def test_class_11_xlsx_holds_strings_never_formulas(stored, tmp_path):
    source = stored(pa.table({"text": [*EVIL, "http://x.y", "007"], "n": pa.array(range(len(EVIL) + 2)), "flag": [True] * (len(EVIL) + 2)}))
    export(source, tmp_path / "out.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    cells = [cell for (cell,) in sheet[f"A2:A{len(EVIL) + 3}"]]
    assert all(cell.data_type in ("s", "n", "inlineStr") and cell.hyperlink is None for cell in cells)
    assert [cell.value for cell in cells if cell.value is not None] == [
        cell.replace("\r", "_x000D_")
        for cell in [*EVIL[:-1], "http://x.y", "007"]  # as XLSX writes a carriage return
    ]
    assert (sheet["B3"].value, sheet["B3"].data_type, sheet["C2"].value) == (1, "n", True)


@pytest.mark.parametrize(
    ("cell", "kept"), [("-5", True), ("-0.5", True), ("-1,5", True), ("-5 =x", False), ("--5", False), ("-x", False), ("", True)]
)
def test_guarded(cell, kept):
    assert (guarded(cell) == cell) is kept


def test_jsonl_tells_missing_from_empty_and_keeps_lists(stored, tmp_path):
    table = pa.table(
        {"text": ["", None], "tokens": [["a", "b"], None], "p": [0.25, float("nan")], "when": pa.array([0, None], pa.timestamp("s"))}
    )
    export(stored(table), tmp_path / "out.jsonl")
    first, second = map(json.loads, (tmp_path / "out.jsonl").read_text("utf-8").splitlines())
    assert first == {"text": "", "tokens": ["a", "b"], "p": 0.25, "when": "1970-01-01 00:00:00"}
    assert second == {"text": None, "tokens": None, "p": None, "when": None}


def test_chosen_columns_in_their_order(stored, tmp_path):
    source = stored(pa.table({"a.b": ["1"], "b": ["2"], "c": ["3"]}))
    for name in ("o.csv", "o.jsonl", "o.xlsx", "o.parquet"):
        export(source, tmp_path / name, columns=["c", "a.b"])
    assert (tmp_path / "o.csv").read_text() == "c,a.b\n3,1\n"
    assert pq.read_table(tmp_path / "o.parquet").column_names == ["c", "a.b"]
    with pytest.raises(BadInput, match="zzz"):
        export(source, tmp_path / "o.csv", columns=["zzz"])


def test_limits_of_xlsx_are_errors_and_leave_nothing(stored, tmp_path):
    out = tmp_path / "out.xlsx"
    with pytest.raises(LimitReached, match=r"32,767.*CSV"):
        export(stored(pa.table({"text": ["ok", "x" * 32_768]})), out)
    with pytest.raises(LimitReached, match="1,048,575"):
        export(stored(pa.table({"n": pa.nulls(1_048_576, pa.int8())})), out)
    with pytest.raises(BadInput, match="docx"):
        export(stored(pa.table({"n": [1]})), tmp_path / "out.docx")
    assert [path.name for path in tmp_path.iterdir()] == ["table.parquet"]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_what_an_xlsx_cannot_hold_is_said_before_there_is_one(stored, tmp_path, kind):
    out = tmp_path / "out.XLSX"
    fits = ["é" * 32_767, None, "😀" * 16_383, *["a"] * 20_000]  # more bytes than characters, and more rows than a batch
    source = stored(pa.table({"n": range(len(fits) + 2), "text": pa.array([*fits, "x" * 32_768, "y" * 40_000], kind)}))
    check_fits(source, out, rows=len(fits))
    check_fits(source, tmp_path / "out.csv")
    with pytest.raises(LimitReached, match=r"32,768 in column 'text' \(row 20005\).*CSV"):
        check_fits(source, out)
    with pytest.raises(LimitReached, match=r"32,768 in column 'text' \(row 20005\)"):
        export(source, out.with_suffix(".xlsx"))
    with pytest.raises(LimitReached, match="1,048,575"):
        check_fits(stored(pa.table({"n": pa.nulls(1_048_576, pa.int8())})), out)
    check_fits(stored(pa.table({"n": pa.nulls(1_048_576, pa.int8())})), out, rows=10)


def test_an_export_replaces_a_file_only_when_it_is_whole(stored, tmp_path):
    out = tmp_path / "out.xlsx"
    out.write_text("before")
    with pytest.raises(LimitReached):
        export(stored(pa.table({"text": ["x" * 40_000]})), out)
    assert out.read_text() == "before"
    with pytest.raises(BadInput):
        export(stored(pa.table({"text": ["x"]})), tmp_path / "nowhere" / "out.csv")


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    [*EVIL, 'say "hi"', "a,b\r\nc", "\n", "\r", " lead", "NA", "\0"]
)


def round_trip(tmp_path_factory, rows: list[list[str | None]], suffix: str, **choices) -> list[list]:
    """Writes a table, exports it, and imports the export."""
    folder = tmp_path_factory.mktemp("trip")
    names = [f"c{position}" for position in range(len(rows[0]))]
    source = folder / "source.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array(column, pa.string()) for column in zip(*rows, strict=True)], names=names), source)
    out = folder / f"out{suffix}"
    export(source, out)
    parquet, _ = parse(Settings(home=folder), out, out.name, ImportChoices(**choices), _made(folder / "scratch"))
    table = pq.read_table(parquet)
    assert table.column_names == names
    return [list(row.values()) for row in table.to_pylist()]


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


grids = st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(text, min_size=width, max_size=width), min_size=1, max_size=12))
quick = testing(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@quick
@given(rows=grids)
def test_import_of_an_export_is_exact_csv(tmp_path_factory, rows):
    assert round_trip(tmp_path_factory, rows, ".csv", delimiter=",", header=1, encoding="utf-8") == rows


@quick
@given(rows=grids)
def test_import_of_an_export_is_exact_typed(tmp_path_factory, rows):
    rows = [[None if cell == "NA" else cell for cell in row] for row in rows]
    assert round_trip(tmp_path_factory, rows, ".parquet") == rows
    assert round_trip(tmp_path_factory, rows, ".jsonl") == rows


xlsx_text = st.text(st.characters(exclude_categories=["Cs", "Cn", "Co"]), min_size=1, max_size=12)


@quick
@given(rows=st.lists(st.tuples(xlsx_text, xlsx_text).map(list), min_size=1, max_size=8))
def test_import_of_an_export_is_exact_xlsx(tmp_path_factory, rows):
    assert round_trip(tmp_path_factory, rows, ".xlsx", header=1) == rows
