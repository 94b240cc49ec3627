"""feature-extraction pools what the pipeline gives, and compares rows as plain code does."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from core import models, tasks
from core.schema import Role
from core.settings import Settings
from core.tasks import TaskModel
from core.tasks.feature_extraction import as_matrix
from core.tasks.vectors.clusters import cluster_names, clusters
from core.tasks.vectors.flat_map import flat_map
from core.tasks.vectors.neighbours import BLOCK_ROWS, neighbours
from tests.tiny_models import LENGTH, tiny
from tests.unit.tasks.scoring import ready_from, score_cells

FAMILIES = ("bert", "distilbert", "roberta", "deberta-v2", "fnet", "gpt2", "llama", "mamba", "rwkv", "bart", "t5")
TEXTS = ["good", "it was not very good, it broke after two days", "a", "awful price!! " * 30, "love this phone", "we hate the slow film"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("families")
    return {family: tiny(root / family, family, "AutoModel") for family in FAMILIES}


def vectors(folder: Path, texts: list[str], budget: int, **options: Any) -> np.ndarray:
    model = ready_from(folder, "feature-extraction", **options)
    return as_matrix(score_cells("feature-extraction", model, {Role.TEXT: texts}, budget)["prediction"].combine_chunks())


def states_of(folder: Path, text: str) -> np.ndarray:
    """The last hidden states ``[tokens, width]`` of one text, by the Auto class itself."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    network, tokenizer = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    inputs = tokenizer(text, truncation=True, max_length=LENGTH, return_tensors="pt")
    if network.config.is_encoder_decoder:
        network = network.get_encoder()
    with torch.inference_mode():
        return network(**inputs).last_hidden_state[0].numpy()


@pytest.mark.parametrize("family", FAMILIES)
def test_equals_the_auto_class_for_any_batch_size(folders: dict[str, Path], family: str) -> None:
    states = [states_of(folders[family], text) for text in TEXTS]
    expected = {
        "mean": np.stack([one.mean(axis=0) for one in states]),
        "cls": np.stack([one[0] for one in states]),
        "last": np.stack([one[-1] for one in states]),
    }
    for pooling, plain in expected.items():
        for budget in (1, 64 * LENGTH):
            np.testing.assert_allclose(
                vectors(folders[family], TEXTS, budget, pooling=pooling, normalise=False), plain, atol=1e-5 * max(1, np.abs(plain).max())
            )
    unit = expected["mean"] / np.linalg.norm(expected["mean"], axis=1, keepdims=True)
    np.testing.assert_allclose(vectors(folders[family], TEXTS, 512), unit, atol=1e-5)


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_equals_the_pipeline(folders: dict[str, Path], family: str) -> None:
    from transformers import AutoModel, AutoTokenizer, pipeline

    network, tokenizer = AutoModel.from_pretrained(folders[family]).eval(), AutoTokenizer.from_pretrained(folders[family])
    pipe = pipeline("feature-extraction", model=network, tokenizer=tokenizer)
    theirs = [np.array(pipe(text, truncation=True, tokenize_kwargs={"max_length": LENGTH})[0]) for text in TEXTS]
    ours = vectors(folders[family], TEXTS, 512, normalise=False)
    np.testing.assert_allclose(ours, [one.mean(axis=0) for one in theirs], atol=1e-5)


def test_the_column_is_a_list_of_fixed_size(folders: dict[str, Path]) -> None:
    model: TaskModel = ready_from(folders["bert"], "feature-extraction")
    table = score_cells("feature-extraction", model, {Role.TEXT: TEXTS})
    assert table.drop_columns(["key"]).schema.equals(tasks.get("feature-extraction").output_columns(model))
    assert str(table["prediction"].type) == "fixed_size_list<item: float>[32]"


def test_agreement_is_the_angle() -> None:
    import pyarrow as pa

    def column(rows: list[list[float]]) -> dict[str, pa.Array]:
        return {"prediction": pa.array(rows, pa.list_(pa.float32(), 2))}

    same, change = tasks.get("feature-extraction").agreement(column([[1, 0], [1, 0]]), column([[2, 0], [0, 1]]))
    assert same.tolist() == [True, False]
    np.testing.assert_allclose(change, [0, 1], atol=1e-6)


