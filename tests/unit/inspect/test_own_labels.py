"""Labels of the user's own get the numbers of the plain Auto class: entailment and contradiction of each hypothesis, or cosines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import LimitReached
from core.settings import Settings
from core.tasks.zero_shot_classification import SCALE
from tests.tiny_models import LENGTH, tiny
from tests.unit.inspect.looks import asked
from tests.unit.tasks.scoring import ready_from

TASK = "zero-shot-classification"
MEANINGS = ("contradiction", "neutral", "entailment")
LABELS = ["phone", "price", "film"]
TEXTS = ["good", "it was not very good, it broke after two days", "awful price!! " * 30]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("families")
    made = {family: tiny(root / family, family, "AutoModelForSequenceClassification", labels=MEANINGS) for family in ("bert", "fnet")}
    backwards = tiny(root / "backwards", "bert", "AutoModelForSequenceClassification", labels=MEANINGS[::-1])
    return {**made, "backwards": backwards, "vectors": tiny(root / "vectors", "bert", "AutoModel")}


def plain(folder: Path, text: str, hypothesis: str) -> np.ndarray:
    """Logits of one pair by the Auto class alone."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    network = AutoModelForSequenceClassification.from_pretrained(folder, trust_remote_code=False).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    inputs = tokenizer(text, hypothesis, truncation="only_first", max_length=LENGTH, return_tensors="pt")
    with torch.inference_mode():
        return network(**inputs).logits[0].double().numpy()


@pytest.mark.parametrize(("family", "entailed", "against"), [("bert", 2, 0), ("fnet", 2, 0), ("backwards", 0, 2)])
def test_an_nli_model_scores_each_hypothesis(folders, family, entailed, against) -> None:
    options = {"labels": LABELS, "hypothesis_template": "this is {} !"}
    found = asked(folders[family], TASK, "own_labels", {"text": TEXTS[0]}, options=options, others=[{"text": text} for text in TEXTS[1:]])
    assert found["hypotheses"] == ["this is phone !", "this is price !", "this is film !"] and found["compared"] == "entailment"
    want = np.array([[plain(folders[family], text, sentence) for sentence in found["hypotheses"]] for text in TEXTS])
    np.testing.assert_allclose(found["entailments"], want[..., entailed], atol=2e-5)
    np.testing.assert_allclose(found["contradictions"], want[..., against], atol=2e-5)
    np.testing.assert_allclose(found["logits"], want[..., entailed], atol=2e-5)
    shares = np.exp(want[..., entailed])
    np.testing.assert_allclose(found["probabilities"], shares / shares.sum(axis=1, keepdims=True), atol=1e-5)
    assert found["predictions"] == [[LABELS[place]] for place in shares.argmax(axis=1)]
    assert found["lost"][2] > 0 and found["tokens"][2] == found["limit"] == LENGTH and found["cosines"] == []


def test_several_labels_may_fit(folders) -> None:
    options = {"labels": LABELS, "multi_label": True, "threshold": 0.3}
    found = asked(folders["bert"], TASK, "own_labels", {"text": TEXTS[1]}, options=options)
    assert found["hypotheses"][0] == "This example is phone." and found["tempered"] and found["thresholds"] == [0.3] * 3
    want = np.array([plain(folders["bert"], TEXTS[1], sentence) for sentence in found["hypotheses"]])
    np.testing.assert_allclose(found["logits"][0], want[:, 2] - want[:, 0], atol=2e-5)
    shares = np.exp(want[:, 2]) / (np.exp(want[:, 2]) + np.exp(want[:, 0]))
    np.testing.assert_allclose(found["probabilities"][0], shares, atol=1e-5)
    assert found["predictions"][0] == [label for label, share in zip(LABELS, shares, strict=True) if share >= 0.3]


def test_an_embedding_model_compares_vectors(folders) -> None:
    import torch

    model = ready_from(folders["vectors"], TASK, model_tasks=("feature-extraction",), labels=LABELS)

    def vector(text: str) -> np.ndarray:
        inputs = model.tokenizer(text, truncation=True, max_length=LENGTH, return_tensors="pt")
        with torch.inference_mode():
            states = model.network(**inputs).last_hidden_state[0].double().numpy()
        return states.mean(axis=0) / np.linalg.norm(states.mean(axis=0))

    want = np.array([[vector(text) @ vector(label) for label in LABELS] for text in TEXTS])
    others = [{"text": text} for text in TEXTS[1:]]
    how = {"model_tasks": ("feature-extraction",)}
    found = asked(folders["vectors"], TASK, "own_labels", {"text": TEXTS[0]}, options={"labels": LABELS}, how=how, others=others)
    assert found["compared"] == "cosine" and found["hypotheses"] == LABELS and found["entailments"] == []
    np.testing.assert_allclose(found["cosines"], want, atol=1e-5)
    np.testing.assert_allclose(found["logits"], SCALE * want, atol=2e-4)
    shares = np.exp(SCALE * want)
    np.testing.assert_allclose(found["probabilities"], shares / shares.sum(axis=1, keepdims=True), atol=1e-4)
    options = {"labels": LABELS, "multi_label": True}
    found = asked(folders["vectors"], TASK, "own_labels", {"text": TEXTS[0]}, options=options, how=how, others=others)
    np.testing.assert_allclose(found["probabilities"], np.clip(want, 0, 1), atol=1e-5)
    assert not found["tempered"] and found["entropies"] == [None] * 3 and found["scale"] == 1


def test_too_many_texts_are_refused(folders, tmp_path) -> None:
    few = Settings(home=tmp_path, max_look_texts=2)
    with pytest.raises(LimitReached, match="max_look_texts"):
        asked(folders["bert"], TASK, "own_labels", {"text": "a"}, options={"labels": LABELS}, settings=few, others=[{"text": "b"}] * 2)
