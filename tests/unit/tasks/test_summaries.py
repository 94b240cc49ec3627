"""Sentences, central sentences, and summaries by both kinds of models."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import tasks
from core.schema import Role
from core.tasks.summarization import EXTRACTIVE
from core.tasks.writing.extractive import METHOD, central_sentences, centrality
from core.tasks.writing.sentences import SENTENCE_CHARACTERS, sentence_spans
from tests.tiny_models import tiny
from tests.unit.tasks.scoring import ready_from, score_cells

TASK = "summarization"
ENCODER = ("feature-extraction", "zero-shot-classification", "summarization")


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It broke. I sent it back! Why?", ["It broke.", "I sent it back!", "Why?"]),
        ("Dr. Smith paid $3.50 to Mr. J. K. Jones. He left.", ["Dr. Smith paid $3.50 to Mr. J. K. Jones.", "He left."]),
        ('He said "Stop." Then he ran.', ['He said "Stop."', "Then he ran."]),
        ("See fig. 3 and e.g. No. 7. It is no. The end", ["See fig. 3 and e.g. No. 7.", "It is no.", "The end"]),
        ("Version 2.0 came. wait... what? ok", ["Version 2.0 came.", "wait...", "what?", "ok"]),
        ("今日は晴れ。明日は雨！そうですか？はい", ["今日は晴れ。", "明日は雨！", "そうですか？", "はい"]),
        ("A title\n\nThe text goes on\nhere.\n- one\n- two", ["A title", "The text goes on\nhere.", "- one", "- two"]),
        ("Really?! Yes (I think so.) Good…", ["Really?!", "Yes (I think so.)", "Good…"]),
        ("it broke. sent it back! vs. nothing", ["it broke.", "sent it back!", "vs. nothing"]),
        ("It broke approx. here. Sent it back. no refund", ["It broke approx. here.", "Sent it back. no refund"]),
        ("no marks at all", ["no marks at all"]),
        ("", []),
        (" \n\n ", []),
        ("...", ["..."]),
    ],
)
def test_sentences_end_where_a_reader_says(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@given(st.text(alphabet=st.sampled_from("aB .!?\n\"'。…Dr1-"), max_size=80))
def test_no_character_but_white_space_is_lost_and_spans_are_in_order(text: str) -> None:
    spans = sentence_spans(text)
    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)


def test_a_text_without_marks_is_cut_between_words() -> None:
    parts = sentences("word " * 2_000)
    assert len(parts) > 1 and max(len(part) for part in parts) <= SENTENCE_CHARACTERS
    assert " ".join(parts) == ("word " * 2_000).strip()
    assert len(sentences("x" * 5_000)) == 3


def test_centrality_is_the_stationary_distribution_of_lexrank() -> None:
    vectors = np.array([[1, 0, 0], [0.9, 0.436, 0], [0.8, 0, 0.6], [0, -0.1, -0.995]])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    similar = vectors @ vectors.T
    similar[similar < 0] = 0
    np.fill_diagonal(similar, 0)
    similar[3] = 1  # like no other sentence
    steps = 0.15 / 4 + 0.85 * similar / similar.sum(axis=1, keepdims=True)
    values, columns = np.linalg.eig(steps.T)
    expected = np.real(columns[:, np.argmax(np.real(values))])
    np.testing.assert_allclose(centrality(vectors), expected / expected.sum(), atol=1e-6)
    assert central_sentences(vectors, 1) == [0] and centrality(vectors)[3] == min(centrality(vectors))
    np.testing.assert_allclose(centrality(vectors[:1]), [1.0])
    assert central_sentences(vectors, 9) == [0, 1, 2, 3]


def test_a_sentence_said_twice_is_taken_once_and_order_is_kept() -> None:
    vectors = np.array([[0, 1], [1, 0], [1, 0], [0.8, 0.6]])
    assert central_sentences(vectors, 3) == [0, 1, 3] or central_sentences(vectors, 3) == [0, 2, 3]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny(tmp_path_factory.mktemp("summaries") / "bert", "bert", "AutoModel")


def test_an_encoder_gives_sentences_of_the_text_itself(encoder: Path) -> None:
    texts = [
        "the phone is good. it was very fast! we love this film. the price is awful. never again.",
        "one sentence only",
        "good. bad. good. bad. ok then we like the battery.",
        "?",
    ]
    model = ready_from(encoder, TASK, model_tasks=ENCODER, sentences=2)
    assert model.problem == EXTRACTIVE
    tables = [score_cells(TASK, model, {Role.TEXT: texts}, budget) for budget in (1, 40, 10_000)]
    assert tables[0].equals(tables[1]) and tables[0].equals(tables[2])
    for text, row in zip(texts, tables[0].to_pylist(), strict=True):
        own = sentences(text)
        possible = {" ".join(pair) for pair in combinations(own, min(2, len(own)))} | (set(own) if len(set(own)) < len(own) else set())
        assert row["prediction"] in possible
        assert row["method"] == METHOD and "confidence" not in row
    assert tasks.get(TASK).output_columns(model) == tables[0].drop(["key"]).schema


def test_lost_tokens_of_sentences_are_counted_for_their_text(encoder: Path) -> None:
    model = ready_from(encoder, TASK, model_tasks=ENCODER)
    encoded = tasks.get(TASK).encode(model, {Role.TEXT: ["good " * 100 + ". fine. 漢字.", "ok."]})
    assert encoded.row.tolist() == [0, 0, 0, 1]
    assert encoded.lost.tolist() == [100 + 1 + 2 - 64, 0] and encoded.unknown.tolist()[1] == 0 < encoded.unknown.tolist()[0]


@pytest.mark.model
def test_the_embedded_backbone_takes_what_a_text_is_about(settings: object) -> None:
    from core import models
    from core.inference.loading import ready

    files = models.resolve(settings, "embedded:minilm")
    task = tasks.get(TASK)
    assert TASK in files.tasks and task.auto_class_for(files.tasks) == "AutoModel"
    network = models.load_model(files, task.auto_class_for(files.tasks))
    model = ready(task, task.Options(sentences=1), files, models.load_tokenizer(files), network)
    text = (
        "I bought this phone in May. The battery of the phone lasts two days of heavy use. My sister has a cat. "
        "Charging the phone's battery takes an hour. The phone stays cool while the battery is charging. Blue is a nice colour."
    )
    assert "battery" in score_cells(TASK, model, {Role.TEXT: [text]})["prediction"][0].as_py()


def test_the_class_follows_the_model() -> None:
    task = tasks.get(TASK)
    assert task.auto_class_for(ENCODER) == "AutoModel"
    assert task.auto_class_for(("text2text-generation", "summarization", "translation", "feature-extraction")) == "AutoModelForSeq2SeqLM"
    assert task.auto_class_for(()) == "AutoModelForSeq2SeqLM"