@hypothesis_settings(max_examples=30)
@given(arrays(np.float32, st.tuples(st.integers(1, 40), st.just(3)), elements=st.integers(-3, 3)), st.integers(0, 5))
def test_neighbours_are_those_of_plain_code(raw: np.ndarray, k: int) -> None:
    given_vectors = raw / np.maximum(np.linalg.norm(raw, axis=1, keepdims=True), 1e-12)
    found = neighbours(given_vectors.astype(np.float32), k, 0.95)
    cosines = given_vectors @ given_vectors.T
    for row in range(len(raw)):
        others = np.delete(np.arange(len(raw)), row)
        best = np.sort(cosines[row, others])[::-1][:k]
        np.testing.assert_allclose(found.similarity[row], best, atol=1e-6)
        np.testing.assert_allclose(cosines[row, found.nearest[row]], found.similarity[row], atol=1e-6)
        assert row not in found.nearest[row]
        first = found.first_like[row]
        assert first <= row and found.first_like[first] == first
    near = np.argwhere(cosines > 0.951)
    assert all(found.first_like[one] == found.first_like[other] for one, other in near)


def test_neighbours_across_blocks() -> None:
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(2 * BLOCK_ROWS + 100, 16)).astype(np.float32)
    rows[-1], rows[BLOCK_ROWS + 5] = rows[3], rows[3]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    found = neighbours(rows, 2, 0.999)
    assert found.first_like[[3, BLOCK_ROWS + 5, len(rows) - 1]].tolist() == [3, 3, 3]
    assert (found.first_like != np.arange(len(rows))).sum() == 2
    assert set(found.nearest[3]) == {BLOCK_ROWS + 5, len(rows) - 1}


@pytest.mark.parametrize("threshold", [-0.5, 0.3, 0.7, 0.9, 0.999])
@pytest.mark.parametrize("seed", range(4))
def test_groups_are_the_connected_components(seed: int, threshold: float) -> None:
    generator = np.random.default_rng(seed)
    points = generator.normal(size=(60, 3))
    rows = points[generator.integers(0, 60, BLOCK_ROWS + 200)] + 0.05 * generator.normal(size=(BLOCK_ROWS + 200, 3))
    rows = np.concatenate([rows, rows[:50]])[generator.permutation(len(rows) + 50)]
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    cosines = np.concatenate([rows[begin : begin + BLOCK_ROWS] @ rows.T for begin in range(0, len(rows), BLOCK_ROWS)])
    _, component = connected_components(csr_array(np.tril(cosines >= threshold)), directed=False)
    _, first, of_row = np.unique(component, return_index=True, return_inverse=True)
    assert neighbours(rows, 0, threshold).first_like.tolist() == first[of_row].tolist()


def test_many_rows_alike_take_little_longer_than_as_many_apart() -> None:
    rows = np.tile(np.eye(1, 4, dtype=np.float32), (5_000, 1))
    began = time.process_time()  # of the processor: other tests may keep the machine busy
    assert not neighbours(rows, 0, 0.95).first_like.any()
    assert time.process_time() - began < 5  # by pairs: more than 10


def test_clusters_are_named_by_their_words_and_the_largest_is_first() -> None:
    texts = [*["the refund of my card payment"] * 3, *["a film with a great actor"] * 5]
    points = np.array([[1, 0]] * 3 + [[0, 1]] * 5, np.float32)
    assigned = clusters(points, 2, seed=0)
    assert assigned.tolist() == [1, 1, 1, 0, 0, 0, 0, 0]
    names = cluster_names(texts, assigned)
    assert set(names[0].split(", ")) == {"actor", "film", "great"} and set(names[1].split(", ")) == {"card", "payment", "refund"}
    assert cluster_names(["!!!", "???"], np.array([0, 1])) == ["cluster 1", "cluster 2"]
    assert clusters(points[:1], 8, seed=0).tolist() == [0]


def test_the_map_keeps_what_is_alike_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.tasks.vectors.flat_map.LANDMARKS", 200)
    generator = np.random.default_rng(0)
    count = 500
    centres = np.eye(4, 20, dtype=np.float32)[np.arange(count) % 4]
    points = centres + 0.05 * generator.normal(size=(count, 20)).astype(np.float32)
    places = flat_map(points / np.linalg.norm(points, axis=1, keepdims=True), seed=0)
    assert places.shape == (count, 2) and np.isfinite(places).all()
    middles = np.stack([places[np.arange(count) % 4 == group].mean(axis=0) for group in range(4)])
    nearest = np.linalg.norm(places[:, None] - middles, axis=2).argmin(axis=1)
    assert (nearest == np.arange(count) % 4).mean() > 0.99
    assert flat_map(points[:1], seed=0).shape == (1, 2)


@pytest.mark.model
def test_the_embedded_backbone_finds_what_means_the_same(settings: Settings) -> None:
    files = models.resolve(settings, "embedded:minilm")
    texts = ["How do I reset my password?", "I forgot my password, how can I change it?", "The soup was cold.", "Our meal arrived cold."]
    found = vectors(files.base, texts, 512)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert (found @ found.T - 2 * np.eye(4)).argmax(axis=1).tolist() == [1, 0, 3, 2]
