"""The page that tunes: what it finds in the labels, what stops it, and the job that it starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import jobs, tables, training
from core.runs import open_run
from core.schema import Dials, FinetuneSpec, ModelEntry, Split
from core.training.choices.presets import PRESETS
from core.training.choices.spec_making import make_dials
from pages.parts.tuning import dials, form
from tests.imported import import_once
from tests.pages.conftest import texts


@pytest.fixture
def tickets(settings, tmp_path: Path) -> tables.Table:
    """Labelled texts, one of them spelled otherwise and one without a label."""
    path = tmp_path / "tickets.csv"
    rows = [(f"the parcel number {number} is late", "delivery") for number in range(12)]
    rows += [(f"invoice {number} is wrong, please correct it", "billing") for number in range(12)]
    rows += [("where is my parcel, it should be here", "Delivery "), ("hello there everybody", "")]
    path.write_text("text,topic\n" + "\n".join(f'"{text}",{topic}' for text, topic in rows), "utf-8")
    return import_once(settings, "local", path, name="tickets.csv")


def button(app, key: str):
    return next(found for found in app.button if found.key == key)


def test_it_finds_columns_and_problems_and_starts_a_fine_tune(settings, tickets, open_page) -> None:
    app = open_page("training/finetune")
    assert not app.exception
    said = texts(app)
    assert "no label" in said and "rows to learn from" in said.replace("row to", "rows to")
    assert button(app, "tune").label.startswith("Tune on") and not button(app, "tune").disabled
    assert "python -m core finetune tickets.csv" in said and "--label topic" in said
    assert "About 4 min" in said and "in 450 steps" in said
    button(app, "tune").click()
    app.run()
    assert not app.exception
    job = jobs.list_jobs(settings, owner="local")[0]
    spec = open_run(settings, job.id).spec()
    assert isinstance(spec, FinetuneSpec) and (spec.name, spec.model) == ("tickets", "embedded:minilm")
    assert spec.dials == PRESETS["balanced"].for_rows(21)


def test_a_preset_and_a_dial_are_taken(settings, tickets, open_page) -> None:
    app = open_page("training/finetune")
    app.radio(key="preset").set_value("quick")
    app.run()
    app.number_input(key="dial-quick-learning_rate").set_value(0.001)
    app.run()
    assert not app.exception
    said = texts(app)
    assert "--preset quick" in said and "--set learning_rate=0.001" in said


def test_one_class_cannot_be_learned(settings, tmp_path, open_page) -> None:
    path = tmp_path / "one.csv"
    path.write_text("text,topic\n" + "\n".join(f"the text of number {number},same" for number in range(20)), "utf-8")
    import_once(settings, "local", path, name="one.csv")
    app = open_page("training/finetune")
    app.selectbox(key=next(box.key for box in app.selectbox if str(box.key).endswith("-label"))).set_value(1)
    app.run()
    assert not app.exception and button(app, "tune").disabled
    assert "label" in "\n".join(str(error.value) for error in app.error)


def test_without_a_table_it_offers_the_sample(settings, open_page) -> None:
    app = open_page("training/finetune")
    assert not app.exception and "There is no table yet" in texts(app)


def submitted(settings, app) -> FinetuneSpec:
    button(app, "tune").click()
    app.run()
    assert not app.exception, app.exception
    return open_run(settings, jobs.list_jobs(settings, owner="local")[0].id).spec()


def test_every_dial_has_one_place() -> None:
    names = list(Dials.model_fields)
    groups = dials.grouped([*names, "new_dial"])
    assert sorted(name for members in groups.values() for name in members) == sorted([*names, "new_dial"])
    assert groups[dials.OTHERS][-1] == "new_dial" and list(groups)[-1] == dials.OTHERS


def test_what_was_turned_is_said_under_the_tabs(settings, tickets, open_page) -> None:
    app = open_page("training/finetune")
    assert "All as the preset Balanced has it" in texts(app)
    app.number_input(key="dial-balanced-rank").set_value(4)
    app.checkbox(key="dial-balanced-use_dora").set_value(True)
    app.number_input(key="dial-balanced-averaging").set_value(0.995)
    app.number_input(key="seed").set_value(7)
    app.run()
    turned = "Rank: 4; Magnitude and direction apart (DoRA): yes; Average of the weights, decay: 0.995."
    assert f"Other than in the preset Balanced: {turned}" in texts(app).replace("\\", "")
    spec = submitted(settings, app)
    assert (spec.dials.rank, spec.dials.use_dora, spec.dials.averaging, spec.seed) == (4, True, 0.995, 7)


def test_settings_come_back_from_a_file(settings, tickets, open_page) -> None:
    saved = training.Saved.of(
        "thorough",
        {"rank": 4, "target_modules": ["query"], "patience": None, "class_weights": True},
        split=Split(method="group", column="text", share=0.125),
        problem="single_label_classification",
        seed=3,
    )
    app = open_page("training/finetune")
    app.file_uploader(key="settings-file").upload("mine.json", training.write_saved(saved)).run()
    assert not app.exception and not app.error
    assert app.radio(key="preset-1").value == "thorough" and "The settings of mine" in texts(app)
    assert app.number_input(key="dial-thorough-1-rank").value == 4
    spec = submitted(settings, app)
    assert (spec.split, spec.problem, spec.seed) == (saved.split, saved.problem, saved.seed)
    assert spec.dials == make_dials("thorough", saved.dials, 23)


def test_another_preset_after_a_file_is_that_preset(settings, tickets, open_page) -> None:
    app = open_page("training/finetune")
    app.file_uploader(key="settings-file").upload("mine.json", b'{"preset": "quick", "dials": {"rank": 4}}').run()
    app.radio(key="preset-1").set_value("balanced").run()
    assert submitted(settings, app).dials == PRESETS["balanced"].for_rows(21)


def test_a_file_that_is_none_changes_nothing(settings, tickets, open_page) -> None:
    app = open_page("training/finetune")
    app.number_input(key="dial-balanced-rank").set_value(4).run()
    app.file_uploader(key="settings-file").upload("mine.json", b'{"dials": {"rang": 3}}').run()
    assert not app.exception and any("rang" in str(error.value) for error in app.error)
    assert app.number_input(key="dial-balanced-rank").value == 4 and not button(app, "tune").disabled


def test_a_column_that_this_table_lacks_is_said(settings, tickets, open_page) -> None:
    app = open_page("training/finetune")
    app.file_uploader(key="settings-file").upload("mine.json", b'{"split": {"method": "group", "column": "who"}}').run()
    assert not app.exception and "The settings name the column who" in texts(app)


def test_what_is_missing_is_said_in_words(settings, tmp_path, open_page) -> None:
    path = tmp_path / "numbers.csv"
    path.write_text("a,b\n" + "\n".join(f"{number * 1.5},{number * 2.5}" for number in range(20)), "utf-8")
    import_once(settings, "local", path, name="numbers.csv")
    app = open_page("training/finetune")
    assert not app.exception and button(app, "tune").disabled
    assert "the column of texts" in texts(app) and "the column of labels" in texts(app)


@pytest.mark.parametrize(
    ("task", "labels"),
    [
        ("token-classification", ["Text", "Your tags", "Word list", "Sentence"]),
        ("question-answering", ["Question", "Text to search", "Your answer"]),
        ("summarization", ["Text", "Your own text"]),
        ("text-generation", ["Prompt", "Your own text"]),
    ],
)
def test_another_task_asks_for_its_own_columns(settings, tickets, open_page, monkeypatch, task: str, labels: list[str]) -> None:
    monkeypatch.setattr(training, "TASKS", ("text-classification", task))
    monkeypatch.setattr(form, "_pick_model", lambda visit, task: ModelEntry(reference="embedded:minilm", title="minilm", tasks=[]))
    app = open_page("training/finetune", task=task)
    assert not app.exception and app.selectbox(key="task_choice").value == task
    asked = [box.label for box in app.selectbox if str(box.key).startswith("role-")]
    assert asked == labels and "A row has" not in [box.label for box in app.selectbox]
    assert not any(field.label == "Between several labels" for field in app.text_input)


def test_with_one_task_there_is_nothing_to_choose(settings, tickets, open_page, monkeypatch) -> None:
    monkeypatch.setattr(training, "TASKS", ("text-classification",))
    app = open_page("training/finetune")
    assert not app.exception and "task_choice" not in [box.key for box in app.selectbox]


def labelled(settings, tmp_path: Path, rows: list[tuple[str, str]], name: str = "labelled.csv"):
    path = tmp_path / name
    path.write_text("text,topic\n" + "\n".join(f'"{text}","{topic}"' for text, topic in rows), "utf-8")
    return import_once(settings, "local", path, name=name)


def said_by(app) -> str:
    return (texts(app) + "\n".join(str(warning.value) for warning in app.warning)).replace("\\", "").replace("\u2060", "")


def test_the_plan_counts_the_rows_that_are_learned_from(settings, tmp_path, open_page) -> None:
    labelled(settings, tmp_path, [(f"text {number}", "" if number % 2 else "ab"[number % 4 // 2]) for number in range(100)])
    app = open_page("training/finetune")
    assert not app.exception
    said = said_by(app)
    assert "40 rows to learn from" in said and "over 40 rows" in said and "over 80 rows" not in said


def test_it_says_how_the_labels_were_read(settings, tmp_path, open_page) -> None:
    feelings = ["joy; love", "joy", "love; anger", "anger", "love", "joy; anger"] * 10
    labelled(settings, tmp_path, [(f"text {number}", feeling) for number, feeling in enumerate(feelings)])
    app = open_page("training/finetune")
    assert not app.exception
    assert "Each row was read as one of 6 labels." in said_by(app) and "30 cells look like several labels" in said_by(app)
    app.selectbox(key=next(box.key for box in app.selectbox if box.label == "A row has")).set_value("multi_label_classification").run()
    assert not app.exception
    assert 'any of 3 labels, several in one cell, with ";" between them' in said_by(app) and "look like several" not in said_by(app)


def test_few_texts_and_few_rows_to_measure_with_are_said(settings, tmp_path, open_page) -> None:
    rows = [(f"reason {number % 5}", "b") for number in range(60)] + [("reason 0", "a")] * 100 + [("reason 9", "a")] * 100
    labelled(settings, tmp_path, rows)
    app = open_page("training/finetune")
    assert not app.exception and "where 20.0% was asked for" in said_by(app) and "only 6 different texts" in said_by(app)


def test_a_label_that_is_the_text_is_refused(settings, tickets, open_page) -> None:
    app = open_page("training/finetune")
    text = next(box for box in app.selectbox if box.label == "Text")
    app.selectbox(key=next(box.key for box in app.selectbox if str(box.key).endswith("-label"))).set_value(text.value).run()
    assert not app.exception and button(app, "tune").disabled
    assert "Choose another column of labels: text is what the model reads" in said_by(app)
