"""Cases 44 to 52 of the importer: typed formats, JSON, archives, labels. A test is named after its case."""

import datetime
import decimal
import gzip
import io
import json
import stat
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from core.errors import BadInput, LimitReached


def parquet(table: pa.Table, **options) -> bytes:
    """The bytes of a Parquet file."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer, **options)
    return buffer.getvalue()


def zipped(members: dict[str, bytes | str], **options) -> bytes:
    """The bytes of a zip file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_case_44_types_of_parquet(imported):
    moment = datetime.datetime(2024, 1, 2, 3, 4, 5)
    table = pa.table(
        {
            "text": pa.array(["a", None], pa.large_string()),
            "category": pa.array(["x", "y"]).dictionary_encode(),
            "n": pa.array([1, None], pa.int32()),
            "score": pa.array([0.5, np.nan]),
            "flag": [True, None],
            "money": pa.array([decimal.Decimal("1.10"), None]),
            "bytes": pa.array([b"ok", b"\xff\x00"]),
            "when": pa.array([moment, None], pa.timestamp("us", tz="Europe/Berlin")),
            "tokens": pa.array([["a", "b"], None]),
            "person": pa.array([{"name": "Ann", "age": 3}, None]),
            "pairs": pa.array([[{"k": 1}], []]),
        }
    )
    result = imported(parquet(table))
    assert result.report.format == "parquet"
    assert {column.name: column.kind for column in result.report.columns} == {
        "text": "text", "category": "text", "n": "number", "score": "number", "flag": "boolean", "money": "number", "bytes": "other",
        "when": "time", "tokens": "list", "person": "other", "pairs": "other",
    }  # fmt: skip
    assert result.column("text") == ["a", None]
    assert result.column("category") == ["x", "y"]
    assert result.column("n") == [1, None]
    assert result.column("money") == ["1.10", None]
    assert result.column("bytes") == ["ok", "ff00"]
    assert result.column("tokens") == [["a", "b"], None]
    assert json.loads(result.column("person")[0]) == {"name": "Ann", "age": 3}
    assert result.column("pairs") == ['[{"k": 1}]', "[]"]
    assert result.said("special types")


def test_case_44_times_that_nothing_can_show_become_text(imported):
    far = pa.array([253_402_300_800_000, None, 0, -62_135_596_800_001], pa.int64()).cast(pa.timestamp("ms"))
    mars = pa.array([5_000_001, None, 0, -1], pa.int64()).cast(pa.timestamp("us", "Mars/Base"))
    days = pa.array([10_000_000, None, 0, 1], pa.int32()).cast(pa.date32())
    near = pa.array([0, None, 1, 2], pa.int64()).cast(pa.timestamp("us", "Europe/Berlin"))
    table = pa.table({"far": far, "mars": mars, "days": days, "near": near, "text": ["a", "b", "c", "d"]})
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    for content in (parquet(table), parquet(table.rename_columns(["far", "mars", "days", "a.b", "text"])), sink.getvalue()):
        result = imported(content)
        assert result.column("far") == ["10000-01-01 00:00:00", None, "1970-01-01 00:00:00", "0000-12-31 23:59:59.999"]
        assert result.column("mars") == ["1970-01-01 00:00:05.000001", None, "1970-01-01 00:00:00", "1969-12-31 23:59:59.999999"]
        assert result.column("days") == ["29349-01-26", None, "1970-01-01", "1970-01-02"]
        assert [str(kind) for kind in result.table.schema.types][3] == "timestamp[us, tz=Europe/Berlin]"
        assert [problem.column for problem in result.said("read as text")] == ["mars", "far", "days"]
        assert result.said("'Mars/Base' is not known")


def test_case_44_int96_and_repeated_names(imported):
    table = pa.table([pa.array([datetime.datetime(2024, 1, 2)], pa.timestamp("ns")), pa.array(["x"])], names=["a", "b"])
    result = imported(parquet(table, use_deprecated_int96_timestamps=True))
    assert str(result.column("a")[0]).startswith("2024-01-02")
    assert result.report.columns[0].kind == "time"
    twice = pa.table([pa.array(["x"]), pa.array(["y"])], names=["a", "a"])
    assert imported(parquet(twice)).names == ["a", "a.1"]


def test_case_44_bytes_that_are_not_text_in_a_text_column(imported):
    broken = pa.StringArray.from_buffers(2, pa.py_buffer(np.array([0, 2, 4], np.int32)), pa.py_buffer(b"ok\xffx"))
    result = imported(parquet(pa.table({"text": broken})))
    assert result.column("text") == ["ok", "\ufffdx"]
    assert result.said("not UTF-8")[0].column == "text"


