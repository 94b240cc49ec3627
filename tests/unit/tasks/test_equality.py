"""Our answers are those of the plain Auto class and of transformers' own pipeline, for any batch size."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from core import tasks
from core.schema import Role
from core.tasks import TaskModel
from tests.tiny_models import LENGTH, classifier
from tests.unit.tasks.scoring import ready_from, score_cells

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


def ready_model(folder: Path, **options: Any) -> TaskModel:
    return ready_from(folder, "text-classification", **options)


def score(folder: Path, cells: dict[str, list[str]], token_budget: int, **options: Any) -> pa.Table:
    """Our result in the order of the texts."""
    return score_cells("text-classification", ready_model(folder, **options), cells, token_budget)


def plain_logits(folder: Path, texts: list[str], pairs: list[str] | None = None) -> np.ndarray:
    """One text at a time, as the model's documentation has it."""
    import torch

    model = ready_model(folder)
    rows = []
    with torch.inference_mode():
        for index, text in enumerate(texts):
            inputs = model.tokenizer(text, pairs[index] if pairs else None, truncation=True, max_length=LENGTH, return_tensors="pt")
            rows.append(model.network(**inputs).logits[0].numpy())
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

    model = ready_model(folders[family])
    theirs = pipeline("text-classification", model=model.network, tokenizer=model.tokenizer)(TEXTS, truncation=True, max_length=LENGTH)
    table = score(folders[family], {Role.TEXT: TEXTS}, 512)
    assert table["prediction"].to_pylist() == [answer["label"] for answer in theirs]
    np.testing.assert_allclose(table["confidence"].to_numpy(), [answer["score"] for answer in theirs], atol=1e-5)


@pytest.mark.parametrize(
    ("problem_type", "labels"), [("multi_label_classification", ("a", "b", "c")), ("regression", ("y",)), (None, ("y",))]
)
def test_the_problem_type_of_the_config_decides(tmp_path: Path, problem_type: str | None, labels: tuple[str, ...]) -> None:
    from transformers import pipeline

    folder = classifier(tmp_path / "m", "bert", labels=labels, problem_type=problem_type)
    model = ready_model(folder)
    pipe = pipeline("text-classification", model=model.network, tokenizer=model.tokenizer)
    theirs = pipe(TEXTS, truncation=True, max_length=LENGTH, top_k=None)
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


def test_thresholds_of_the_config_decide_and_leave_the_probabilities_alone(tmp_path: Path) -> None:
    folder = classifier(tmp_path / "m", "bert", labels=("a", "b"), problem_type="multi_label_classification")
    before = score(folder, {Role.TEXT: TEXTS}, 512)
    config = folder / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"label_thresholds": {"b": 0.0, "a": 1.0}}))
    after = score(folder, {Role.TEXT: TEXTS}, 512)
    assert set(after["prediction"].to_pylist()) == {"b"} != set(before["prediction"].to_pylist())
    assert after.drop_columns("prediction").equals(before.drop_columns("prediction"))
    assert score(folder, {Role.TEXT: TEXTS}, 512, threshold=0.5).equals(before)


def test_lost_tokens_and_unknown_pieces_are_counted(folders: dict[str, Path]) -> None:
    model = ready_model(folders["bert"])
    encoded = tasks.get("text-classification").encode(model, {Role.TEXT: ["good " * 100, "漢字 good", "fine"]})
    assert encoded.lost.tolist() == [100 + 2 - LENGTH, 0, 0]
    assert encoded.unknown[1] > 0 and encoded.unknown[2] == 0
    assert encoded.lengths.tolist()[0] == LENGTH
