"""zero-shot-classification gives the scores of transformers' pipeline on NLI models, and plain cosines on embeddings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from core import models, tasks
from core.schema import Role
from core.settings import Settings
from core.tasks import TaskModel
from tests.tiny_models import LENGTH, tiny
from tests.unit.tasks.scoring import ready_from, score_cells

FAMILIES = ("bert", "distilbert", "roberta", "deberta-v2", "fnet", "bart", "gpt2")
TEXTS = ["good", "it was not very good, it broke after two days", "awful price!! " * 30, "love this phone", "ok 7", "we hate the slow film"]
LABELS = ("phone", "price", "film of the service")
TEMPLATE = "this is {} !"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("families")
    labels = ("contradiction", "neutral", "entailment")
    return {family: tiny(root / family, family, "AutoModelForSequenceClassification", labels=labels) for family in FAMILIES}


def ready(folder: Path, **options: Any) -> TaskModel:
    chosen = {"labels": LABELS, "hypothesis_template": TEMPLATE, **options}
    return ready_from(folder, "zero-shot-classification", model_tasks=("text-classification",), **chosen)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("multi_label", [False, True])
def test_equals_the_pipeline_for_any_batch_size(folders: dict[str, Path], family: str, multi_label: bool) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

    network = AutoModelForSequenceClassification.from_pretrained(folders[family]).eval()
    tokenizer = AutoTokenizer.from_pretrained(folders[family])
    if tokenizer.pad_token is None:
        network.config.pad_token_id = -1  # one text at a time: the last token is the last one
        tokenizer.pad_token = tokenizer.unk_token
    with torch.inference_mode():
        pipe = pipeline("zero-shot-classification", model=network, tokenizer=tokenizer)
        theirs = [pipe(text, LABELS, hypothesis_template=TEMPLATE, multi_label=multi_label) for text in TEXTS]
    model = ready(folders[family], multi_label=multi_label)
    for budget in (1, 3 * LENGTH, 64 * LENGTH):
        table = score_cells("zero-shot-classification", model, {Role.TEXT: TEXTS}, budget)
        for row, given in zip(table.to_pylist(), theirs, strict=True):
            scores = dict(zip(given["labels"], given["scores"], strict=True))
            ours = [row["p_phone"], row["p_price"], row["p_film_of_the_service"]]
            np.testing.assert_allclose(ours, [scores[label] for label in LABELS], atol=1e-5)
            expected = "; ".join(label for label in LABELS if scores[label] >= 0.5) if multi_label else given["labels"][0]
            assert row["prediction"] == expected
            assert row["confidence"] == pytest.approx(max(given["scores"]), abs=1e-5)


def test_one_label_alone_is_entailed_or_not(folders: dict[str, Path]) -> None:
    model = ready(folders["bert"], labels="phone")
    table = score_cells("zero-shot-classification", model, {Role.TEXT: TEXTS})
    assert all((row["prediction"] == "phone") == (row["p_phone"] >= 0.5) for row in table.to_pylist())
    assert len(set(np.round(table["p_phone"].to_pylist(), 3))) > 1


@pytest.mark.model
def test_embeddings_know_topics_without_an_nli_model(settings: Settings) -> None:
    files = models.resolve(settings, "embedded:minilm")
    labels = ("sports", "cooking", "politics")
    model = ready_from(files.base, "zero-shot-classification", model_tasks=files.tasks, labels=labels)
    texts = ["The striker scored twice in the final.", "Add two eggs and whisk until smooth.", "Parliament voted on the new budget law."]
    table = score_cells("zero-shot-classification", model, {Role.TEXT: texts})
    assert table["prediction"].to_pylist() == list(labels)
    probabilities = np.column_stack([table[f"p_{label}"].to_numpy() for label in labels])
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    cosines = _plain_cosines(files.base, texts, list(labels))
    expected = np.exp(20 * cosines) / np.exp(20 * cosines).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probabilities, expected, atol=1e-5)
    several = ready_from(files.base, "zero-shot-classification", model_tasks=files.tasks, labels=labels, multi_label=True, threshold=0.1)
    table = score_cells("zero-shot-classification", several, {Role.TEXT: texts})
    np.testing.assert_allclose([table[f"p_{label}"].to_pylist() for label in labels], np.clip(cosines, 0, 1).T, atol=1e-5)


def _plain_cosines(folder: Path, texts: list[str], labels: list[str]) -> np.ndarray:
    """Mean pooling as the model's card writes it, one text at a time."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer, network = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()

    def vector(text: str) -> np.ndarray:
        with torch.inference_mode():
            states = network(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].mean(dim=0)
        return (states / states.norm()).numpy()

    return np.array([[float(vector(text) @ vector(label)) for label in labels] for text in texts])


def test_options_are_checked() -> None:
    options = tasks.get("zero-shot-classification").Options
    assert options(labels="a, b,a").labels == ("a", "b")
    for wrong in ({"labels": ""}, {}, {"labels": "a", "hypothesis_template": "no place"}):
        with pytest.raises(ValidationError):
            options(**wrong)
