"""The page that tunes: what it finds in the labels, what stops it, and the job that it starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import jobs, tables, training
from core.runs import open_run
from core.schema import Dials, FinetuneSpec, ModelEntry, Split
from core.training.presets import PRESETS
from core.training.spec_making import make_dials
from pages.parts import tuning, tuning_dials
from tests.pages.conftest import texts


@pytest.fixture
def tickets(settings, tmp_path: Path) -> tables.Table:
    """Labelled texts, one of them spelled otherwise and one without a label."""
    path = tmp_path / "tickets.csv"
    rows = [(f"the parcel number {number} is late", "delivery") for number in range(12)]
    rows += [(f"invoice {number} is wrong, please correct it", "billing") for number in range(12)]
    rows += [("where is my parcel, it should be here", "Delivery "), ("hello there everybody", "")]
    path.write_text("text,topic\n" + "\n".join(f'"{text}",{topic}' for text, topic in rows), "utf-8")
    return tables.import_file(settings, "local", path, name="tickets.csv")


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
    assert isinstance(spec, FinetuneSpec) and (spec.name, spec.model, spec.dials.epochs) == ("tickets", "embedded:minilm", 8)


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
    tables.import_file(settings, "local", path, name="one.csv")
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
    groups = tuning_dials.grouped([*names, "new_dial"])
    assert sorted(name for members in groups.values() for name in members) == sorted([*names, "new_dial"])
    assert groups[tuning_dials.OTHERS][-1] == "new_dial" and list(groups)[-1] == tuning_dials.OTHERS


def test_what_was_turned_is_said_under_the_tabs(settings, tickets, open_page) -> None:
    app = open_page("training/finetune")
    assert "All as the preset Balanced has it" in texts(app)
    app.number_input(key="dial-balanced-rank").set_value(4)
    app.checkbox(key="dial-balanced-use_dora").set_value(True)
    app.number_input(key="seed").set_value(7)
    app.run()
    assert "Other than in the preset Balanced: Rank: 4; Magnitude and direction apart (DoRA): yes." in texts(app)
    spec = submitted(settings, app)
    assert (spec.dials.rank, spec.dials.use_dora, spec.seed) == (4, True, 7)


def test_settings_come_back_from_a_file(settings, tickets, open_page) -> None:
    saved = training.Saved(
        preset="thorough",
        dials=make_dials("thorough", {"rank": 4, "target_modules": ["query"], "patience": None, "class_weights": True}),
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
    assert (spec.dials, spec.split, spec.problem, spec.seed) == (saved.dials, saved.split, saved.problem, saved.seed)


def test_another_preset_after_a_file_is_that_preset(settings, tickets, open_page) -> None:
    app = open_page("training/finetune")
    app.file_uploader(key="settings-file").upload("mine.json", b'{"preset": "quick", "dials": {"rank": 4}}').run()
    app.radio(key="preset-1").set_value("balanced").run()
    assert submitted(settings, app).dials == PRESETS["balanced"].dials


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
    tables.import_file(settings, "local", path, name="numbers.csv")
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
    monkeypatch.setattr(tuning, "_pick_model", lambda visit, task: ModelEntry(reference="embedded:minilm", title="minilm", tasks=[]))
    app = open_page("training/finetune", task=task)
    assert not app.exception and app.selectbox(key="task_choice").value == task
    asked = [box.label for box in app.selectbox if str(box.key).startswith("role-")]
    assert asked == labels and "A row has" not in [box.label for box in app.selectbox]
    assert not any(field.label == "Between several labels" for field in app.text_input)


def test_with_one_task_there_is_nothing_to_choose(settings, tickets, open_page, monkeypatch) -> None:
    monkeypatch.setattr(training, "TASKS", ("text-classification",))
    app = open_page("training/finetune")
    assert not app.exception and "task_choice" not in [box.key for box in app.selectbox]


QUESTIONS = "question,passage,answer\n" + "\n".join(f"Which number is it?,The number is {n} here.,{n}" for n in range(30))
WRITTEN = "note,reply\n" + "\n".join(
    f"The customer asks politely about order {n} today.,We look after order {n} at once." for n in range(30)
)


@pytest.fixture
def tasks_of_models(monkeypatch) -> None:
    """A model for every task; none is loaded."""
    entry = ModelEntry(reference="embedded:minilm", title="minilm", tasks=[])
    monkeypatch.setattr(tuning, "_pick_model", lambda visit, task: entry)
    monkeypatch.setattr("core.training.objectives.writing.Writing.suits", classmethod(lambda cls, files: True))


def imported(settings, tmp_path: Path, name: str, content: str) -> tables.Table:
    path = tmp_path / name
    path.write_text(content, "utf-8")
    return tables.import_file(settings, "local", path, name=name)


def role(app, name: str):
    return next(box for box in app.selectbox if str(box.key).endswith(f"-{name}") and str(box.key).startswith("role-"))


def choose(app, name: str, column: str) -> None:
    box = role(app, name)
    box.select_index(box.options.index(column))


def test_texts_can_be_learned_without_answers(settings, tmp_path, tasks_of_models, open_page) -> None:
    imported(settings, tmp_path, "notes.csv", "note\n" + "\n".join(f"A longer story of the number {n} is told here." for n in range(30)))
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
    app.text_area(key="option-text-generation-prompt_template").set_value("Answer this: {{note}}\n").run()
    assert role(app, "prompt").disabled and not button(app, "tune").disabled
    role(app, "target").set_value(1)
    app.text_input(key="option-text-generation-system_prompt").set_value("Be kind.").run()
    spec = submitted(settings, app)
    assert spec.options == {"prompt_template": "Answer this: {{note}}\n", "system_prompt": "Be kind."}
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


def test_another_table_measures(settings, tickets, tmp_path, open_page) -> None:
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


def test_a_table_with_other_columns_is_not_suggested(settings, tickets, tmp_path, open_page) -> None:
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
def test_options_of_another_task_are_left_out_and_said(settings, tickets, open_page, options) -> None:
    app = open_page("training/finetune")
    app.file_uploader(key="settings-file").upload("mine.json", training.write_saved(training.Saved(options=options))).run()
    assert not app.exception and "which are left out" in texts(app)
    assert submitted(settings, app).options == {}


def test_dials_that_turn_nothing_are_not_shown(settings, tmp_path, tickets, tasks_of_models, open_page) -> None:
    shown = {str(box.key) for box in open_page("training/finetune").get("checkbox")}
    assert "dial-balanced-class_weights" in shown
    app = open_page("training/finetune", task="summarization")
    assert "dial-balanced-class_weights" not in {str(box.key) for box in app.checkbox}
    assert app.number_input(key="dial-balanced-max_target_length").value == Dials().max_target_length


def test_a_model_that_cannot_write_is_not_offered_for_texts(settings, tickets, open_page) -> None:
    app = open_page("training/finetune", task="summarization")
    assert not app.exception and any("No model that can be tuned" in str(found.value) for found in app.warning)
