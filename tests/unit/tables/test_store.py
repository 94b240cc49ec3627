"""The store: content-addressed, idempotent, one workspace apart from the other, and names that are never paths."""

import io

import pytest

from core.errors import BadInput, NotFound
from core.schema import ImportChoices
from core.tables import delete_table, import_file, list_tables, open_import, open_table, start_import
from core.tables.names import display_name, free_name, unique_names

CSV = b"text,label\nhi,pos\nyo,neg\n,pos\nhi,pos\n"
NASTY = [
    "../../x.csv",
    "..\\..\\x.csv",
    "/etc/passwd",
    "a\0b.csv",
    "x" * 300 + ".csv",
    "CON",
    "..",
    ".",
    "",
    "\u202egpj.csv",
    "a\nb.csv",
    "~root",
]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_bytes(CSV)
    return path


def test_import_open_list_delete(settings, file):
    table = import_file(settings, "local", file)
    assert (table.name, table.rows, table.columns) == ("reviews.csv", 4, ["text", "label"])
    assert table.path == settings.home / "workspaces" / "local" / "tables" / table.id / "table.parquet"
    assert sorted(entry.name for entry in table.path.parent.iterdir()) == ["meta.json", "report.json", "table.parquet"]
    assert open_table(settings, "local", table.id) == table
    assert list_tables(settings, "local") == [table]
    assert table.head(2).to_dict("list") == {"text": ["hi", "yo"], "label": ["pos", "neg"]}
    assert table.column_values("label", 10) == ["pos", "neg"]
    assert table.column_values("text", 1) == ["hi"]
    with pytest.raises(NotFound):
        table.column_values("nope", 1)
    assert table.source.id == table.id
    delete_table(settings, "local", table.id)
    assert list_tables(settings, "local") == []
    with pytest.raises(NotFound):
        open_table(settings, "local", table.id)
    assert not list((settings.home / "workspaces" / "local" / "imports").iterdir())


@pytest.mark.parametrize(
    ("file_name", "content"),
    [
        ("report.json", b'{"rows": '),
        ("report.json", None),
        ("report.json", b"[]"),
        ("meta.json", b"\x00\xff"),
        ("meta.json", b"[]"),
        ("meta.json", b"{}"),
    ],
)
def test_a_damaged_table_hides_no_other(settings, file, tmp_path, caplog, file_name, content):
    whole = import_file(settings, "local", file)
    other = tmp_path / "other.csv"
    other.write_bytes(b"text,n\na,1\nb,2\n")
    damaged = import_file(settings, "local", other)
    broken = damaged.path.with_name(file_name)
    broken.unlink() if content is None else broken.write_bytes(content)
    assert list_tables(settings, "local") == [whole]
    assert damaged.id in caplog.text
    with pytest.raises(NotFound, match="damaged"):
        open_table(settings, "local", damaged.id)
    assert import_file(settings, "local", other).rows == 2, "importing it again mends it"
    assert len(list_tables(settings, "local")) == 2
    (damaged.path.parent / "report.json").write_bytes(b"")
    delete_table(settings, "local", damaged.id)
    assert not damaged.path.parent.exists()


def test_importing_again_keeps_the_id_and_takes_the_newest_name(settings, file):
    first = import_file(settings, "local", file)
    again = import_file(settings, "local", file, name="other.csv")
    assert again.id == first.id
    assert [table.name for table in list_tables(settings, "local")] == ["other.csv"]
    changed = import_file(settings, "local", file, choices=ImportChoices(header=0))
    assert changed.id != first.id
    assert [table.id for table in list_tables(settings, "local")] == [changed.id, first.id]
    assert {entry.name for entry in first.path.parent.parent.iterdir()} == {first.id, changed.id}


def test_class_14_workspaces_never_see_each_other(settings, file):
    table = import_file(settings, "anna", file)
    assert list_tables(settings, "bert") == []
    for act in (open_table, delete_table):
        with pytest.raises(NotFound):
            act(settings, "bert", table.id)
    task = start_import(settings, "anna", file)
    with pytest.raises(NotFound):
        open_import(settings, "bert", task.id)
    task.cancel()


@pytest.mark.parametrize("workspace", ["../x", "", "A", "a/b", "x" * 65, ".", "a\n", "a\0"])
def test_class_01_workspaces_are_no_paths(settings, file, workspace):
    with pytest.raises(BadInput):
        import_file(settings, workspace, file)
    with pytest.raises(BadInput):
        list_tables(settings, workspace)


@pytest.mark.parametrize("table_id", ["../../x", "", "a" * 63, "A" * 64, "a" * 64, "/etc", "..\0"])
def test_class_01_table_ids_are_no_paths(settings, table_id):
    with pytest.raises(NotFound):
        open_table(settings, "local", table_id)
    with pytest.raises(NotFound):
        open_import(settings, "local", table_id)


def test_class_01_names_of_uploads_never_become_paths(settings, tmp_path):
    before = set(tmp_path.iterdir())
    upload = io.BytesIO(CSV)
    upload.name = NASTY[0]
    table = import_file(settings, "local", upload)
    assert table.name == "x.csv"
    assert set(tmp_path.iterdir()) - before == {settings.home}
    assert all(path.is_relative_to(settings.home) for path in settings.home.rglob("*"))
    assert not list(settings.home.rglob("x.csv"))


@pytest.mark.parametrize("name", NASTY)
def test_class_01_display_names(name):
    shown = display_name(name)
    assert 0 < len(shown) <= 120
    assert shown.isprintable()
    assert not set(shown) & set("/\\\0")
    assert shown not in (".", "..")


def test_names_of_columns_are_unique():
    assert unique_names(["a", "", "a", "column_2", " ", "a.1"]) == ["a", "column_2.1", "a.2", "column_2", "column_5", "a.1"]
    assert free_name("prediction", {"prediction", "prediction.1"}) == "prediction.2"
    many = unique_names(["x"] * 3_000)
    assert len(set(many)) == 3_000
