"""Every task can be set up on the batch page: its columns, its essential options, and one sentence on what is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from core import jobs, models, tables, tasks
from core.runs import open_run
from core.schema import ModelEntry, PredictSpec, Role
from core.settings import Settings
from pages.parts.batch import essentials, missing
from pages.parts.choices import model_picker, prompt_template
from pages.parts.choices.option_controls import LABELS, ONLY_WITH
from tests.imported import import_once
from tests.pages.conftest import texts

PAGE = "inference/batch"
QUESTIONS = """id,question,passage,answer,topic
1,Where does the light come from?,"The light comes from the lamp on the desk, which was made in Lyon.",the lamp,home
2,Who made the chair?,"A carpenter of the village made the chair out of one old oak tree.",a carpenter,home
3,When did the shop open?,"The shop opened its doors in the spring of 1990 and never closed them.",1990,town
"""


@pytest.fixture
def questions(settings: Settings, tmp_path: Path) -> tables.Table:
    path = tmp_path / "questions.csv"
    path.write_text(QUESTIONS, "utf-8")
    return import_once(settings, "local", path, name="questions.csv")


@pytest.fixture
def every_model_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every model of the list resolves, and none is fetched or loaded."""
    card = SimpleNamespace(limits=(), license="")

    def resolve(_settings: Settings, reference: str, _owner: str, *, fetch: bool = True) -> SimpleNamespace:
        return SimpleNamespace(reference=reference, revision="0" * 40, tasks=(), labels=(), card=card)

    monkeypatch.setattr(models, "resolve", resolve)
    monkeypatch.setattr(models, "foresee", resolve)
    monkeypatch.setattr(model_picker, "at_hand", lambda model: model.reference)


@pytest.fixture
def set_up(open_page: Callable[..., AppTest], every_model_here: None) -> Callable[[tables.Table, str], AppTest]:
    """The page with a table and a task chosen."""

    def chosen(table: tables.Table, task: str) -> AppTest:
        app = open_page(PAGE, table=table.id)
        app.selectbox(key="task_choice").select(task).run()
        assert not app.exception
        return app

    return chosen


def box(app: AppTest, label: str):
    return next(box for box in app.selectbox if box.label == label)


def shown(app: AppTest) -> str:
    return texts(app).replace("\\", "").replace("\u2060", "")


def started(app: AppTest, settings: Settings) -> PredictSpec:
    """The spec of the run that the button starts."""
    assert not app.button(key="score").disabled, shown(app)
    app.button(key="score").click().run()
    assert not app.exception
    [job] = jobs.list_jobs(settings, owner="local")
    spec = open_run(settings, job.id).spec()
    assert isinstance(spec, PredictSpec)
    return spec


@pytest.mark.parametrize("task", [task.name for task in tasks.all_tasks()])
def test_a_fresh_page_of_any_task_has_no_error_and_no_empty_model_list(set_up, reviews, task):
    app = set_up(reviews, task)
    assert [error.value for error in app.error] == []
    assert app.selectbox(key="model_choice").options
    assert tasks.get(task).purpose in shown(app)
    assert app.button(key="score").disabled == ("↑" in shown(app) or ":material/arrow_upward:" in texts(app))
    assert {"Date", "Group", "Row name"} <= {box.label for box in app.selectbox}


@pytest.mark.parametrize("task", ["zero-shot-classification", "question-answering", "feature-extraction", "summarization"])
def test_the_embedded_model_comes_first_where_there_is_one(set_up, reviews, task):
    assert "needs the Hub" not in set_up(reviews, task).selectbox(key="model_choice").options[0]


@pytest.mark.parametrize("task", ["translation", "text2text-generation", "text-generation", "fill-mask"])
def test_a_task_without_an_embedded_model_offers_one_of_the_hub_with_its_size(open_page, reviews, task):
    app = open_page(PAGE, table=reviews.id)
    app.selectbox(key="task_choice").select(task).run()
    assert "MB · needs the Hub" in app.selectbox(key="model_choice").options[0]


def test_labels_of_ones_own(set_up, settings, reviews):
    app = set_up(reviews, "zero-shot-classification")
    assert "Name at least one label." in shown(app)
    app.multiselect(key="option-zero-shot-classification-labels").set_value(["light", "price, or worth"]).run()
    app.checkbox(key="option-zero-shot-classification-multi_label").check().run()
    spec = started(app, settings)
    assert spec.options == {"labels": ["light", "price, or worth"], "multi_label": True}
    assert spec.roles[Role.TEXT] == "review"


def test_the_values_of_a_label_column_are_offered_as_labels(set_up, reviews):
    app = set_up(reviews, "zero-shot-classification")
    box(app, "Your label").set_value(reviews.columns.index("product")).run()
    assert {"Lamp", "Desk"} <= set(app.multiselect(key="option-zero-shot-classification-labels").options)


def test_compared_texts(set_up, settings, reviews):
    app = set_up(reviews, "feature-extraction")
    app.number_input(key="option-feature-extraction-clusters").set_value(2).run()
    spec = started(app, settings)
    assert (spec.task, spec.options) == ("feature-extraction", {"clusters": 2})


def test_entities_of_texts_or_of_word_lists(set_up, settings, reviews):
    app = set_up(reviews, "token-classification")
    box(app, "Word list").set_value(reviews.columns.index("product")).run()
    assert "Choose texts or word lists, not both." in shown(app)
    box(app, "Text").select_index(0).run()
    assert started(app, settings).roles == {Role.TOKENS: "product", Role.TIME: "date"}


