"""The view of a classifier gives the numbers of the plain Auto class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import BadInput, LimitReached
from core.settings import Settings
from tests.tiny_models import LENGTH, classifier
from tests.unit.inspect.looks import asked
from tests.unit.tasks.scoring import ready_from

TASK = "text-classification"
FAMILIES = ("bert", "distilbert", "roberta", "fnet", "gpt2")
LABELS = ("bad", "fine", "good")
TEXTS = ["good", "it was not very good, it broke after two days", "Ünknown 漢字 🙂", "awful price!! " * 30]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("families")
    return {family: classifier(root / family, family, labels=LABELS) for family in FAMILIES}


def plain(folder: Path, text: str, pair: str | None = None) -> np.ndarray:
    import torch

    model = ready_from(folder, TASK)
    inputs = model.tokenizer(text, pair, truncation=True, max_length=LENGTH, return_tensors="pt")
    with torch.inference_mode():
        return model.network(**inputs).logits[0].double().numpy()


@pytest.mark.parametrize("family", FAMILIES)
def test_numbers_are_those_of_the_plain_model(folders, family) -> None:
    found = asked(folders[family], TASK, "labels", {"text": TEXTS[0]}, others=[{"text": text} for text in TEXTS[1:]])
    want = np.stack([plain(folders[family], text) for text in TEXTS])
    np.testing.assert_allclose(found["logits"], want, atol=2e-5)
    exponentials = np.exp(want - want.max(axis=1, keepdims=True))
    np.testing.assert_allclose(found["probabilities"], exponentials / exponentials.sum(axis=1, keepdims=True), atol=1e-5)
    assert found["labels"] == list(LABELS) and found["problem"] == "single" and found["thresholds"] == []
    assert found["predictions"] == [[LABELS[place]] for place in want.argmax(axis=1)]


def test_a_text_that_is_cut_says_so(folders) -> None:
    found = asked(folders["bert"], TASK, "labels", {"text": TEXTS[0]}, others=[{"text": TEXTS[3]}])
    assert found["lost"][0] == 0 and found["lost"][1] > 0
    assert found["tokens"][1] == found["limit"] == LENGTH


def test_two_texts_are_read_as_a_pair(folders) -> None:
    found = asked(folders["bert"], TASK, "labels", {"text": "good", "text_pair": "bad film"})
    np.testing.assert_allclose(found["logits"][0], plain(folders["bert"], "good", "bad film"), atol=2e-5)


def test_several_labels_have_thresholds(folders, tmp_path) -> None:
    folder = classifier(tmp_path / "multi", "bert", labels=LABELS, problem_type="multi_label_classification")
    found = asked(folder, TASK, "labels", {"text": "good"}, options={"threshold": 0.3})
    want = 1 / (1 + np.exp(-plain(folder, "good")))
    np.testing.assert_allclose(found["probabilities"][0], want, atol=1e-5)
    assert found["thresholds"] == [0.3] * 3 and found["predictions"][0] == [LABELS[place] for place in np.flatnonzero(want >= 0.3)]
    assert found["margins"][0] == pytest.approx(np.abs(want - 0.3).min(), abs=1e-5)


def test_a_number_has_no_probabilities(tmp_path) -> None:
    folder = classifier(tmp_path / "number", "bert", labels=("stars",), problem_type="regression")
    found = asked(folder, TASK, "labels", {"text": "good"})
    assert found["problem"] == "regression" and found["probabilities"] == found["logits"]
    assert found["predictions"] == [[]] and found["margins"] == found["entropies"] == [None]


def test_the_temperature_of_the_model_is_applied_as_in_a_run(folders, monkeypatch) -> None:
    from core.inspect import labels as view

    monkeypatch.setattr(view, "temperature_for", lambda model: 2.0)
    found = asked(folders["bert"], TASK, "labels", {"text": TEXTS[0]})
    want = np.exp(plain(folders["bert"], TEXTS[0]) / 2)
    np.testing.assert_allclose(found["probabilities"][0], want / want.sum(), atol=1e-5)
    np.testing.assert_allclose(found["logits"][0], plain(folders["bert"], TEXTS[0]), atol=2e-5)
    assert found["temperature"] == 2


def test_limits_are_named(folders, tmp_path) -> None:
    few = Settings(home=tmp_path, max_look_texts=2, max_look_characters=20)
    with pytest.raises(LimitReached, match="max_look_texts"):
        asked(folders["bert"], TASK, "labels", {"text": "a"}, others=[{"text": "b"}] * 2, settings=few)
    with pytest.raises(LimitReached, match="max_look_characters"):
        asked(folders["bert"], TASK, "labels", {"text": "a" * 21}, settings=few)
    with pytest.raises(BadInput, match="a text to look at"):
        asked(folders["bert"], TASK, "labels", {"text": "  \n"})


def test_damaged_weights_are_no_answer(tmp_path) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification

    folder = classifier(tmp_path / "damaged", "bert")
    model = AutoModelForSequenceClassification.from_pretrained(folder, trust_remote_code=False)
    with torch.no_grad():
        model.classifier.weight.fill_(float("nan"))
    model.save_pretrained(folder)
    with pytest.raises(Exception, match="finite numbers"):
        asked(folder, TASK, "labels", {"text": "good"})
