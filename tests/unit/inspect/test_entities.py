"""The view of a token classifier gives the numbers of the plain Auto class and the entities of the task."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.tiny_models import LENGTH, tiny
from tests.unit.inspect import looks
from tests.unit.inspect.looks import asked, loaded_from
from tests.unit.tasks.scoring import ready_from, score_cells
from tests.unit.tasks.tokenizers import in_python

TASK = "token-classification"
LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "MISC")
FAMILIES = ("bert", "distilbert", "fnet", "gpt2")
TEXT = "it was not very good, phone9 batteries' broke\nÜnknown 漢字 ok"
LONG = "the battery (a good one) broke after two days, it was bad. " * 6
STRATEGIES = ("simple", "first", "average", "max", "none")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("taggers")
    return {family: tiny(root / family, family, "AutoModelForTokenClassification", labels=LABELS) for family in FAMILIES}


@pytest.mark.parametrize("family", FAMILIES)
def test_numbers_are_those_of_the_plain_model(folders, family) -> None:
    import torch

    model = ready_from(folders[family], TASK)
    inputs = model.tokenizer(TEXT, return_tensors="pt", return_offsets_mapping=True, return_special_tokens_mask=True)
    inside, offsets = inputs.pop("special_tokens_mask")[0] == 0, inputs.pop("offset_mapping")[0]
    with torch.inference_mode():
        want = model.network(**inputs).logits[0][inside].double().numpy()
    found = asked(folders[family], TASK, "entities", {"text": TEXT})
    np.testing.assert_allclose(found["logits"], want, atol=5e-5)
    exponentials = np.exp(want - want.max(axis=1, keepdims=True))
    np.testing.assert_allclose(found["probabilities"], exponentials / exponentials.sum(axis=1, keepdims=True), atol=2e-5)
    assert found["tokens"] == model.tokenizer.convert_ids_to_tokens(inputs["input_ids"][0][inside].tolist())
    assert found["start"] == offsets[inside][:, 0].tolist() and found["end"] == offsets[inside][:, 1].tolist()


@pytest.mark.parametrize("text", [TEXT, LONG])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_entities_are_those_of_a_run(folders, text, strategy) -> None:
    found = asked(folders["bert"], TASK, "entities", {"text": text}, options={"aggregation": "max"})
    assert next(iter(found["entities"])) == found["strategy"] == "max" and set(found["entities"]) == set(STRATEGIES)
    run = score_cells(TASK, ready_from(folders["bert"], TASK, aggregation=strategy), {"text": [text]})["entities"].to_pylist()[0]
    given = found["entities"][strategy]
    assert [(one["label"], one["text"], one["start"], one["end"]) for one in given] == [
        (one["label"], one["text"], one["start"], one["end"]) for one in run
    ]
    np.testing.assert_allclose([one["score"] for one in given], [one["score"] for one in run], atol=1e-5)


def test_each_word_says_which_piece_decided(folders) -> None:
    found = asked(folders["bert"], TASK, "entities", {"text": TEXT})
    assert [word["text"] for word in found["words"]][:4] == ["it", "was", "not", "very"]
    probabilities = np.array(found["probabilities"])
    for word in found["words"]:
        mine = probabilities[word["first"] : word["last"] + 1]
        assert word["labels"] == [LABELS[place] for place in mine.argmax(axis=1)]
        assert word["chosen"]["first"] == LABELS[mine[0].argmax()]
        assert word["chosen"]["max"] == LABELS[mine[mine.max(axis=1).argmax()].argmax()]
        assert word["chosen"]["average"] == LABELS[mine.mean(axis=0).argmax()]
        assert word["sure"]["average"] == pytest.approx(mine.mean(axis=0).max(), abs=1e-5)
    several = next(word for word in found["words"] if len(word["labels"]) > 1)
    assert "first piece" in several["why"]["first"] and "mean probability" in several["why"]["average"]
    assert [number for word in found["words"] for number in range(word["first"], word["last"] + 1)] == list(range(len(probabilities)))


def test_a_long_text_is_read_in_windows(folders) -> None:
    found = asked(folders["bert"], TASK, "entities", {"text": LONG})
    assert max(found["window"]) > 0 and found["lost"] == 0 and found["limit"] == LENGTH
    cut = asked(folders["bert"], TASK, "entities", {"text": LONG}, options={"cut_long_texts": True})
    assert max(cut["window"]) == 0 and cut["lost"] > 0


def test_a_tokenizer_without_places_has_no_words(folders, monkeypatch) -> None:
    made = loaded_from(folders["bert"], TASK)
    monkeypatch.setattr(looks, "loaded_from", lambda *_, **__: replace(made, model=replace(made.model, tokenizer=in_python())))
    found = asked(folders["bert"], TASK, "entities", {"text": "good phone"})
    assert found["words"] == [] and set(found["entities"]) == {"simple", "none"} and set(found["start"]) == {None}
    assert len(found["logits"]) == len(found["tokens"]) > 0


def test_a_text_without_tokens_has_nothing(folders) -> None:
    found = asked(folders["bert"], TASK, "entities", {"text": "\u200b"})
    assert found["tokens"] == found["logits"] == found["words"] == [] and set(map(len, found["entities"].values())) == {0}