def test_a_question_in_each_row_or_one_for_all(set_up, settings, questions):
    app = set_up(questions, "question-answering")
    assert [box(app, label).value for label in ("Question", "Text to search", "Your answer")] == [1, 2, 3]
    box(app, "Question").select_index(0).run()
    assert "Choose the column of questions, or write one question for every row." in shown(app)
    app.text_input(key="option-question-answering-question_text").set_value("Who?").run()
    spec = started(app, settings)
    assert Role.QUESTION not in spec.roles
    assert spec.roles[Role.CONTEXT] == "passage"
    assert spec.options == {"question_text": "Who?"}


def test_summaries_of_an_encoder_ask_for_sentences_and_nothing_of_writing(set_up, settings, questions):
    app = set_up(questions, "summarization")
    assert {number.label for number in app.number_input} == {"Sentences", "Longest text, in tokens", "Only the first rows"}
    app.number_input(key="option-summarization-sentences").set_value(1).run()
    assert started(app, settings).options == {"sentences": 1}


def test_summaries_of_a_model_that_writes_ask_for_no_sentences(set_up, questions):
    app = set_up(questions, "summarization")
    app.selectbox(key="model_choice").select_index(1).run()
    labels = {number.label for number in app.number_input}
    assert "Sentences" not in labels
    assert "Longest answer, in tokens" in labels


def test_languages_of_a_translation_stand_beside_the_text(set_up, settings, questions):
    app = set_up(questions, "translation")
    app.text_input(key="option-translation-source_language").set_value("en").run()
    app.text_input(key="option-translation-target_language").set_value("de").run()
    assert started(app, settings).options == {"source_language": "en", "target_language": "de"}


def test_a_text_before_each_cell(set_up, settings, questions):
    app = set_up(questions, "text2text-generation")
    app.text_input(key="option-text2text-generation-prefix").set_value("shorten: ").run()
    assert started(app, settings).options == {"prefix": "shorten: "}


def test_a_prompt_is_made_of_columns_and_shown_for_the_first_row(set_up, settings, questions):
    app = set_up(questions, "text-generation")
    key = "option-text-generation-prompt_template"
    app.text_area(key=key).set_value("Answer *shortly*:").run()
    assert "Name at least one column between double braces" in shown(app)
    assert app.button(key="score").disabled
    app.selectbox(key=f"{key}-insert").set_value(1).run()
    assert app.text_area(key=key).value == "Answer *shortly*: {{question}}"
    assert app.selectbox(key=f"{key}-insert").value is None
    assert "Answer *shortly*: Where does the light come from?" in [text.value for text in app.text]
    assert box(app, "Prompt").disabled
    spec = started(app, settings)
    assert spec.options == {"prompt_template": "Answer *shortly*: {{question}}"}
    assert Role.PROMPT not in spec.roles


def test_options_of_draws_appear_with_the_draws(set_up, questions):
    app = set_up(questions, "text-generation")
    assert "Temperature" not in {number.label for number in app.number_input}
    app.checkbox(key="option-text-generation-do_sample").check().run()
    assert "Temperature" in {number.label for number in app.number_input}


def test_words_to_choose_among_for_a_gap(set_up, settings, reviews):
    app = set_up(reviews, "fill-mask")
    app.multiselect(key="option-fill-mask-targets").set_value(["warm", "cold"]).run()
    assert "Top k" in {number.label for number in app.number_input}
    assert started(app, settings).options == {"targets": ["warm", "cold"]}


def test_a_template_that_cannot_be_filled_says_why(questions):
    assert prompt_template.problem(questions, "{{question}} of {{nobody}}") == (
        "The template names {{nobody}}, which is no column of this table."
    )
    assert prompt_template.problem(questions, "{{question}") == "Close the braces: {{column}}; literal braces are written \\{{."
    assert prompt_template.problem(questions, "{{ question }}?") is None
    assert prompt_template.named_columns(questions, "{{ topic }} {{question}}") == ["topic", "question"]


def test_what_is_missing_is_said_for_every_kind_of_gap(questions):
    def said(task: str, roles: dict[Role, str], **options: object) -> str | None:
        return missing.sentence(questions, tasks.get(task), roles, options)

    assert said("text-classification", {}) == "Choose the column of texts."
    assert said("token-classification", {}) == "Choose the column of texts, or the column of word lists."
    assert said("text-generation", {}) == "Choose the column of prompts, or write a prompt template."
    assert said("question-answering", {Role.QUESTION: "question"}) == "Choose the column of texts to find the answers in."
    assert said("text-generation", {Role.PROMPT: "question"}, stop=("a",), num_beams=2) == "Stop texts work without beams."
    assert said("text-classification", {Role.TEXT: "passage"}, threshold=2) == ("Threshold: input should be less than or equal to 1.")
    assert said("text-classification", {Role.TEXT: "passage"}) is None


def test_names_on_the_page_belong_to_options(settings):
    names = {name for task in tasks.all_tasks() for name in task.Options.model_fields}
    assert set(LABELS) <= names
    assert set(ONLY_WITH) | set(ONLY_WITH.values()) <= names
    for task, shown_first in essentials.ESSENTIAL.items():
        assert set(shown_first) <= set(tasks.get(task).Options.model_fields)


def test_a_model_that_is_not_chosen_yet_hides_no_option():
    task = tasks.get("summarization")
    assert essentials.names_for(task, None) == list(task.Options.model_fields)
    encoder = ModelEntry(reference="embedded:minilm", title="minilm", tasks=["feature-extraction", "summarization"])
    assert essentials.names_for(task, encoder) == ["max_length", "sentences"]
