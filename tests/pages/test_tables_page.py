"""The page that brings tables in."""

import os
import signal
import time

import pytest

from core import tables
from core.workspaces import workspace_folder
from pages.parts.tabs import tab_label
from tests.imported import import_once
from tests.pages.conftest import REVIEWS, texts

PAGE = "tables/tables"
BROKEN = 'a,b\n1,"never closed\n2,3\n'


def upload(app, name: str, content: bytes):
    app.file_uploader(key="upload").upload(name, content).run()
    return wait(app)


def wait(app):
    for _ in range(100):
        if "import" not in app.query_params:
            return app
        time.sleep(0.1)
        app.run()
    raise AssertionError("the import did not end")


def test_an_empty_workspace_offers_the_sample(open_page, settings):
    app = open_page(PAGE)
    assert "No table yet" in texts(app)
    app.button[0].click().run()
    [table] = tables.list_tables(settings, "local")
    assert table.name == "product_reviews.csv"
    assert "220 rows" in texts(app)


def test_an_upload_becomes_a_table_with_a_report(open_page, settings):
    app = upload(open_page(PAGE), "my reviews.csv", REVIEWS.encode())
    [table] = tables.list_tables(settings, "local")
    assert (table.name, table.rows) == ("my reviews.csv", 5)
    assert "CSV: 5 rows, 4 columns" in texts(app).replace("\\", "")
    assert "delimiter comma (guessed)" in texts(app).replace("\\", "")
    assert len(app.dataframe) >= 1
    assert list(app.dataframe[-1].value.columns) == ["date", "product", "review", "mine"]


def test_a_file_that_cannot_be_read_says_why_and_can_be_read_with_other_choices(open_page, settings):
    app = upload(open_page(PAGE), "broken.csv", BROKEN.encode())
    said = texts(app)
    assert "Expected" in said
    assert "Found" in said
    assert "Next" in said
    assert tables.list_tables(settings, "local") == []
    assert [button.label for button in app.button if "again" in button.label] == ["Read again"]


def test_after_an_error_no_other_table_is_armed(open_page, settings, reviews):
    app = upload(open_page(PAGE), "broken.csv", BROKEN.encode())
    assert "Expected" in texts(app)
    assert [button.label for button in app.button if button.proto.type == "primary"] == []
    assert "Score this table" not in [button.label for button in app.button]
    app.button(key="leave-failed").click().run()
    assert not app.exception
    assert "Expected" not in texts(app)
    assert "Score this table" in [button.label for button in app.button]


def test_what_to_know_is_said_in_whole_sentences_as_it_is(open_page, settings):
    app = upload(open_page(PAGE), "x.csv", "name,*name*,*name*\nü,1,2\n".encode() * 3)
    [problems] = app.table
    assert list(problems.value.columns) == ["Row in the file", "Column", "What"]
    report = tables.list_tables(settings, "local")[0].report
    assert [said.replace("\\", "").replace("\u2060", "") for said in problems.value["What"]] == [p.what for p in report.problems]
    assert not any("*name*" in said for said in problems.value["What"])


def test_the_columns_tab_names_what_matters_before_the_long_names(open_page, reviews):
    app = open_page(PAGE, table=reviews.id)
    app.session_state["table-tabs"] = tab_label("Columns")
    app.run()
    frame = app.dataframe[-1].value
    assert list(frame.columns) == ["Column", "Kind", "Suggested role", "Empty", "Missing", "Distinct", "In the file"]


def test_reading_again_uses_the_uploaded_file(open_page, settings):
    app = upload(open_page(PAGE), "x.csv", b"a;b\n1;2\n3;4\n")
    assert tables.list_tables(settings, "local")[0].columns == ["a", "b"]
    delimiter = next(box for box in app.selectbox if box.label == "Delimiter")
    delimiter.set_value(",")
    next(button for button in app.button if button.label == "Read again").click().run()
    wait(app)
    assert len(tables.list_tables(settings, "local")) == 2
    assert "delimiter comma" in texts(app).replace("\\", "")
    assert "delimiter comma (guessed)" not in texts(app).replace("\\", "")


def test_markup_in_names_is_shown_as_it_is(open_page, settings, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(":red[head],![a](http://c)\n1,2\n", "utf-8")
    import_once(settings, "local", path, name=":red[x] $y$ *z*.csv")
    app = open_page(PAGE)
    assert app.selectbox(key="table_shown").options[0].startswith(":red[x] $y$ *z*.csv")
    assert ":red[head]" in list(app.dataframe[-1].value.columns)


def test_delete_asks_first(open_page, settings, reviews):
    app = open_page(PAGE)
    app.button(key="delete-table").click().run()
    assert tables.list_tables(settings, "local")
    assert "reviews.csv will be gone" in texts(app).replace("\\", "")


def test_anothers_table_is_not_shown(open_page, settings, reviews, monkeypatch):
    monkeypatch.setattr("pages.parts.workspace.current", lambda settings: "w-another")
    app = open_page(PAGE, table=reviews.id)
    assert "No table yet" in texts(app)
    assert "reviews" not in str([box.options for box in app.selectbox])


def test_an_import_can_be_cancelled_and_leaves_nothing(open_page, settings, monkeypatch):
    begun = []

    def start_and_freeze(*arguments, start=tables.start_import, **named):
        begun.append(start(*arguments, **named))
        os.kill(begun[0].process().pid, signal.SIGSTOP)  # it would end on its own a second later
        return begun[0]

    monkeypatch.setattr(tables, "start_import", start_and_freeze)
    app = open_page(PAGE)
    app.file_uploader(key="upload").upload("slow.csv", REVIEWS.encode()).run()
    assert any("Reading slow" in element.proto.text for element in app.get("progress"))
    app.button(key="cancel-import").click().run()
    assert not app.exception
    assert "import" not in app.query_params
    assert app.error == []
    assert begun[0].process() is None
    assert tables.list_tables(settings, "local") == []
    assert list((workspace_folder(settings, "local") / "uploads").iterdir()) == []


@pytest.mark.parametrize(("refuse", "read"), [(False, True), (True, False)])
def test_bytes_that_are_no_text_can_be_refused(open_page, settings, refuse, read):
    app = upload(open_page(PAGE), "bytes.csv", "a,b\nü,1\n".encode() * 20 + b"\xff\xfe,2\n")
    next(box for box in app.selectbox if box.label == "Encoding").set_value("utf-8")
    if refuse:
        next(box for box in app.checkbox if box.label.startswith("Refuse the file")).check()
    next(button for button in app.button if button.label == "Read again").click().run()
    wait(app)
    assert ("Expected" in texts(app)) is not read
    assert len(tables.list_tables(settings, "local")) >= 1
