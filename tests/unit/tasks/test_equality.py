"""Our answers are those of the plain Auto class and of transformers' own pipeline, for any batch size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from core import models, tasks
from core.inference.loading import agree_on_padding
from core.inference.plan import Window
from core.inference.score import MASK_IGNORED, Scorer
from core.schema import Role
from core.tasks import TaskModel
from tests.tiny_models import LENGTH, classifier

FAMILIES = ("bert", "distilbert", "roberta", "fnet", "gpt2")
TEXTS = [
    "good",
    "it was not very good, it broke after two days",
    "a",
    "awful price!! " * 30,
    "love this phone",
    "ok 7",
    "we hate the slow film",
    "Ünknown 漢字 good",
]
PAIRS = ["bad", "fine", "the battery is great but cheap", "x", "good " * 40, "never again", "ok", "i like it"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("families")
    return {family: classifier(root / family, family, labels=("bad", "fine", "good")) for family in FAMILIES}


def loaded(folder: Path, **options: Any) -> tuple[Any, Any, TaskModel, Any]:
    import inspect

    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    task = tasks.get("text-classification")
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    network = AutoModelForSequenceClassification.from_pretrained(folder, trust_remote_code=False).eval()
    agree_on_padding(tokenizer, network)
    chosen = task.Options(**options)
    model = TaskModel(
        models.labels_of(network.config.to_dict()),
        task.problem(network.config, chosen),
        models.length_limit(None, tokenizer, network.config),
        accepted=frozenset(inspect.signature(network.forward).parameters),
    )
    return tokenizer, network, model, chosen


def score(folder: Path, texts: dict[Role, list[str]], token_budget: int, **options: Any) -> pa.Table:
    """Our result in the order of the texts."""
    tokenizer, network, model, chosen = loaded(folder, **options)
    scorer = Scorer(
        tasks.get("text-classification"),
        chosen,
        model,
        tokenizer,
        network,
        token_budget=token_budget,
        equal_lengths=network.config.model_type in MASK_IGNORED,
    )
    parts = list(scorer.score(Window(np.arange(len(texts[Role.TEXT])), texts)))
    assert not any(part.failed for part in parts), [part.failed for part in parts]
    return pa.concat_tables([pa.table({"key": part.keys, **part.columns}) for part in parts]).sort_by("key")


def plain_logits(folder: Path, texts: list[str], pairs: list[str] | None = None) -> np.ndarray:
    """One text at a time, as the model's documentation has it."""
    import torch

    tokenizer, network, _, _ = loaded(folder)
    rows = []
    with torch.inference_mode():
        for index, text in enumerate(texts):
            inputs = tokenizer(text, pairs[index] if pairs else None, truncation=True, max_length=LENGTH, return_tensors="pt")
            rows.append(network(**inputs).logits[0].numpy())
    return np.stack(rows)


def softmax(logits: np.ndarray) -> np.ndarray:
    exponentials = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("family", FAMILIES)
def test_equals_the_auto_class_for_any_batch_size(folders: dict[str, Path], family: str) -> None:
    expected = softmax(plain_logits(folders[family], TEXTS))
    assert len(set(expected.argmax(axis=1))) > 1, "the test model must have more than one answer"
    names = ["bad", "fine", "good"]
    for budget in (1, 8 * LENGTH, 64 * LENGTH):
        table = score(folders[family], {Role.TEXT: TEXTS}, budget)
        ours = np.column_stack([table[f"p_{name}"].to_numpy() for name in names])
        np.testing.assert_allclose(ours, expected, atol=1e-5)
        assert table["prediction"].to_pylist() == [names[index] for index in expected.argmax(axis=1)]
        np.testing.assert_allclose(table["confidence"].to_numpy(), expected.max(axis=1), atol=1e-5)


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_pairs_equal_the_auto_class(folders: dict[str, Path], family: str) -> None:
    expected = softmax(plain_logits(folders[family], TEXTS, PAIRS))
    table = score(folders[family], {Role.TEXT: TEXTS, Role.TEXT_PAIR: PAIRS}, 512)
    ours = np.column_stack([table[f"p_{name}"].to_numpy() for name in ("bad", "fine", "good")])
    np.testing.assert_allclose(ours, expected, atol=1e-5)
    assert not np.allclose(expected, softmax(plain_logits(folders[family], TEXTS)), atol=1e-3)


