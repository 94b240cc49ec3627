"""Entities are those of transformers' own pipeline, for every aggregation, family, tokenizer and batch size, and point into the cell."""

from __future__ import annotations

import copy
import json
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from core import tasks
from core.errors import BadInput
from core.schema import Role
from core.tasks import TaskModel
from tests.tiny_models import LENGTH, tiny
from tests.unit.tasks.scoring import ready_from, score_cells
from tests.unit.tasks.tokenizers import SAMPLE, byte_level, in_python, word_marks

pytestmark = pytest.mark.usefixtures("one_thread")

TASK = "token-classification"
FAMILIES = ("bert", "distilbert", "roberta", "deberta-v2", "fnet", "t5", "gpt2", "llama")
STRATEGIES = ("none", "simple", "first", "average", "max")
LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "MISC")
TEXTS = [
    "good",
    "it was not very good, it broke after two days",
    "  Ünknown 漢字 good 👍🏽 ok  ",
    "x1y2z3 phone9 batteries' awfully",
    "שלום good עולם never",
    "we hate the slow film\n\nand love\tit",
    "\u200b",
]
LONG = ["awful price!! " * 20, "the battery (a good one) broke after two days, it was bad. " * 6, "9 " * 80]
SHORT_LISTS = [["good", "phone"], ["New", "York's", "", "film"], ["漢字", "x1y2", "👍🏽"], ["two words", "ok"], ["a"]]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TaskModel]:
    root = tmp_path_factory.mktemp("taggers")
    return {family: ready_from(tiny(root / family, family, "AutoModelForTokenClassification", labels=LABELS), TASK) for family in FAMILIES}


def using(model: TaskModel, **options: Any) -> TaskModel:
    """The same model with other options."""
    return replace(model, options=tasks.get(TASK).Options(**options))


