"""Cases 1 to 17 of the importer: encodings, delimiters, quotes, ragged rows, headers. A test is named after its case."""

import pytest

from core.errors import BadInput
from core.tables.header import merge_headers

FRENCH = "text,label\nDéjà vu à l’été,positif\nça va bien,positif\n"
RUSSIAN = "text,label\n" + "Это очень хороший товар и мне он нравится,хорошо\nОчень плохое качество товара не советую,плохо\n" * 4
JAPANESE = "text,label\n" + "これはとても良い商品です、おすすめします,良い\n品質が悪くて残念でした,悪い\n" * 4
CHINESE = "text,label\n" + "这个产品非常好我很喜欢它,好\n质量太差了不推荐购买,差\n" * 4


def test_case_01_byte_order_mark_is_dropped(imported):
    result = imported(b"\xef\xbb\xbftext,label\nhi,pos\n")
    assert result.names == ["text", "label"]
    assert result.report.encoding == "utf-8-sig"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_case_02_utf_16(imported, encoding):
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    result = imported(mark + "text,label\ncafé 😀,pos\n".encode(encoding))
    assert result.rows == [["café 😀", "pos"]]


def test_case_02_utf_16_without_mark(imported):
    assert imported("text,label\nplain words,pos\n".encode("utf-16-le")).rows == [["plain words", "pos"]]


def test_case_03_cp1252_is_guessed_and_shown(imported):
    result = imported(FRENCH.encode("cp1252"))
    assert result.rows[0] == ["Déjà vu à l’été", "positif"]
    assert result.report.encoding == "cp1252"
    assert "encoding" in result.report.guessed
    assert "Déjà" in result.said("cp1252 (guessed)")[0].what


def test_case_03_one_accent_in_a_file_is_western(imported):
    assert imported(b"text,label\ncaf\xe9 is fine,pos\nno more,neg\n").column("text")[0] == "café is fine"


@pytest.mark.parametrize(
    ("text", "encoding"), [(RUSSIAN, "koi8-r"), (RUSSIAN, "cp1251"), (JAPANESE, "shift_jis"), (CHINESE, "gb18030"), (JAPANESE, "euc-jp")]
)
def test_case_04_other_encodings_are_guessed_and_can_be_chosen(imported, text, encoding):
    data = text.encode(encoding)
    expected = [line.split(",") for line in text.splitlines()[1:]]
    assert imported(data).rows == expected
    assert imported(data, encoding=encoding).rows == expected


def test_case_04_unknown_encodings_are_refused(imported):
    for name in ("klingon", "unicode_escape", "base64", "rot13"):
        with pytest.raises(BadInput, match="encoding"):
            imported(FRENCH, encoding=name)


def test_case_05_broken_bytes_have_their_place_and_are_counted(imported):
    data = "text,label\nété,a\nnaïve,b\n".encode() + b"bad\xff byte,c\nfine,d\nworse \xfe\xfe,e\n"
    result = imported(data)
    assert result.report.encoding == "utf-8"
    assert result.column("text")[2:] == ["bad\ufffd byte", "fine", "worse \ufffd\ufffd"]
    assert [problem.row for problem in result.said("replaced by �")] == [4, 6, 6]
    assert f"offset {data.index(0xFF)}" in result.said("replaced by �")[0].what
    with pytest.raises(BadInput, match="row 4"):
        imported(data, broken_bytes="refuse")


def test_case_05_places_are_right_across_blocks(imported, monkeypatch):
    monkeypatch.setattr("core.tables.encoding.BLOCK", 7)
    data = "text,label\r\nété,a\r\nnaïve,b\r\n".encode() + b"bad\xff byte,c\r\nend\xe2\x82,d\r\n"
    places = imported(data).said("replaced by �")
    assert [problem.row for problem in places] == [4, 5]
    assert [f"offset {data.index(mark)}" in problem.what for mark, problem in zip((b"\xff", b"\xe2\x82"), places, strict=True)] == [
        True,
        True,
    ]


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ",", "^"])
def test_case_06_delimiters_are_found(imported, delimiter):
    rows = [["text", "label", "n"], ["hello, there; you", "pos", "1"], ["bye", "neg", "2"], ["so so", "neg", "3"]]
    lines = [delimiter.join(f'"{cell}"' if set(",;") & set(cell) else cell for cell in row) for row in rows]
    result = imported("\n".join(lines))
    assert result.names == rows[0]
    assert result.rows == rows[1:]
    assert result.report.delimiter == delimiter