@pytest.mark.parametrize("kind", ["feather", "feather-lz4", "file", "stream"])
def test_arrow_files_and_streams(imported, kind):
    table = pa.table({"text": ["a", "", None], "n": [1, 2, 3]})
    buffer = io.BytesIO()
    if kind.startswith("feather"):
        pyarrow.feather.write_feather(table, buffer, compression="lz4" if "lz4" in kind else "uncompressed")
    else:
        with (pa.ipc.new_file if kind == "file" else pa.ipc.new_stream)(buffer, table.schema) as writer:
            writer.write_table(table)
    result = imported(buffer.getvalue())
    assert result.report.format == ("arrow-stream" if kind == "stream" else "arrow")
    assert result.rows == [["a", 1], ["", 2], [None, 3]]


def test_case_45_a_bad_line_of_jsonl(imported):
    data = '{"text": "a"}\n\n{"text": "b"\n{"text": "c"}\nnot json\n'
    result = imported(data)
    assert result.column("text") == ["a", "c"]
    assert [problem.row for problem in result.said("not JSON")] == [3, 5]
    assert "bad_lines" in result.report.guessed
    assert imported(data, bad_lines="skip").report.rows == 2
    with pytest.raises(BadInput, match="row 3"):
        imported(data, bad_lines="refuse")


@pytest.mark.parametrize("indent", [None, 2])
def test_case_46_arrays_and_lines(imported, indent):
    records = [{"text": "a, b", "n": 1}, {"text": "c\n", "n": 2}]
    array = imported(json.dumps(records, indent=indent))
    lines = imported("\n".join(map(json.dumps, records)), name="x.json")
    assert (array.report.format, lines.report.format) == ("json", "jsonl")
    assert array.rows == lines.rows == [["a, b", 1], ["c\n", 2]]


def test_case_46_arrays_across_blocks(imported, monkeypatch):
    monkeypatch.setattr("core.tables.json_rows.BLOCK", 16)
    records = [{"text": "x" * number, "n": 10**number, "f": 1.5} for number in range(15)]
    for text in (json.dumps(records), json.dumps(records, indent=1)):
        assert imported(text).column("n") == [10**number for number in range(15)]


def test_case_46_other_shapes(imported):
    assert imported('{"data": [{"text": "a"}, {"text": "b"}], "version": 1}').column("text") == ["a", "b"]
    assert imported('{\n "text": "only one",\n "n": 1\n}').rows == [["only one", 1]]
    assert imported('["a", "b"]').column("value") == ["a", "b"]
    with pytest.raises(BadInput):
        imported("[]")
    with pytest.raises(BadInput, match="element 2"):
        imported('[{"a": 1}, {"a": x}, {"a": 3}]')


def test_case_46_a_long_first_record_hides_no_other(imported):
    result = imported(json.dumps({"text": "x" * 1_500_000}) + "\n" + json.dumps({"text": "y"}) + "\n")
    assert [len(cell) for cell in result.column("text")] == [1_500_000, 1]


@pytest.mark.parametrize(
    "content",
    [
        '{"a": 1, "b": 2}\n{"a": 1, "b": 2, "a": 3}\n',
        '[{"a": 1, "b": 2},\n {"a": 1, "b": 2, "a": 3}]',
        '{"a": 1,\n "b": 2}\n{"a": 1,\n "b": 2, "a": 3}\n',
    ],
)
def test_case_45_a_repeated_key_is_told_with_its_row(imported, content):
    result = imported(content)
    assert result.column("a") == [1, 3]
    assert [(problem.row, problem.what) for problem in result.said("more than once")] == [
        (2, "An object has 'a' more than once; the last value is kept.")
    ]


def test_case_45_a_bad_line_passes_no_repeated_key_on(imported):
    result = imported('{"a": 1}\n{"x": {"a": 1, "a": 2}, nonsense}\n{"a": 3}\n')
    assert result.column("a") == [1, 3]
    assert not result.said("more than once")


def test_case_46_csv_that_begins_like_json_is_csv(imported):
    assert imported("[x],label\na,b\n").names == ["[x]", "label"]
    assert imported("{x},label\na,b\n").names == ["{x}", "label"]


def test_case_47_nested_and_differing_keys(imported):
    lines = [{"user": {"name": "Ann", "tags": ["a"]}, "n": 1}, {"n": 2, "extra": [[1]]}, {"user": {}, "user.name": "flat", "n": None}]
    result = imported("\n".join(map(json.dumps, lines)))
    assert result.names == ["n", "user.name", "user.tags", "extra", "user"]
    assert result.column("user.name") == ["Ann", None, "flat"]
    assert result.column("user.tags") == [["a"], None, None]
    assert result.column("n") == [1, 2, None]
    assert result.column("extra") == [None, "[[1]]", None]


def test_case_48_integers_stay_integers(imported):
    lines = '{"modified": 1700000000, "date": 20240102, "big": 12345678901234567890, "zip": "00123", "f": 1.5}\n' * 2
    result = imported(lines)
    assert result.rows[0] == [1700000000, 20240102, "12345678901234567890", "00123", 1.5]


