"""The page that tunes, for each task: its columns, its options, its words, and the rows that measure."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import jobs, tables, training
from core.runs import open_run
from core.schema import Dials, ModelEntry
from pages.parts.tuning import form
from tests.imported import import_once
from tests.pages.conftest import texts
from tests.pages.test_tuning import button, submitted, tickets  # noqa: F401  a fixture

QUESTIONS = "question,passage,answer\n" + "\n".join(f"Which number is it?,The number is {n} here.,{n}" for n in range(60))
WRITTEN = "note,reply,number\n" + "\n".join(
    f"The customer asks politely about order {n} today.,We look after order {n} at once.,{n}" for n in range(30)
)


@pytest.fixture
def tasks_of_models(monkeypatch) -> None:
    """A model for every task; none is loaded."""
    entry = ModelEntry(reference="embedded:minilm", title="minilm", tasks=[])
    monkeypatch.setattr(form, "_pick_model", lambda visit, task: entry)
    monkeypatch.setattr("core.training.objectives.writing.Writing.suits", classmethod(lambda cls, files: True))


def imported(settings, tmp_path: Path, name: str, content: str) -> tables.Table:
    path = tmp_path / name
    path.write_text(content, "utf-8")
    return import_once(settings, "local", path, name=name)


def role(app, name: str):
    return next(box for box in app.selectbox if str(box.key).endswith(f"-{name}") and str(box.key).startswith("role-"))


def choose(app, name: str, column: str) -> None:
    box = role(app, name)
    box.select_index(box.options.index(column))


def test_texts_can_be_learned_without_answers(settings, tmp_path, tasks_of_models, open_page) -> None:
    imported(settings, tmp_path, "notes.csv", "note\n" + "\n".join(f"A longer story of the number {n} is told here." for n in range(60)))
    app = open_page("training/finetune", task="text-generation")
    assert not app.exception and not button(app, "tune").disabled
    said = texts(app)
    assert "Nothing odd was found in the texts" in said and "your labels" not in said and "every label" not in said
    assert app.selectbox(key="split").options == ["By chance", "Whole groups", "The newest rows", "As a column says"]
    spec = submitted(settings, app)
    assert (set(spec.roles), spec.options, spec.split.method) == ({"prompt"}, {}, "stratified")


def test_a_prompt_template_stands_in_the_place_of_the_column(settings, tmp_path, tasks_of_models, open_page) -> None:
    imported(settings, tmp_path, "mail.csv", WRITTEN)
    app = open_page("training/finetune", task="text-generation")
    app.text_area(key="option-text-generation-prompt_template").set_value("Answer {{nothing}}").run()
    assert button(app, "tune").disabled and "which is no column of this table" in texts(app)
    app.text_area(key="option-text-generation-prompt_template").set_value("Answer {{number}}: {{note}}\n").run()
    assert role(app, "prompt").disabled and not button(app, "tune").disabled
    role(app, "target").set_value(1)
    app.text_input(key="option-text-generation-system_prompt").set_value("Be kind.").run()
    assert list(app.dataframe[-1].value)[:2] == ["reply", "number"]
    spec = submitted(settings, app)
    assert spec.options == {"prompt_template": "Answer {{number}}: {{note}}\n", "system_prompt": "Be kind."}
    assert {str(name): column for name, column in spec.roles.items()} == {"target": "reply"}


def test_only_options_that_are_learned_are_asked_for(settings, tmp_path, tasks_of_models, open_page) -> None:
    imported(settings, tmp_path, "mail.csv", WRITTEN)
    app = open_page("training/finetune", task="translation")
    asked = {str(field.key).removeprefix("option-translation-") for field in app.text_input if str(field.key).startswith("option-")}
    assert asked == {"source_language", "target_language", "prefix"}
    role(app, "target").set_value(1)
    app.text_input(key="option-translation-prefix").set_value("in English: ").run()
    spec = submitted(settings, app)
    assert spec.options == {"prefix": "in English: "} and str(spec.roles["target"]) == "reply"


def test_one_question_for_every_row(settings, tmp_path, open_page) -> None:
    imported(settings, tmp_path, "asked.csv", QUESTIONS)
    app = open_page("training/finetune", task="question-answering")
    for name, column in (("question", "None"), ("context", "passage"), ("answer", "answer")):
        choose(app, name, column)
    app.run()
    assert button(app, "tune").disabled and "the column of questions" in texts(app)
    app.text_input(key="option-question-answering-question_text").set_value("Which number is it?").run()
    assert not app.exception and "Nothing odd was found in the answers" in texts(app)
    assert submitted(settings, app).options == {"question_text": "Which number is it?"}


def test_entities_are_counted_by_type_and_words_may_stand_in_rows_of_their_own(settings, tmp_path, open_page) -> None:
    words = "\n".join(f'{n},"{word}",{tag}' for n in range(12) for word, tag in (("Ada", "B-PER"), ("sees", "O"), (f"Rome{n}", "B-LOC")))
    imported(settings, tmp_path, "words.csv", f"sentence,word,tag\n{words}")
    app = open_page("training/finetune", task="token-classification")
    for name, column in (("text", "None"), ("tokens", "word"), ("tags", "tag"), ("id", "sentence")):
        choose(app, name, column)
    app.run()
    assert not app.exception and "Entities of each type" in [box.label for box in app.expander]
    counted = next(frame.value for frame in app.dataframe if "To learn from" in frame.value)
    assert list(counted["Type"]) == ["LOC", "PER"]
    assert app.selectbox(key="split").options[0] == "By chance, every type alike"
    assert {str(name): column for name, column in submitted(settings, app).roles.items()}["id"] == "sentence"


def test_another_table_measures(settings, tickets, tmp_path, open_page) -> None:  # noqa: F811
    imported(settings, tmp_path, "odd.csv", "a,b\n1,2")
    checked = imported(settings, tmp_path, "checked.csv", "text,topic\nmy parcel is lost,delivery\nthe invoice is odd,billing")
    app = open_page("training/finetune", table=tickets.id)
    app.selectbox(key="split").set_value("table").run()
    assert not app.exception and app.slider(key="share").disabled
    said = texts(app)
    assert "2 rows to measure with" in said and "--validation checked.csv" in said and "25 rows to learn from" in said
    run = open_run(settings, started(settings, app))
    assert run.spec().validation.id == checked.id and run.table_path("validation").is_file()


def started(settings, app) -> str:
    submitted(settings, app)
    return jobs.list_jobs(settings, owner="local")[0].id


def test_a_table_with_other_columns_is_not_suggested(settings, tickets, tmp_path, open_page) -> None:  # noqa: F811
    imported(settings, tmp_path, "odd.csv", "a,b\n1,2")
    app = open_page("training/finetune", table=tickets.id)
    app.selectbox(key="split").set_value("table").run()
    assert button(app, "tune").disabled and "Choose the table of validation rows" in texts(app)
    app.selectbox(key=f"validation-{tickets.id[:16]}").set_value(0).run()
    assert not app.exception and "in the validation table" in "".join(str(error.value) for error in app.error)


def test_options_come_back_from_a_file_where_the_task_has_them(settings, tmp_path, tasks_of_models, open_page) -> None:
    imported(settings, tmp_path, "mail.csv", WRITTEN)
    saved = training.write_saved(training.Saved(options={"prefix": "in English: ", "num_beams": 2}))
    app = open_page("training/finetune", task="translation")
    app.file_uploader(key="settings-file").upload("mine.json", saved).run()
    assert not app.exception and app.text_input(key="option-translation-prefix-1").value == "in English: "
    assert "From the settings: Beams: 2" in texts(app)
    role(app, "target").set_value(1).run()
    assert submitted(settings, app).options == {"prefix": "in English: ", "num_beams": 2}


@pytest.mark.parametrize("options", [{"prefix": "x"}, {"all_probabilities": "perhaps"}])
def test_options_of_another_task_are_left_out_and_said(settings, tickets, open_page, options) -> None:  # noqa: F811
    app = open_page("training/finetune")
    app.file_uploader(key="settings-file").upload("mine.json", training.write_saved(training.Saved(options=options))).run()
    assert not app.exception and "which are left out" in texts(app)
    assert submitted(settings, app).options == {}


def test_dials_that_turn_nothing_are_not_shown(settings, tmp_path, tickets, tasks_of_models, open_page) -> None:  # noqa: F811
    shown = {str(box.key) for box in open_page("training/finetune").get("checkbox")}
    assert "dial-balanced-class_weights" in shown
    app = open_page("training/finetune", task="summarization")
    assert "dial-balanced-class_weights" not in {str(box.key) for box in app.checkbox}
    assert app.number_input(key="dial-balanced-max_target_length").value == Dials().max_target_length


def test_a_model_that_cannot_write_is_not_offered_for_texts(settings, tickets, open_page) -> None:  # noqa: F811
    app = open_page("training/finetune", task="summarization")
    assert not app.exception and any("No model that can be tuned" in str(found.value) for found in app.warning)
