"""The Logits page with two answers against each other: an edited text, another model, several texts; over tiny models asked here."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core import models
from core.live import LiveClient
from core.live.questions import Desk
from core.settings import Settings
from tests.pages.conftest import texts
from tests.tiny_models import tiny

TEXT = "the film was very good"
OTHER = "the film was awful"
HEADS = {
    "judge": ("AutoModelForSequenceClassification", ("contradiction", "neutral", "entailment")),
    "names": ("AutoModelForTokenClassification", ("O", "B-PER", "I-PER")),
    "reader": ("AutoModelForQuestionAnswering", None),
    "gaps": ("AutoModelForMaskedLM", None),
    "causal": ("AutoModelForCausalLM", None),
    "writer": ("AutoModelForSeq2SeqLM", None),
    "vectors": ("AutoModel", None),
}
FAMILIES = {"causal": "llama", "writer": "bart"}
ASKED = {
    "judge": {"task": "zero-shot-classification", "text": TEXT, "labels": ["phone", "price"]},
    "names": {"task": "token-classification", "text": TEXT},
    "reader": {"task": "question-answering", "question": "what was good ?", "context": TEXT},
    "gaps": {"task": "fill-mask", "text": "the film was very [MASK]"},
    "causal": {"task": "text-generation", "prompt": TEXT},
    "writer": {"task": "text2text-generation", "text": TEXT, "beams": "2", "new": "6"},
    "vectors": {"task": "feature-extraction", "text": TEXT, "text_pair": "we love it"},
}
CELLS = {"reader": "context", "causal": "prompt"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("roots")
    for name, (auto_class, labels) in HEADS.items():
        for seed in (0, 1):
            tiny(root / f"{name}{seed}", FAMILIES.get(name, "bert"), auto_class, labels=labels, seed=seed)
    return root


@pytest.fixture
def page(settings: Settings, root: Path, open_page: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Opens the Logits page on one of the models, all of which are registered."""
    monkeypatch.setenv("SHEETFORMER_MODEL_ROOTS", str(root))
    own = Settings()
    for folder in sorted(root.iterdir()):
        models.add_local(own, folder, folder.name)
    desk = Desk(own)
    monkeypatch.setattr(LiveClient, "ask", lambda self, question, payload, timeout=None: desk.answer(question, payload))

    def opened(name: str, **parameters: Any) -> Any:
        app = open_page("inspect/logits", model=f"local:{name}0", **ASKED[name], **parameters)
        assert not app.exception and not app.error, (app.exception, app.error)
        return app

    return opened


def words(app: Any) -> str:
    return texts(app).replace("\\", "").replace("\u2060", "").replace("\xa0", " ")


def downloads(app: Any) -> int:
    return sum(button.label == "Numbers as CSV" for button in app.get("download_button"))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("judge", r"before.*after"),
        ("names", "stayed"),
        ("reader", "Before"),
        ("gaps", r"before;|Still"),
        ("causal", "bits per token before"),
        ("writer", "The first answer has a log-probability"),
        ("vectors", r"Cosine of the two texts [\d.]+ before; "),
    ],
)
def test_an_edit_says_what_moved(page, name: str, told: str) -> None:
    cell = CELLS.get(name, "text")
    changed = "the phone was very [MASK]" if name == "gaps" else OTHER
    app = page(name, **{f"changed-{cell}": changed})
    assert app.text_area(key=f"edit-{cell}").value == changed and "removed" in words(app)
    values = " ".join(str(frame.value.values) for frame in app.dataframe)
    assert re.search(told, words(app) + values)
    assert downloads(app) >= 1


@pytest.mark.parametrize("name", list(HEADS))
def test_another_model_answers_too(page, name: str) -> None:
    app = page(name, tab="another-model")
    options = app.selectbox(key="logits-other").options
    assert options and not app.dataframe
    app.selectbox(key="logits-other").select(f"local:{name}1").run()
    assert not app.exception and not app.error and app.query_params["other"] in (f"local:{name}1", [f"local:{name}1"])
    assert downloads(app) >= 1 and f"{name}1" in words(app) + " ".join(
        " ".join(map(str, frame.value.columns)) + str(frame.value.values) for frame in app.dataframe
    )


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("judge", "Answer"),
        ("names", "Entities"),
        ("reader", "Answer"),
        ("gaps", "Word"),
        ("causal", "Perplexity"),
        ("writer", "Log-probability for each token"),
        ("vectors", "p cosine"),
    ],
)
def test_several_texts_have_a_line_each(page, name: str, column: str) -> None:
    app = page(name, tab="several-texts")
    lines = "the [MASK] was good\nno gap here" if name == "gaps" else f"{OTHER}\nwe hate it"
    app.text_area(key="logits-texts").set_value(lines).run()
    assert not app.exception and not app.error
    frame = next(each.value for each in app.dataframe if column in each.value.columns)
    assert list(frame["Text"])[1:] == lines.splitlines() and frame[column].notna().sum() == (2 if name == "gaps" else 3)
    if name == "gaps":
        assert "gap" in frame["Error"][2]


def test_labels_of_ones_own_are_chosen_and_kept_in_the_address(page) -> None:
    app = page("judge")
    assert app.multiselect(key="logits-labels").value == ["phone", "price"]
    frame = app.dataframe[0].value
    assert {"Label", "Logit", "Probability", "Sentence", "Entailment", "Contradiction"} == set(frame.columns)
    assert sorted(frame["Sentence"]) == ["This example is phone.", "This example is price."]
    assert "Its logit is the model's for entailment." in words(app) and app.slider(key="logits-temperature")
    app.text_input(key="logits-template").set_value("about {}").run()
    app.toggle(key="logits-several").set_value(True).run()
    assert not app.exception and app.query_params["hypothesis"] in ("about {}", ["about {}"])
    assert sorted(app.dataframe[0].value["Sentence"]) == ["about phone", "about price"] and "Predicted from" in app.dataframe[0].value
    assert "--labels phone,price" in app.code[-1].value and "multi_label=true" in app.code[-1].value
    app.text_input(key="logits-template").set_value("no place").run()
    assert not app.exception and any("once in the sentence" in str(warning.value) for warning in app.warning)
    app.text_input(key="logits-template").set_value("").run()
    app.multiselect(key="logits-labels").set_value([]).run()
    assert not app.exception and "labels" not in app.query_params and "Name the labels" in words(app)
    next(button for button in app.button if button.label == "Use example labels").click().run()
    assert not app.exception and len(app.dataframe[0].value) == 4


def test_what_moved_the_answer_is_told_for_labels_of_ones_own(page) -> None:
    app = page("judge", attribution="on")
    assert "entailment of" in words(app) and not app.error


def test_what_makes_two_texts_alike_is_told_from_the_page_to_the_shell(page) -> None:
    app = page("vectors", attribution="on")
    assert [metric.label for metric in app.metric] == ["Tokens read"] and not app.slider
    assert "Cosine of the two texts" in words(app) and "the cosine with the other text most" in words(app)
    assert "--text-pair 'we love it'" in app.code[-1].value and "--attribution leave-one-out" in app.code[-1].value
    app.text_area(key="look-text_pair").set_value("").run()
    assert not app.exception and not app.get("plotly_chart") and "start with an example" in words(app)


def test_the_base_of_an_adapter_is_offered_first(page, monkeypatch: pytest.MonkeyPatch) -> None:
    from pages.parts.logits import others

    monkeypatch.setattr(others, "_base", lambda visit, look, here: "local:names1")
    app = page("names", tab="another-model")
    assert app.selectbox(key="logits-other").options[0].endswith("its base")
