"""Roles are suggested by what the cells hold; names only break ties."""

import json
import random

import pytest

from core.schema import ColumnInfo, Role
from core.tables import import_file, sample_path, suggest_roles
from core.tables.suggest import suggest

NEEDS = (Role.TEXT, Role.LABEL, Role.TIME, Role.ID, Role.GROUP)
SENTENCE = "the battery lasts long and sound is great but delivery was late nobody answered my mail would buy again"
WORDS = SENTENCE.split()


def roles(imported, names: list[str], rows: list[list[str]]) -> dict[str, str]:
    """Column by role, as the report has them."""
    result = imported("\n".join("\t".join(row) for row in [names, *rows]) + "\n")
    return {column.role: column.name for column in result.report.columns if column.role}


@pytest.fixture
def rows() -> list[list[str]]:
    """60 rows of: unique number, date, region, one of two labels, sentence, stars, link."""
    chance = random.Random(1)
    return [
        [
            str(1000 + number),
            f"2024-{number % 12 + 1:02}-{number % 28 + 1:02}",
            chance.choice(["North", "South", "East", "West"]),
            chance.choice(["positive", "negative"]),
            " ".join(chance.choices(WORDS, k=12)) + ".",
            chance.choice("12345"),
            f"https://example.org/{number}",
        ]
        for number in range(60)
    ]


def test_names_that_say_nothing(imported, rows):
    found = roles(imported, ["a", "b", "c", "d", "e", "f", "g"], rows)
    assert (found["text"], found["time"], found["id"]) == ("e", "b", "a")
    assert {found["label"], found["group"]} == {"c", "d"}


def test_a_label_is_not_a_region(imported, rows):
    found = roles(imported, ["id", "date", "region", "sentiment", "review", "stars", "url"], rows)
    assert found == {"id": "id", "time": "date", "group": "region", "label": "sentiment", "text": "review"}


def test_names_never_win_over_content(imported, rows):
    found = roles(imported, ["text", "label", "id", "date", "n", "time", "review"], rows)
    assert (found["text"], found["time"], found["id"]) == ("n", "label", "text")


def test_names_break_ties(imported):
    chance = random.Random(2)
    rows = [[" ".join(chance.choices(WORDS, k=8)) for _ in range(3)] for _ in range(40)]
    assert roles(imported, ["summary", "comment", "notes"], rows)["text"] == "comment"


def test_lists_are_tokens_and_tags(settings, tmp_path):
    path = tmp_path / "ner.jsonl"
    path.write_text("\n".join(json.dumps({"tags": ["O", "B"], "tokens": ["a", "b"], "n": n}) for n in range(5)))
    table = import_file(settings, "local", path)
    assert suggest_roles(table, [Role.TOKENS, Role.TAGS, Role.TEXT]) == {Role.TOKENS: "tokens", Role.TAGS: "tags"}


def test_a_ticked_box_is_no_text(imported):
    box = "Star Wars: Episode V The Empire Strikes Back, seen by me in a cinema"
    chance = random.Random(3)
    rows = [[box if number % 3 else "", " ".join(chance.choices(WORDS, k=3)), "Yes"] for number in range(40)]
    assert roles(imported, ["text", "remark", "fan"], rows)["text"] == "remark"


