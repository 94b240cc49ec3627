"""Cases 34 to 44 of the importer: workbooks and binary tables. A test is named after its case."""

import datetime
import io
import re
import zipfile
from collections.abc import Callable

import odf.opendocument
import odf.table
import odf.text
import openpyxl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
import xlwt
from openpyxl.styles import PatternFill

from core.errors import BadInput, LimitReached
from tests.unit.tables.xlsb import xlsb


def saved(book: openpyxl.Workbook) -> bytes:
    """The bytes of an XLSX file."""
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def with_sheet(book: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The same workbook with the XML of its first sheet changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, change(data) if name == "xl/worksheets/sheet1.xml" else data)
    return out.getvalue()


def workbook(*rows: list) -> tuple[openpyxl.Workbook, openpyxl.worksheet.worksheet.Worksheet]:
    """A workbook of one sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return book, book.active


def test_case_34_several_sheets(imported):
    book = openpyxl.Workbook()
    book.active.title = "Cover"
    for name, text in (("First", "one"), ("Second", "two")):
        sheet = book.create_sheet(name)
        sheet.append(["text", "n"])
        sheet.append([text, 1])
    data = saved(book)
    result = imported(data)
    assert (result.report.sheet, result.report.sheets) == ("First", ["Cover", "First", "Second"])
    assert result.said("3 sheets")
    assert "sheet" in result.report.guessed
    assert imported(data, sheet="Second").column("text") == ["two"]
    with pytest.raises(BadInput, match="empty"):
        imported(data, sheet="Cover")
    with pytest.raises(BadInput, match="Cover, First, Second"):
        imported(data, sheet="Third")


def test_case_35_merged_cells(imported):
    book, sheet = workbook(["group", "text"], ["a", "x"], [None, "y"], ["b", "z"])
    sheet.merge_cells("A2:A3")
    data = saved(book)
    result = imported(data)
    assert result.column("group") == ["a", None, "b"]
    assert result.said("merged")[0].row == 2
    assert imported(data, fill_merged=True).column("group") == ["a", "a", "b"]


def test_case_36_formulas_without_a_stored_value(imported):
    result = imported(saved(workbook(["text", "sum"], ["x", "=1+1"], ["y", "=2+2"], ["z", 3])[0]))
    assert result.column("sum") == [None, None, "3"]
    assert "2 formula cells have no stored value, the first at B2" in result.said("formula")[0].what


def test_case_37_error_values_are_kept_as_text(imported):
    result = imported(saved(workbook(["text", "value"], ["x", "#N/A"], ["y", "#DIV/0!"], ["z", 3])[0]))
    assert result.column("value") == ["#N/A", "#DIV/0!", "3"]
    assert [(problem.row, "#N/A" in problem.what) for problem in result.said("error")] == [(2, True), (3, False)]


def test_case_38_hidden_things_are_read_and_told(imported):
    book, sheet = workbook(["text", "n"], ["x", 1], ["y", 2])
    sheet.row_dimensions[2].hidden = True
    sheet.column_dimensions["B"].hidden = True
    sheet.auto_filter.ref = "A1:B3"
    book.create_sheet("secret").sheet_state = "hidden"
    result = imported(saved(book))
    assert result.rows == [["x", "1"], ["y", "2"]]
    assert result.said("hidden sheets: secret")
    assert result.said("1 hidden row and 1 hidden column were")
    assert result.said("filter")


def test_case_39_encrypted_workbooks(imported):
    fake = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1000 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 1000
    with pytest.raises(BadInput, match="encrypted"):
        imported(fake, name="x.xlsx")


def test_case_40_xls(imported):
    book = xlwt.Workbook()
    sheet = book.add_sheet("data")
    for row, cells in enumerate([["text", "n", "flag"], ["hi", 5, True], ["yo", 2.5, False]]):
        for column, cell in enumerate(cells):
            sheet.write(row + 2, column + 1, cell)
    buffer = io.BytesIO()
    book.save(buffer)
    result = imported(buffer.getvalue(), name="x.csv")
    assert result.report.format == "xls"
    assert result.names == ["text", "n", "flag"]
    assert result.rows == [["hi", "5", "TRUE"], ["yo", "2.5", "FALSE"]]
    assert result.report.header == 3


def ods(rows: list[list[str]], repeated: int = 1) -> bytes:
    """The bytes of an ODS file; every row is repeated."""
    document = odf.opendocument.OpenDocumentSpreadsheet()
    sheet = odf.table.Table(name="data")
    for cells in rows:
        row = odf.table.TableRow(numberrowsrepeated=repeated)
        for text in cells:
            cell = odf.table.TableCell(valuetype="string")
            cell.addElement(odf.text.P(text=text))
            row.addElement(cell)
        sheet.addElement(row)
    document.spreadsheet.addElement(sheet)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def test_case_40_ods(imported):
    result = imported(ods([["text", "label"], ["hi", "pos"], ["yo", "neg"]]))
    assert (result.report.format, result.report.sheet) == ("ods", "data")
    assert result.rows == [["hi", "pos"], ["yo", "neg"]]


def test_case_40_xlsb(imported):
    result = imported(xlsb([["text", "n", "flag"], ["hi é😀", 5, True], ["yo", 2.5, False]]), name="x.xlsx")
    assert (result.report.format, result.report.sheet) == ("xlsb", "data")
    assert result.rows == [["hi é😀", "5", "TRUE"], ["yo", "2.5", "FALSE"]]
    assert result.said("content is xlsb")


def test_case_40_a_broken_xlsb_is_refused(imported):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.bin", b"\x83\x01\x00")
    with pytest.raises(BadInput, match="incomplete or damaged"):
        imported(buffer.getvalue(), name="x.xlsb")


@pytest.mark.parametrize("start", [b"%PDF-1.7", b"\x89PNG\r\n", b"SQLite format 3\0", b"\x80\x04\x95pickle", b"\x7fELF"])
def test_case_40_what_is_no_table_is_refused(imported, start):
    with pytest.raises(BadInput, match="a table"):
        imported(start + b"\0" * 100, name="x.xlsx")


def test_case_41_content_wins_over_the_name(imported):
    result = imported("text,label\nhi,pos\n", name="book.xlsx")
    assert result.report.format == "csv"
    assert result.said("ends in .xlsx")
    result = imported(saved(workbook(["text"], ["hi"])[0]), name="table.csv")
    assert result.report.format == "xlsx"
    assert result.said("says text")


def test_case_42_a_far_cell_is_refused_before_parsing(imported, settings):
    book, sheet = workbook(["text"], ["hi"])
    sheet["XFD1048576"] = "far"
    with pytest.raises(LimitReached, match="max_cells"):
        imported(saved(book))


@pytest.mark.parametrize("empty", [b'<c r="XFD1048576" s="1"/>', b'<c r="XFD1048576" s="1" />', b'<c r="XFD1048576" s="1"></c>'])
def test_case_42_styled_empty_cells_do_not_count(imported, empty):
    book, sheet = workbook(["text", "n"], ["hi", 1])
    sheet["XFD1048576"].fill = PatternFill("solid", fgColor="FF0000")
    written = re.compile(rb'<c r="XFD1048576" s="1"(?: ?/>|></c>)')  # openpyxl writes it in one way or another
    data = with_sheet(saved(book), lambda xml: written.sub(empty, xml))
    assert imported(data).rows == [["hi", "1"]]


@pytest.mark.parametrize("kind", ["xlsx", "parquet", "gz", "arrow", "ods", "zip", "json"])
def test_case_43_truncated_files(imported, kind):
    import gzip

    table = pa.table({"text": [f"text number {number}" for number in range(500)]})
    buffer = io.BytesIO()
    if kind == "parquet":
        pq.write_table(table, buffer)
    elif kind == "arrow":
        pyarrow.feather.write_feather(table, buffer, compression="uncompressed")
    elif kind == "zip":
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("x.csv", "text\nhi\n" * 100)
    whole = {
        "xlsx": lambda: saved(workbook(["text"], ["hi"])[0]),
        "gz": lambda: gzip.compress(b"text\n" + bytes(range(32, 120)) * 100),
        "ods": lambda: ods([["text"], ["hi"]]),
        "json": lambda: b'[{"text": "hi"}, {"text": "yo"}, {"text": "end"}]',
    }.get(kind, buffer.getvalue)()
    assert imported(whole).report.rows
    with pytest.raises(BadInput, match="incomplete"):
        imported(whole[: len(whole) * 2 // 3])


def test_case_24_dates_of_workbooks_are_iso_text(imported):
    moment = datetime.datetime(2024, 1, 2, 3, 4, 5)
    book, _ = workbook(["when"], [datetime.date(2024, 1, 2)], [moment], [datetime.time(3, 4)], [datetime.timedelta(hours=30)])
    assert imported(saved(book)).column("when") == ["2024-01-02", "2024-01-02 03:04:05", "03:04:00", "30:00:00"]
    book, _ = workbook(["text", "when"], ["x", moment])
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    assert imported(saved(book)).column("when") == ["2024-01-02 03:04:05"]


def test_numbers_of_workbooks_are_as_shown(imported):
    result = imported(saved(workbook(["value"], [1], [1.5], [True], ["007"], [1e15], [-3])[0]))
    assert result.column("value") == ["1", "1.5", "TRUE", "007", "1000000000000000", "-3"]


def test_blank_rows_of_sheets_keep_row_numbers(imported):
    book, sheet = workbook()
    for row, cells in {3: ["text", "n"], 4: ["a", 1], 7: ["b", 2], 9: ["c", "#REF!"]}.items():
        for column, cell in enumerate(cells, start=3):
            sheet.cell(row, column, cell)
    result = imported(saved(book))
    assert result.names == ["text", "n"]
    assert result.rows == [["a", "1"], ["b", "2"], ["c", "#REF!"]]
    assert [problem.row for problem in result.said("blank")] == [5, 6, 8]
    assert result.said("#REF!")[0].row == 9
    assert imported(saved(book), header=4).names == ["a", "1"]


def test_a_title_above_the_header_of_a_sheet(imported):
    result = imported(saved(workbook(["Sales 2024"], [], ["text", "label", "n"], ["a", "pos", 1], ["b", "neg", 2])[0]))
    assert result.names == ["text", "label", "n"]
    assert result.report.rows == 2