def test_case_06_a_chosen_delimiter_wins(imported):
    result = imported("a:b\n1,5:2\n", delimiter=":")
    assert result.rows == [["1,5", "2"]]
    assert "delimiter" not in result.report.guessed


@pytest.mark.parametrize(
    "lines",
    [
        ["text", "hello there", "how are you", "that is the best"],
        ["text", "Well, hello there", "no comma here", "one, two, three"],
        ["text", "Well, hello", "Oh, no", "Sure, why not"],
        ["comment", "a; b", "c; d", "e; f"],
        ["text", "see http://x.y/a|b", "plain", "3,5 stars"],
    ],
)
def test_case_07_a_single_column_is_never_split(imported, lines):
    result = imported("\n".join(lines) + "\n")
    assert result.names == [lines[0]]
    assert result.column(lines[0]) == lines[1:]
    assert result.report.delimiter is None


def test_case_07_quotes_in_a_single_column(imported):
    result = imported('text\n"a, b"\n"say ""hi"""\n"Great" he said, twice\n')
    assert result.column("text") == ["a, b", 'say "hi"', '"Great" he said, twice']


def test_case_08_decimal_commas_stay_text(imported):
    result = imported("text;value\nx;1,5\ny;22,75\n")
    assert result.column("value") == ["1,5", "22,75"]
    assert result.said("decimal commas")[0].column == "value"
    assert result.report.columns[1].kind == "text"


def test_case_09_line_breaks_and_doubled_quotes_in_cells(imported):
    result = imported('text,label\r\n"one\r\ntwo ""quoted"", three\nfour",a\r\nnext,b\r\nshort\r\n')
    assert result.rows == [['one\r\ntwo "quoted", three\nfour', "a"], ["next", "b"], ["short", None]]
    assert result.said("missing")[0].row == 6  # the record before took three lines


def test_case_09_a_stray_quote_is_told(imported):
    result = imported('text,label\n"a" b,x\nplain,y\n')
    assert result.rows == [["a b", "x"], ["plain", "y"]]
    assert result.said("not doubled")[0].row == 2


def test_case_10_longer_rows_are_refused_with_their_numbers(imported):
    data = "a,b\n1,2\n3,4,5\n6,7\n\n8,9,10,11\n"
    with pytest.raises(BadInput, match="3, 6") as refused:
        imported(data)
    assert refused.value.row == 3
    assert "extra" in refused.value.next_step
    with pytest.raises(BadInput, match="3, 6"):
        imported(data, extra_cells="refuse")
    kept = imported(data, extra_cells="keep")
    assert kept.names == ["a", "b", "column_3", "column_4"]
    assert kept.rows == [["1", "2", None, None], ["3", "4", "5", None], ["6", "7", None, None], ["8", "9", "10", "11"]]


def test_case_10_with_extra_cells_kept_only_rows_shorter_than_the_header_are_short(imported):
    kept = imported("a,b\n1,2\n3,4,5\n6\n", extra_cells="keep")
    assert kept.rows == [["1", "2", None], ["3", "4", "5"], ["6", None, None]]
    assert [(problem.row, problem.what) for problem in kept.said("of 2 cells")] == [(4, "The line has 1 of 2 cells; missing: b.")]
    assert not kept.said("of 3 cells")
    assert kept.said("1 line is longer than the header; the extra cells are kept in 1 column of its own.")
    with pytest.raises(BadInput, match=r"1 longer row, up to 3 cells \(row 3\)") as refused:
        imported("a,b\n1,2\n3,4,5\n")
    assert refused.value.next_step.startswith("Keep the extra cells as a column of their own (on the command line --extra-cells keep)")


def test_case_11_all_rows_longer_never_shift_names(imported):
    data = "a,b\n1,2,3\n4,5,6\n7,8,9\n"
    with pytest.raises(BadInput, match="2, 3, 4"):
        imported(data)
    assert imported(data, extra_cells="keep").rows == [["1", "2", "3"], ["4", "5", "6"], ["7", "8", "9"]]