@pytest.mark.parametrize("pairs", [["", *PAIRS[1:6], " ", PAIRS[7]], [""] * len(TEXTS)])
def test_a_text_without_its_pair_is_scored_alone(folders: dict[str, Path], pairs: list[str]) -> None:
    one_by_one = [
        plain_logits(folders["bert"], [text], [pair] if pair.strip() else None)[0] for text, pair in zip(TEXTS, pairs, strict=True)
    ]
    table = score(folders["bert"], {Role.TEXT: TEXTS, Role.TEXT_PAIR: pairs}, 512)
    ours = np.column_stack([table[f"p_{name}"].to_numpy() for name in ("bad", "fine", "good")])
    np.testing.assert_allclose(ours, softmax(np.stack(one_by_one)), atol=1e-5)


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta"])
def test_equals_the_pipeline(folders: dict[str, Path], family: str) -> None:
    from transformers import pipeline

    tokenizer, network, _, _ = loaded(folders[family])
    theirs = pipeline("text-classification", model=network, tokenizer=tokenizer)(TEXTS, truncation=True, max_length=LENGTH)
    table = score(folders[family], {Role.TEXT: TEXTS}, 512)
    assert table["prediction"].to_pylist() == [answer["label"] for answer in theirs]
    np.testing.assert_allclose(table["confidence"].to_numpy(), [answer["score"] for answer in theirs], atol=1e-5)


@pytest.mark.parametrize(
    ("problem_type", "labels"), [("multi_label_classification", ("a", "b", "c")), ("regression", ("y",)), (None, ("y",))]
)
def test_the_problem_type_of_the_config_decides(tmp_path: Path, problem_type: str | None, labels: tuple[str, ...]) -> None:
    from transformers import pipeline

    folder = classifier(tmp_path / "m", "bert", labels=labels, problem_type=problem_type)
    tokenizer, network, _, _ = loaded(folder)
    theirs = pipeline("text-classification", model=network, tokenizer=tokenizer)(TEXTS, truncation=True, max_length=LENGTH, top_k=None)
    table = score(folder, {Role.TEXT: TEXTS}, 512)
    for row, answers in zip(table.to_pylist(), theirs, strict=True):
        scores = {answer["label"]: answer["score"] for answer in answers}
        if len(labels) == 1:
            assert row["prediction"] == pytest.approx(scores["y"], abs=1e-5)
            assert "confidence" not in row
        else:
            assert [row[f"p_{label}"] for label in labels] == pytest.approx([scores[label] for label in labels], abs=1e-5)
            assert row["prediction"] == "; ".join(label for label in labels if scores[label] >= 0.5)


def test_threshold_and_logits_are_options(folders: dict[str, Path], tmp_path: Path) -> None:
    folder = classifier(tmp_path / "m", "bert", labels=("a", "b"), problem_type="multi_label_classification")
    assert set(score(folder, {Role.TEXT: TEXTS}, 512, threshold=0.0)["prediction"].to_pylist()) == {"a; b"}
    table = score(folders["bert"], {Role.TEXT: TEXTS}, 512, logits=True)
    ours = np.column_stack([table[f"logit_{name}"].to_numpy() for name in ("bad", "fine", "good")])
    np.testing.assert_allclose(ours, plain_logits(folders["bert"], TEXTS), atol=1e-4)


def test_lost_tokens_and_unknown_pieces_are_counted(folders: dict[str, Path]) -> None:
    tokenizer, _, model, options = loaded(folders["bert"])
    encoded = tasks.get("text-classification").encode(tokenizer, {Role.TEXT: ["good " * 100, "漢字 good", "fine"]}, model, options)
    assert encoded.lost.tolist() == [100 + 2 - LENGTH, 0, 0]
    assert encoded.unknown[1] > 0 and encoded.unknown[2] == 0
    assert encoded.lengths.tolist()[0] == LENGTH