def theirs(model: TaskModel, texts: list[Any], **how: Any) -> list[list[dict]]:
    """What the pipeline gives, one text at a time; ``text`` is the stretch of the cell without the white space at its ends."""
    from transformers import pipeline

    pipe = pipeline(TASK, model=model.network, tokenizer=model.tokenizer, aggregation_strategy=how.pop("aggregation"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tokenizers without word marks: "using fallback heuristic"
        found = [pipe(text, **how) for text in texts]
    return [each[0] if how.get("is_split_into_words") and each and isinstance(each[0], list) else each for each in found]


def check_equal(texts: list[str], found: list[list[dict]], entities: list[list[dict]]) -> int:
    for text, expected, ours in zip(texts, found, entities, strict=True):
        assert [each["label"] for each in ours] == [each.get("entity", each.get("entity_group")) for each in expected]
        np.testing.assert_allclose([each["score"] for each in ours], [each["score"] for each in expected], atol=1e-5)
        for one, other in zip(ours, expected, strict=True):
            stretch = text[other["start"] : other["end"]]
            assert one["text"] == text[one["start"] : one["end"]] == (stretch.strip() or stretch)
            assert other["start"] <= one["start"] <= one["end"] <= other["end"]
    return sum(map(len, entities))


@pytest.mark.parametrize("family", FAMILIES)
def test_equals_the_pipeline_for_any_batch_size(models: dict[str, TaskModel], family: str) -> None:
    for aggregation in STRATEGIES:
        model = using(models[family], aggregation=aggregation)
        found = theirs(model, TEXTS, aggregation=aggregation)
        for budget in (1, 2 * LENGTH):
            entities = score_cells(TASK, model, {Role.TEXT: TEXTS}, budget)["entities"].to_pylist()
            assert check_equal(TEXTS, found, entities) > 15
        assert len({entity["label"] for row in entities for entity in row}) > 1


@pytest.mark.parametrize(("noted", "asked", "taken"), [("first", "auto", "first"), ("first", "simple", "simple"), (None, "auto", "simple")])
def test_unless_told_otherwise_entities_are_made_as_the_model_notes(
    models: dict[str, TaskModel], noted: str | None, asked: str, taken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = models["bert"]
    if noted:
        monkeypatch.setattr(model.network.config, "entity_aggregation", noted, raising=False)
    found = score_cells(TASK, using(model, aggregation=asked), {Role.TEXT: TEXTS}, LENGTH)["entities"].to_pylist()
    assert found == score_cells(TASK, using(model, aggregation=taken), {Role.TEXT: TEXTS}, LENGTH)["entities"].to_pylist()
    assert (
        found
        != score_cells(TASK, using(model, aggregation={"first": "simple"}.get(taken, "first")), {Role.TEXT: TEXTS}, LENGTH)[
            "entities"
        ].to_pylist()
    ), "these texts tell the two apart"


@pytest.mark.parametrize(("family", "stride"), [("bert", 0), ("bert", 20), ("deberta-v2", 20), ("t5", 7), ("llama", 11)])
def test_long_texts_equal_the_pipelines_windows(models: dict[str, TaskModel], family: str, stride: int) -> None:
    texts = LONG + TEXTS[:3]
    for aggregation in STRATEGIES[1:]:
        model = using(models[family], aggregation=aggregation, stride=stride)
        table = score_cells(TASK, model, {Role.TEXT: texts}, 256)
        check_equal(texts, theirs(model, texts, aggregation=aggregation, stride=stride), table["entities"].to_pylist())
        assert max(entity["end"] for entity in table["entities"][1].as_py()) > 340, "the end of the text was read"


def test_a_text_cut_to_the_models_length_equals_the_pipeline_without_windows(models: dict[str, TaskModel]) -> None:
    for aggregation in STRATEGIES:
        model = using(models["bert"], aggregation=aggregation, cut_long_texts=True)
        table = score_cells(TASK, model, {Role.TEXT: LONG}, 256)
        check_equal(LONG, theirs(model, LONG, aggregation=aggregation), table["entities"].to_pylist())
    lost = tasks.get(TASK).encode(model, {Role.TEXT: [*LONG, "good"]}).lost
    assert lost.tolist() == [len(model.tokenizer(text, truncation=False)["input_ids"]) - LENGTH for text in LONG] + [0]


@pytest.mark.parametrize("family", ["bert", "distilbert", "gpt2"])
def test_lists_of_words_equal_the_pipeline(models: dict[str, TaskModel], family: str) -> None:
    cells = [json.dumps(words, ensure_ascii=False) for words in SHORT_LISTS]
    for aggregation in STRATEGIES:
        model = using(models[family], aggregation=aggregation)
        found = theirs(model, SHORT_LISTS, aggregation=aggregation, is_split_into_words=True)
        entities = score_cells(TASK, model, {Role.TOKENS: cells}, 64)["entities"].to_pylist()
        assert check_equal([" ".join(words) for words in SHORT_LISTS], found, entities) > 3
        for words, row in zip(SHORT_LISTS, entities, strict=True):
            for entity in row:
                assert entity["text"] in " ".join(words[entity["first_word"] - 1 : entity["last_word"]])


@pytest.mark.parametrize("make", [byte_level, lambda: byte_level(trim=True), lambda: byte_level(side="left"), word_marks])
def test_other_tokenizers_equal_the_pipeline(models: dict[str, TaskModel], make: Any) -> None:
    # Relative positions: the pipeline fills windows up at the tokenizer's side, which would move others.
    model = _with_tokenizer(models["deberta-v2"], make())
    for aggregation in STRATEGIES:
        how = {} if aggregation == "none" else {"stride": 11}
        texts = [*SAMPLE, *TEXTS[:-1]] if how else [text[:50] for text in SAMPLE + TEXTS[:-1]]
        model = using(model, aggregation=aggregation, **how)
        found = theirs(model, texts, aggregation=aggregation, **how)
        for budget in (1, 512):
            assert check_equal(texts, found, score_cells(TASK, model, {Role.TEXT: texts}, budget)["entities"].to_pylist()) > 12


def _with_tokenizer(model: TaskModel, tokenizer: Any, **options: Any) -> TaskModel:
    """A model of the same shape with more pieces, for another tokenizer."""
    import torch
    import transformers

    torch.manual_seed(1)
    config = copy.deepcopy(model.network.config)
    config.vocab_size = max(len(tokenizer), 400)
    network = transformers.AutoModelForTokenClassification.from_config(config).eval()
    task = tasks.get(TASK)
    return TaskModel(
        labels=LABELS,
        max_length=LENGTH,
        options=task.Options(**options),
        tokenizer=tokenizer,
        network=network,
        accepted=frozenset({"input_ids", "attention_mask"}),
    )


def test_a_tokenizer_without_places_gives_entities_without_places(models: dict[str, TaskModel]) -> None:
    model = _with_tokenizer(models["bert"], in_python(), aggregation="simple")
    texts = ["good phone", "Ada met 🙂"]
    found = theirs(model, texts, aggregation="simple")
    table = score_cells(TASK, model, {Role.TEXT: texts}, 64)
    for expected, ours in zip(found, table["entities"].to_pylist(), strict=True):
        assert [(each["label"], each["text"]) for each in ours] == [(each["entity_group"], each["word"]) for each in expected]
        np.testing.assert_allclose([each["score"] for each in ours], [each["score"] for each in expected], atol=1e-5)
        assert all(each[name] is None for each in ours for name in ("start", "end", "first_word", "last_word"))


@pytest.mark.parametrize(("aggregation", "role"), [("first", Role.TEXT), ("simple", Role.TOKENS)])
def test_what_needs_places_is_refused_in_words_without_them(models: dict[str, TaskModel], aggregation: str, role: Role) -> None:
    model = _with_tokenizer(models["bert"], in_python(), aggregation=aggregation)
    refused = tasks.get(TASK).encode(model, {role: ["good", "bad"]}).refused
    assert sorted(refused) == [0, 1] and "cannot tell where a token stands" in refused[0]


@pytest.mark.parametrize(
    "cell",
    [
        '["New", "York", "is", "big"]',
        "['New', 'York', 'is', 'big']",
        "New York is big",
        " New  York\tis big ",
        '["New", "York", "is", "big"] ',
    ],
)
def test_lists_come_in_several_spellings(models: dict[str, TaskModel], cell: str) -> None:
    model = using(models["bert"])
    one, other = (score_cells(TASK, model, {Role.TOKENS: [text]})["entities"].to_pylist() for text in (cell, "New York is big"))
    assert one == other and one[0]


def test_the_columns(models: dict[str, TaskModel]) -> None:
    model = using(models["bert"])
    table = score_cells(TASK, model, {Role.TEXT: [*TEXTS, *LONG]})
    assert table.drop_columns("key").schema.equals(tasks.get(TASK).output_columns(model))
    for row, text in zip(table.to_pylist(), [*TEXTS, *LONG], strict=True):
        assert row["entity_count"] == len(row["entities"])
        assert row["confidence"] == min((entity["score"] for entity in row["entities"]), default=None)
        assert row["prediction"] == "; ".join(f"{' '.join(each['text'].split())} ({each['label']})" for each in row["entities"])
        for entity in row["entities"]:
            words = text.split()
            assert entity["text"] in " ".join(words[entity["first_word"] - 1 : entity["last_word"]]) or "\n" in entity["text"]


def test_options(models: dict[str, TaskModel]) -> None:
    everything = score_cells(TASK, using(models["bert"]), {Role.TEXT: TEXTS})["entities"].to_pylist()
    sure = score_cells(TASK, using(models["bert"], min_score=0.6), {Role.TEXT: TEXTS})["entities"].to_pylist()
    assert sure == [[entity for entity in row if entity["score"] >= 0.6] for row in everything] != everything
    ignoring = score_cells(TASK, using(models["bert"], ignore_labels="O, PER"), {Role.TEXT: TEXTS})["entities"].to_pylist()
    assert ignoring == [[entity for entity in row if entity["label"] != "PER"] for row in everything] != everything
    options = tasks.get(TASK).Options
    with pytest.raises(ValidationError):
        options(aggregation="some")


def test_one_of_text_and_tokens() -> None:
    task, options = tasks.get(TASK), tasks.get(TASK).Options()
    assert [content.name for content in task.content({Role.TEXT: "a", Role.TAGS: "b"}, options)] == [Role.TEXT]
    assert [content.name for content in task.content({Role.TOKENS: "a"}, options)] == [Role.TOKENS]
    with pytest.raises(BadInput, match="both"):
        task.content({Role.TEXT: "a", Role.TOKENS: "b"}, options)


def test_rows_without_entities_do_not_keep_bf16_away() -> None:
    task = tasks.get(TASK)
    one, other = (
        {"prediction": pa.array(["", "Ada (PER)", "", "x (LOC)"]), "confidence": pa.array(values, pa.float64())}
        for values in ([None, 0.9, None, 0.5], [None, 0.8, 0.4, 0.5])
    )
    other["prediction"] = pa.array(["", "Ada (PER)", "b (PER)", "x (LOC)"])
    same, change = task.agreement(one, other)
    assert same.tolist() == [True, True, False, True]
    np.testing.assert_allclose(change, [0, 0.1, 1, 0])


@pytest.fixture(scope="module")
def reading_model(models: dict[str, TaskModel]) -> TaskModel:
    return using(models["bert"], max_length=16)


def test_no_aggregation_lists_each_token_of_a_long_text_once(models: dict[str, TaskModel]) -> None:
    model = using(models["bert"], aggregation="none", ignore_labels="", stride=9)
    for text, row in zip(LONG, score_cells(TASK, model, {Role.TEXT: LONG})["entities"].to_pylist(), strict=True):
        tokens = model.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)["offset_mapping"]
        assert [(entity["start"], entity["end"]) for entity in row] == tokens


@given(texts=st.lists(st.text(max_size=80), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_every_entity_is_a_stretch_of_its_cell(reading_model: TaskModel, texts: list[str]) -> None:
    for text, row in zip(texts, score_cells(TASK, reading_model, {Role.TEXT: texts})["entities"].to_pylist(), strict=True):
        for entity in row:
            assert entity["text"] == text[entity["start"] : entity["end"]]
            assert 1 <= entity["first_word"] <= entity["last_word"] <= max(len(text.split()), 1)


@given(lists=st.lists(st.lists(st.text(max_size=12), max_size=8), min_size=1, max_size=5))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_every_entity_of_a_list_is_a_stretch_of_its_words(reading_model: TaskModel, lists: list[list[str]]) -> None:
    cells = [json.dumps(words) for words in lists]
    for words, row in zip(lists, score_cells(TASK, reading_model, {Role.TOKENS: cells})["entities"].to_pylist(), strict=True):
        for entity in row:
            assert entity["text"] == " ".join(words)[entity["start"] : entity["end"]]
            assert 1 <= entity["first_word"] <= entity["last_word"] <= max(len(words), 1)


def test_metrics_of_lists_and_of_texts(models: dict[str, TaskModel]) -> None:
    model = using(models["bert"], aggregation="first")
    texts = ["we hate the slow film", "love this phone", "it broke after two days", "good"]
    results = score_cells(TASK, model, {Role.TEXT: texts})
    tags = []
    for text, row in zip(texts, results["entities"].to_pylist(), strict=True):
        tag = ["O"] * len(text.split())
        for entity in row:
            for place, number in enumerate(range(entity["first_word"] - 1, entity["last_word"])):
                tag[number] = ("I-" if place else "B-") + entity["label"].lower()
        tags.append(tag)
    task = tasks.get(TASK)
    cells = [json.dumps(tag) for tag in tags]
    for role, given_cells in ((Role.TEXT, texts), (Role.TOKENS, [json.dumps(text.split()) for text in texts])):
        measured = task.measure(model, {Role.TAGS: cells, role: given_cells}, results, {})
        assert measured.unmatched == {}
        assert measured.metrics["metrics"]["entity_f1"]["value"] == 1.0 and measured.metrics["metrics"]["entity_f1"]["n"] == 4
        assert "LOC" in measured.metrics["per_class"]
    ignoring = using(model, aggregation="first", ignore_labels="O,LOC")
    kept = pa.table({"entities": [[entity for entity in row if entity["label"] != "LOC"] for row in results["entities"].to_pylist()]})
    measured = task.measure(ignoring, {Role.TAGS: cells, Role.TEXT: texts}, kept, {}).metrics
    assert measured["metrics"]["entity_f1"]["value"] == 1.0 and "LOC" not in measured["per_class"] != {}
    one_by_one = task.measure(using(model, aggregation="none"), {Role.TAGS: cells, Role.TEXT: texts}, results, {})
    assert one_by_one.metrics["metrics"] == {} and "cannot be compared" in one_by_one.metrics["notes"][0]
    wrong = task.measure(model, {Role.TAGS: ["O O O O O", None, "", "B-PER"], Role.TEXT: texts}, results, {})
    assert wrong.metrics["metrics"]["entity_f1"]["n"] == 2 and wrong.metrics["metrics"]["entity_f1"]["value"] < 1


def test_slices_of_a_table_are_tokenised_one_after_the_other(models: dict[str, TaskModel], monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory follows the slice, not the window; rows keep their places."""
    import core.tasks.spans.question_windows as of_questions
    import core.tasks.spans.token_windows as of_tags

    whole = score_cells(TASK, models["bert"], {Role.TEXT: TEXTS + LONG})
    for module in (of_tags, of_questions):
        monkeypatch.setattr(module, "SLICE_CHARACTERS", 50)
    sliced = score_cells(TASK, models["bert"], {Role.TEXT: TEXTS + LONG})
    assert sliced["prediction"].equals(whole["prediction"])
    reader = replace(models["bert"], options=tasks.get("question-answering").Options())
    encoded = tasks.get("question-answering").encode(reader, {Role.QUESTION: ["why"] * 4, Role.CONTEXT: [*LONG, "good"]})
    assert np.unique(encoded.row).tolist() == [0, 1, 2, 3] and (np.diff(encoded.row) >= 0).all()