def test_case_48_mixed_values_are_text_and_told(imported):
    result = imported('{"v": 1}\n{"v": "x"}\n{"v": true}\n{"v": {"a": 1}}\n')
    assert result.column("v") == ["1", "x", "true", None]
    assert result.column("v.a") == [None, None, None, 1]
    assert result.said("mixes")[0].column == "v"


def test_case_49_nan_and_infinity(imported):
    result = imported('[{"v": NaN, "t": "a"}, {"v": -Infinity, "t": "b"}, {"v": 1.5, "t": "c"}]')
    assert np.isnan(result.column("v")[0])
    assert result.column("v")[1:] == [-np.inf, 1.5]
    assert result.said("2 numbers are NaN or infinite")


def test_case_50_gz_and_zip(imported):
    csv = "text,label\nhi,pos\n"
    for packed in (gzip.compress(csv.encode()), zipped({"a.csv": csv, "__MACOSX/._a.csv": "junk"})):
        assert imported(packed).rows == [["hi", "pos"]]


def test_case_50_several_files(imported):
    data = zipped({"a.csv": "text,n\nfirst,1\n", "b/c.jsonl": '{"text": "second"}\n'})
    result = imported(data)
    assert result.column("text") == ["first"]
    assert (result.report.member, result.report.members) == ("a.csv", ["a.csv", "b/c.jsonl"])
    assert result.said("2 files")
    assert "member" in result.report.guessed
    assert imported(data, member="b/c.jsonl").column("text") == ["second"]
    with pytest.raises(BadInput, match=r"a\.csv, b/c\.jsonl"):
        imported(data, member="../../etc/passwd")


def test_case_50_nested_archives_are_refused(imported):
    inner = zipped({"a.csv": "text\nhi\n"})
    for packed in (zipped({"a.zip": inner}), gzip.compress(inner), zipped({"a.gz": gzip.compress(b"text\nhi\n")})):
        with pytest.raises(BadInput, match="archive inside an archive"):
            imported(packed)


def test_class_01_links_and_paths_in_archives(imported, tmp_path):
    member = zipfile.ZipInfo("../../outside.csv")
    result = imported(zipped({member: "text\nhi\n"}))
    assert result.report.rows == 1
    assert not list(tmp_path.parent.rglob("outside.csv"))
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(BadInput, match="symbolic link"):
        imported(zipped({link: "/etc/passwd"}))


def test_class_10_bombs_are_refused_by_size_and_ratio(imported, settings):
    zeros = b"0" * 30_000_000
    for bomb in (gzip.compress(zeros), zipped({"a.csv": zeros})):
        with pytest.raises(LimitReached, match="max_compression_ratio"):
            imported(bomb)
        loose = settings.model_copy(update={"max_compression_ratio": 10_000, "max_uncompressed_mb": 10})
        with pytest.raises(LimitReached, match="max_uncompressed_mb"):
            imported(bomb, settings=loose)


def test_class_10_a_workbook_bomb_is_refused_before_parsing(imported):
    book = zipped({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>", "xl/worksheets/sheet1.xml": b" " * 30_000_000})
    with pytest.raises(LimitReached, match="max_compression_ratio"):
        imported(book)


def test_class_10_entity_bombs_are_refused(imported):
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY l0 "ha">{entities}]><workbook>&l11;</workbook>'
    with pytest.raises(BadInput, match="incomplete or damaged"):
        imported(zipped({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": bomb, "xl/_rels/workbook.xml.rels": bomb}))


def test_class_20_a_file_above_the_limit_is_refused(imported, settings):
    with pytest.raises(LimitReached, match="max_upload_mb"):
        imported(b"text\n" + b"x" * 1_000_000, settings=settings.model_copy(update={"max_upload_mb": 1}))


def test_case_51_labels_spelled_two_ways(imported):
    result = imported("text,label\na,Pos\nb,pos \nc,neg\nd,Pos\na,neg\n")
    assert result.column("label") == ["Pos", "pos ", "neg", "Pos", "neg"]
    problem = result.said("differ only in case or white space")[0]
    assert problem.column == "label"
    assert "'Pos', 'pos '" in problem.what
    assert result.report.columns[0].distinct == 4


def test_case_52_names_of_result_columns_are_the_users(imported):
    result = imported("text,prediction,score,row_id,error\na,x,1,2,z\n")
    assert result.names == ["text", "prediction", "score", "row_id", "error"]
    assert result.rows == [["a", "x", "1", "2", "z"]]


def test_deep_and_huge_json_is_refused(imported):
    with pytest.raises(BadInput):
        imported("[" * 200_000)
    result = imported('{"a": 1}\n{"a": ' + "9" * 10_000 + "}\n" + '{"a": ' + "[" * 50_000 + "]" * 50_000 + "}\n")
    assert result.column("a") == [1]
    assert [problem.row for problem in result.said("not JSON")] == [2, 3]
