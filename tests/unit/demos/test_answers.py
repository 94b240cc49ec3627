"""The exported code answers as our own tasks do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core import models, tasks
from core.inference import loading
from core.schema import LookSpec
from core.workspaces import LOCAL
from tests.tiny_models import TinyFiles, classifier, tiny

CITY = "Hugging Face is based in New York City."
LIBRARY = "Transformers are used for natural language processing tasks. The library is written in Python."


def ours(settings, model: str, task: str, cells: dict[str, str], **options: object) -> dict[str, object]:
    """The columns of one row, as a run computes them."""
    revision = models.resolve(settings, model).revision
    loaded = loading.load(settings, LookSpec(task=task, model=model, revision=revision, cells=cells, options=options))
    encoded = loaded.task.encode(loaded.model, {name: [text] for name, text in cells.items()})
    inputs = encoded.batch(np.arange(len(encoded)) if hasattr(encoded, "__len__") else np.arange(len(encoded.lengths)))
    accepted = {name: values for name, values in inputs.items() if not loaded.model.accepted or name in loaded.model.accepted}
    columns = loaded.task.decode(loaded.model, [loaded.task.forward(loaded.model, accepted)], np.arange(1), encoded)
    return {name: values[0].as_py() for name, values in columns.items()}


@pytest.mark.model
@pytest.mark.slow
def test_sentiment(settings, exported, answering) -> None:
    demo = answering(exported("embedded:sentiment"))
    text = "I love using the Transformers library!"
    row = ours(settings, "embedded:sentiment", "text-classification", {"text": text})
    scores = demo.classify(text)
    assert demo.chosen_labels(scores) == ["positive"] == [row["prediction"]]
    assert scores == pytest.approx({"negative": row["p_negative"], "positive": row["p_positive"]}, abs=1e-5)


@pytest.mark.model
@pytest.mark.slow
def test_probabilities_have_the_temperature_that_was_saved(settings, exported, answering, module_settings) -> None:
    plain = models.resolve(module_settings, "embedded:sentiment")
    mild = models.save_calibrated(module_settings, LOCAL, plain.reference, models.Calibrated(4.0, False, "", plain.revision))
    demo = answering(exported(mild))
    text = "The parcel came on a Tuesday."
    row = ours(module_settings, mild, "text-classification", {"text": text})
    assert demo.classify(text) == pytest.approx({"negative": row["p_negative"], "positive": row["p_positive"]}, abs=1e-5)
    assert max(demo.classify(text).values()) < max(answering(exported(plain.reference)).classify(text).values())


@pytest.mark.model
@pytest.mark.slow
def test_several_labels_with_thresholds_of_their_own(settings, exported, answering) -> None:
    demo = answering(exported("embedded:emotions"))
    text = "Thank you so much, this made my day!"
    row = ours(settings, "embedded:emotions", "text-classification", {"text": text})
    assert "; ".join(demo.chosen_labels(demo.classify(text))) == row["prediction"] and demo.DEMO["thresholds"]


@pytest.mark.model
@pytest.mark.slow
def test_entities(settings, exported, answering) -> None:
    demo = answering(exported("embedded:entities"))
    found = demo.entities(CITY)
    row = ours(settings, "embedded:entities", "token-classification", {"text": CITY})
    assert "New York City" in [CITY[one["start"] : one["end"]] for one in found]
    assert [(one["start"], one["end"], one["entity"]) for one in found] == [
        (one["start"], one["end"], one["label"]) for one in row["entities"]
    ]
    assert demo.entities("") == []


@pytest.mark.model
@pytest.mark.slow
def test_answers(settings, exported, answering) -> None:
    demo, question = answering(exported("embedded:answers")), "What are transformers used for?"
    row = ours(settings, "embedded:answers", "question-answering", {"question": question, "context": LIBRARY})
    found = demo.answers(question, LIBRARY)
    assert [one["text"] for one in found] == [one["text"] for one in row["answers"]]
    assert [one["score"] for one in found] == pytest.approx([one["score"] for one in row["answers"]], abs=1e-5)
    assert demo.answers(question, LIBRARY * 100)[0]["text"] in LIBRARY  # several windows
    assert demo.answers("", LIBRARY) == []


@pytest.mark.model
@pytest.mark.slow
def test_embeddings_sort_compare_and_summarise(settings, exported, answering) -> None:
    demo = answering(exported("embedded:minilm", "zero-shot-classification"))
    text, labels = "The parcel came two weeks late.", ["delivery", "price"]
    row = ours(settings, "embedded:minilm", "zero-shot-classification", {"text": text}, labels=labels)
    assert demo.sort_by_labels(text, labels) == pytest.approx({"delivery": row["p_delivery"], "price": row["p_price"]}, abs=1e-5)
    assert demo.sort_by_labels(text, []) == {}
    ranked = demo.similar("Where is my order?", ["The lamp is broken.", "Track a delivery", "Where is my order?"])
    assert ranked[0] == ("Where is my order?", pytest.approx(1.0, abs=1e-5)) and ranked[-1][0] == "The lamp is broken."
    long = " ".join(f"{LIBRARY} {CITY}" for _ in range(2))
    assert all(sentence in long for sentence in demo.central(long, 2).split(". ")) and len(demo.central(long, 2)) < len(long)


@pytest.mark.parametrize(
    ("family", "auto_class", "task"),
    [
        ("bert", "AutoModelForMaskedLM", "fill-mask"),
        ("gpt2", "AutoModelForCausalLM", "text-generation"),
        ("t5", "AutoModelForSeq2SeqLM", "summarization"),
        ("bart", "AutoModelForSeq2SeqLM", "translation"),
    ],
)
def test_models_that_write(tmp_path: Path, exported_files, answering, family: str, auto_class: str, task: str) -> None:
    base = tmp_path / "tiny"
    base.mkdir()
    params = {"task_specific_params": {task: {"num_beams": 4, "prefix": "good ", "max_length": 8}}} if family in ("t5", "bart") else {}
    files = TinyFiles("local:tiny", "0", tiny(base, family, auto_class, **params), tasks=("text2text-generation", "summarization", task))
    demo = answering(exported_files(files, task))
    if task == "fill-mask":
        words = demo.fill("the ___ is good")
        assert len(words) == 5 and list(words.values()) == sorted(words.values(), reverse=True) and demo.fill("no gap") == {}
        return
    prefix = next(iter(demo.DEMO["prefixes"].values()), "")
    written = demo.write("the film was good", prefix=prefix, words=6)
    assert isinstance(written, str) and written == demo.write("the film was good", prefix=prefix, words=6)
    if params:
        assert demo.DEMO["writing"]["num_beams"] == 4 and demo.DEMO["prefixes"] == {task: "good "}


def test_a_prompt_template_is_filled_in_one_pass(tmp_path: Path, exported_files, answering) -> None:
    base = tmp_path / "tiny"
    base.mkdir()
    params = {"text-generation": {"prompt_template": r"\{{ {{a}} and {{b}} and {{a}}."}}
    demo = answering(
        exported_files(
            TinyFiles("local:t", "0", tiny(base, "gpt2", "AutoModelForCausalLM", task_specific_params=params)), "text-generation"
        )
    )
    assert demo.DEMO["columns"] == ["a", "b"] and len(demo.DEMO["examples"][0]) == 2
    assert demo.prompt_of(["{{b}}", "x"]) == "{{ {{b}} and x and {{b}}."


@pytest.mark.parametrize("problem", ["regression", "multi_label_classification", None])
def test_kinds_of_heads(tmp_path: Path, exported_files, answering, problem: str | None) -> None:
    base = tmp_path / "tiny"
    base.mkdir()
    labels = ("score",) if problem == "regression" else ("a", "b", "c")
    files = TinyFiles("local:t", "0", classifier(base, "distilbert", labels=labels, problem_type=problem), labels=labels)
    demo = answering(exported_files(files, "text-classification"))
    scores = demo.classify("the film was good")
    assert tuple(scores) == labels and demo.DEMO["problem_type"] == problem and demo.is_number() is (problem == "regression")
    if problem is None:
        assert sum(scores.values()) == pytest.approx(1) and len(demo.chosen_labels(scores)) == 1


def test_every_task_has_a_form_and_examples() -> None:
    from core.demos.examples import boxes, examples_for

    app = (Path(tasks.__file__).parents[1] / "demos" / "templates" / "gradio_app.py").read_text()
    for task in tasks.all_tasks():
        assert f'"{task.name}": ' in app or task.name in ("text-generation", "text2text-generation", "summarization", "translation")
        assert all(len(example) == boxes(task.name) for example in examples_for(task.name))