def test_a_messy_german_table(imported):
    chance = random.Random(4)
    rows = [
        [
            f"{number % 28 + 1}.{number % 12 + 1}.24",
            chance.choice(["S", "M", "L", "XL", ""]),
            chance.choice(["Köln", "Berlin", "Graz"]),
            " ".join(chance.choices(WORDS, k=chance.randint(3, 15))),
            chance.choice(["gut", "Gut ", "schlecht", "SCHLECHT", "mittel", "", "k.A."]),
            chance.choice(["1", "2", "3"]),
        ]
        for number in range(60)
    ]
    found = roles(imported, ["Datum", "Größe", "Filiale", "Kundenkommentar", "Bewertung", "Anzahl"], rows)
    assert (found["text"], found["label"], found["group"]) == ("Kundenkommentar", "Bewertung", "Filiale")
    found = roles(imported, ["d", "e", "f", "g", "h", "i"], rows)
    assert (found["text"], found["label"]) == ("g", "h"), "what the cells say counts where the names say nothing"
    found = roles(imported, ["Datum", "Größe", "Ort", "Text", "Grund", "Kundenbewertung (1-3)"], rows)
    assert found["label"] == "Kundenbewertung (1-3)"
    for name in ("Étiquette", "etiqueta", "Sterne", "Note"):
        assert roles(imported, ["d", "Größe", "f", "g", "x", name], [[*row[:4], row[2], row[5]] for row in rows])["label"] == name


def test_sizes_are_no_label(imported):
    rows = [[" ".join(WORDS[number % 9 :]) + str(number), "SML"[number % 3]] for number in range(30)]
    assert "label" not in roles(imported, ["text", "size"], rows)


def test_nothing_fits(imported):
    assert roles(imported, ["a", "b"], [["1.5", ""], ["1.5", ""], ["2.5", ""]]).get("text") is None
    assert "text" not in {column.role for column in imported("text,label\n").report.columns}


def test_the_sample(settings):
    table = import_file(settings, "local", sample_path())
    found = suggest_roles(table, NEEDS)
    assert found[Role.TEXT] == "review"
    assert found[Role.LABEL] == "sentiment"
    assert found[Role.TIME] == "date"


def test_questions_answers_and_passages(imported):
    rows = [
        [f"Who made lamp {n}?", f"A carpenter of the village made lamp {n} out of one old oak tree.", f"carpenter {n}"] for n in range(20)
    ]
    columns = imported("\n".join("\t".join(row) for row in [["a", "b", "antwort"], *rows]) + "\n").report.columns
    sample = {column.name: [row[place] for row in rows] for place, column in enumerate(columns)}
    assert suggest(columns, sample, 20, (Role.QUESTION, Role.CONTEXT, Role.ANSWER)) == {
        Role.QUESTION: "a",
        Role.CONTEXT: "b",
        Role.ANSWER: "antwort",
    }
    nothing_asked = {name: [cell.replace("?", ".") for cell in cells] for name, cells in sample.items()}
    assert Role.QUESTION not in suggest(columns, nothing_asked, 20, (Role.QUESTION,))


def test_word_lists_and_their_tags_are_told_apart_by_content():
    columns = [
        ColumnInfo(name="x", original="x", kind="list"),
        ColumnInfo(name="y", original="y", kind="list"),
        ColumnInfo(name="z", original="z", kind="text", distinct=2),
    ]
    sample = {"x": [["O", "B-PER"], ["O"]] * 10, "y": [["and", "Zoe"], ["left"]] * 10, "z": ["['O', 'O']", "B-LOC I-LOC O"] * 10}
    assert suggest(columns, sample, 20, (Role.TOKENS, Role.TAGS)) == {Role.TOKENS: "y", Role.TAGS: "x"}
    assert suggest(columns[2:], sample, 20, (Role.TOKENS, Role.TAGS)) == {Role.TAGS: "z"}


def test_a_text_of_ones_own_is_suggested_by_its_name_only():
    columns = [ColumnInfo(name=name, original=name, kind="text", distinct=20) for name in ("document", "other")]
    sample = {name: [f"{SENTENCE} {n}." for n in range(20)] for name in ("document", "other", "summary")}
    assert suggest(columns, sample, 20, (Role.TEXT, Role.TARGET)) == {Role.TEXT: "document"}
    named = [columns[0], ColumnInfo(name="summary", original="summary", kind="text", distinct=20)]
    assert suggest(named, sample, 20, (Role.TEXT, Role.TARGET)) == {Role.TEXT: "document", Role.TARGET: "summary"}
