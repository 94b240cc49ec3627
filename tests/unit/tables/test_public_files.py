"""The four public spreadsheets, as they are."""

import csv

import pytest

from core.schema import Role
from core.tables import import_file, suggest_roles


def test_starwars(imported, shared_data):
    path = shared_data / "spreadsheets" / "StarWars.csv"
    result = imported(path)
    with path.open(encoding="cp1252", newline="") as file:
        header, *rows = csv.reader(file)
    assert result.rows == rows
    assert result.report.encoding == "cp1252"
    assert result.said("cp1252 (guessed)")
    assert [problem.row for problem in result.said("second header row")] == [2]
    assert result.rows[0][1] == "Response"
    unnamed = [column for column in result.report.columns if not column.original]
    assert len(unnamed) == header.count("") == 23
    text = next(column for column in result.report.columns if column.role == Role.TEXT)
    assert text.distinct > 2, "not one of the boxes to tick, whose text is a film's title"
    merged = imported(path, merge_second_header=True)
    assert merged.report.rows == 1186
    assert "What" not in merged.names[4]
    assert merged.names[4].startswith("Which of the following")
    assert merged.names[4].endswith("Attack of the Clones")


def test_thanksgiving(imported, shared_data):
    result = imported(shared_data / "spreadsheets" / "thanksgiving-2015-poll-data.csv")
    assert (result.report.rows, len(result.names)) == (1058, 65)
    assert len(set(result.names)) == 65
    assert max(map(len, result.names)) > 120
    assert not result.said("second header")
    assert result.report.columns[0].role == Role.ID


def test_tweets(settings, shared_data):
    path = shared_data / "spreadsheets" / "tweets.csv"
    table = import_file(settings, "local", path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert table.rows == len(rows) == 12_118
    assert table.head(20_000)["text"].tolist() == [row["text"] for row in rows]
    assert table.report.problems == []
    assert suggest_roles(table, [Role.TEXT, Role.TIME, Role.ID]) == {Role.TEXT: "text", Role.TIME: "created_at", Role.ID: "id"}


def test_daily_show(imported, shared_data):
    result = imported(shared_data / "spreadsheets" / "daily_show_guests.csv")
    assert (result.report.rows, result.names) == (2_693, ["YEAR", "GoogleKnowlege_Occupation", "Show", "Group", "Raw_Guest_List"])
    assert {column.name: column.role for column in result.report.columns if column.role}["Show"] == "time"


@pytest.mark.parametrize("name", ["StarWars.csv", "thanksgiving-2015-poll-data.csv", "tweets.csv", "daily_show_guests.csv"])
def test_importing_twice_gives_the_same_bytes(imported, shared_data, name, tmp_path):
    path = shared_data / "spreadsheets" / name
    assert imported(path).table.equals(imported(path).table)
    scratches = sorted(tmp_path.glob("scratch-*"))
    assert (scratches[0] / "table.parquet").read_bytes() == (scratches[1] / "table.parquet").read_bytes()