def test_case_12_missing_cells_are_missing_and_counted(imported):
    result = imported("a,b,c\n1,2,3\n4\n5,,6\n")
    assert result.rows == [["1", "2", "3"], ["4", None, None], ["5", "", "6"]]
    assert [problem.row for problem in result.said("missing")] == [3]
    assert [(column.missing, column.empty) for column in result.report.columns] == [(0, 0), (1, 1), (1, 0)]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ('a,b\n1,2\n"open,3\n4,5\n', 3),
        ('a,b\n"x\ny","open\n4,5\n', 3),
        ('a,b\n1,2\n"open,3\n4,5\n"x",6\n', 3),
        ('text\nfine\n"open\nmore\n', 3),
        ('a,b\r1,2\r3,"open\r4,5\r', 3),
    ],
)
def test_case_13_an_unclosed_quote_names_its_line(imported, data, line):
    with pytest.raises(BadInput, match="quote") as refused:
        imported(data)
    assert refused.value.row == line


def test_case_14_repeated_names(imported):
    result = imported("a,a,b,a.1\n1,2,3,4\n")
    assert result.names == ["a", "a.2", "b", "a.1"]
    assert [column.original for column in result.report.columns] == ["a", "a", "b", "a.1"]
    assert result.said("there twice")


def test_case_15_blank_names(imported):
    result = imported("a,,  ,b\n1,2,3,4\n5,6,7,8\n")
    assert result.names == ["a", "column_2", "column_3", "b"]
    assert [problem.column for problem in result.said("no name")] == ["column_2", "column_3"]


@pytest.mark.parametrize(
    "data", ["1,good thing\n2,bad thing\n3,so so\n", "2024-01-02,5,nice\n2024-01-03,4,fine\n", "pos,I like it\nneg,I do not\npos,Yes\n"]
)
def test_case_16_a_first_data_row_is_not_eaten(imported, data):
    result = imported(data)
    assert result.report.header == 0
    assert result.rows == [line.split(",") for line in data.splitlines()]
    assert result.names[0] == "column_1"
    assert result.said("(guessed)")
    assert imported(data, header=1).report.rows == result.report.rows - 1


@pytest.mark.parametrize("line", ["This is the only thing that anybody ever wrote to us.", "12,good", "3.5"])
def test_case_16_the_only_line_may_be_data(imported, line):
    result = imported(line, encoding="utf-8")
    assert (result.report.rows, result.report.header) == (1, 0)


def test_case_16_a_doubtful_header_is_told(imported):
    result = imported("I like it a lot.\nThis one is bad.\nWhat a nice day.\n")
    assert result.report.rows == 3 or result.said("Choose header 0")
    assert imported("good\nbad\nugly\n").said("Choose header 0")
    assert imported("good\nbad\nugly\n", header=0).column("column_1") == ["good", "bad", "ugly"]


def test_case_17_lines_above_the_header(imported):
    data = "Export of the shop\nCreated 2024-01-02\n\ntext,label,n\nhi,pos,1\nyo,neg,2\n"
    result = imported(data)
    assert result.names == ["text", "label", "n"]
    assert result.report.header == 4
    assert result.rows[0] == ["hi", "pos", "1"]
    assert result.said("left out: 1, 2")
    assert imported(data, header=4).rows == result.rows
    with pytest.raises(BadInput, match="header"):
        imported(data, header=99)


def test_second_header_can_be_merged(imported):
    data = "id,Which?,,Rank,\n,Ann,Bob,Ann,Bob\n1,yes,,2,1\n2,,yes,1,2\n3,yes,yes,1,2\n4,,,2,1\n5,yes,,2,1\n"
    kept = imported(data)
    assert kept.rows[0] == ["", "Ann", "Bob", "Ann", "Bob"]
    assert kept.said("second header row")[0].row == 2
    merged = imported(data, merge_second_header=True)
    assert merged.names == ["id", "Which? - Ann", "Which? - Bob", "Rank - Ann", "Rank - Bob"]
    assert merged.report.rows == 5
    assert merge_headers(["a", "", "b"], ["", "x", ""]) == ["a", "a - x", "b"]
