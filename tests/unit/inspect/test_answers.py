"""The view of question answering: logits of the plain Auto class, answers of the task, and why other spans are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.inspect.spans import APART, BLANK, LONG, MISSING, OUTSIDE, REVERSED, SAME, candidates, seen_window, wanted_span
from tests.tiny_models import LENGTH, tiny
from tests.unit.inspect.looks import asked
from tests.unit.tasks.scoring import ready_from

TASK = "question-answering"
FAMILIES = ("bert", "distilbert", "fnet", "gpt2")
SHORT = {"question": "what broke ?", "context": "the battery broke after two days, but the screen is good"}
FAR = {"question": "price?", "context": "awful price!! the battery (a good one) broke after two days. never again\n\n" * 5}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("readers")
    return {family: tiny(root / family, family, "AutoModelForQuestionAnswering") for family in FAMILIES}


@pytest.mark.parametrize("family", FAMILIES)
def test_logits_are_those_of_the_plain_model(folders, family) -> None:
    import torch

    model = ready_from(folders[family], TASK)
    inputs = model.tokenizer(SHORT["question"], SHORT["context"], return_tensors="pt")
    inside = [number == 1 for number in inputs.sequence_ids(0)]
    with torch.inference_mode():
        output = model.network(**inputs)
    found = asked(folders[family], TASK, "answers", SHORT)
    for name, want in (("start_logits", output.start_logits), ("end_logits", output.end_logits)):
        np.testing.assert_allclose(found[name], want[0].double().numpy()[inside], atol=5e-5)
    assert found["windows"] == 1 and "".join(found["tokens"]) == SHORT["context"].replace(" ", "")


@pytest.mark.parametrize("cells", [SHORT, FAR], ids=["short", "windows"])
@pytest.mark.parametrize("longest", [2, 12])
def test_the_first_span_that_can_be_is_the_answer(folders, cells, longest) -> None:
    found = asked(folders["bert"], TASK, "answers", cells, options={"max_answer_length": longest, "stride": 10, "n_best": 4})
    best = found["answers"][0]
    could = next(one for one in found["candidates"] if not one["reason"])
    assert (could["text"], could["start"], could["end"]) == (best["text"], best["start"], best["end"]) and could["behind"] == 0
    assert found["longest"] == longest
    sums = [one["start_logit"] + one["end_logit"] for one in found["candidates"]]
    assert sums == sorted(sums, reverse=True)
    for one in found["candidates"]:
        assert one["behind"] == pytest.approx(best["start_logit"] + best["end_logit"] - one["start_logit"] - one["end_logit"])
        assert (one["reason"] == LONG) == (one["start"] is not None and one["tokens"] > longest)
        assert (one["reason"] in (OUTSIDE, REVERSED)) == (one["start"] is None)
        assert one["start"] is None or cells["context"][one["start"] : one["end"]] == one["text"]


def test_windows_share_tokens_and_each_is_given_once(folders) -> None:
    found = asked(folders["bert"], TASK, "answers", FAR, options={"stride": 10})
    assert found["windows"] > 1
    assert found["start"] == sorted(set(found["start"])) and len(found["tokens"]) > LENGTH
    assert all(FAR["context"][a:b] == token for a, b, token in zip(found["start"], found["end"], found["tokens"], strict=True))


def test_the_matrix_holds_sums_and_reasons(folders) -> None:
    found = asked(folders["bert"], TASK, "answers", SHORT, options={"max_answer_length": 3})
    matrix = found["matrix"]
    for i, first in enumerate(matrix["starts"]):
        for j, last in enumerate(matrix["ends"]):
            assert matrix["sums"][i][j] == pytest.approx(found["start_logits"][first] + found["end_logits"][last])
            want = REVERSED if last < first else LONG if last - first >= 3 else ""
            assert matrix["reasons"][i][j] == want
    assert matrix["starts"] == sorted(matrix["starts"]) and int(np.argmax(found["start_logits"])) in matrix["starts"]


def test_a_wanted_answer_is_told_how_far_it_is(folders) -> None:
    found = asked(folders["bert"], TASK, "answers", SHORT, wanted="The Screen")
    wanted, best = found["wanted"], found["answers"][0]
    assert wanted["text"] == "the screen" and wanted["tokens"] == 2 and wanted["reason"] == ""
    assert wanted["behind"] == pytest.approx(best["start_logit"] + best["end_logit"] - wanted["start_logit"] - wanted["end_logit"])
    assert asked(folders["bert"], TASK, "answers", SHORT, wanted="a keyboard")["wanted"]["reason"] == MISSING
    long = asked(folders["bert"], TASK, "answers", SHORT, wanted=SHORT["context"], options={"max_answer_length": 3})["wanted"]
    assert long["reason"] == LONG and long["text"] == SHORT["context"]
    apart = asked(folders["bert"], TASK, "answers", FAR, wanted=FAR["context"].strip())["wanted"]
    assert apart["reason"] == APART


def test_reasons_by_hand() -> None:
    context = "ab  cd ef"
    begins, ends = np.array([-1, 0, 2, 4, 7]), np.array([-1, 2, 4, 6, 9])  # the second token of the context is white space
    logits = np.array([[9.0, 1.0, 5.0, 0.0, 4.0], [8.0, 3.0, 5.0, 2.0, 0.0]])
    window = seen_window(logits, begins, ends, 0, ["[CLS]", "ab", "  ", "cd", "ef"])
    found = {(one.start_logit, one.end_logit): one for one in candidates(context, [window], 2)}
    assert found[9.0, 8.0].reason == OUTSIDE and found[9.0, 8.0].text == "[CLS]"
    assert found[5.0, 5.0].reason == BLANK and found[5.0, 5.0].behind == found[5.0, 5.0].total * -1 + 7.0
    assert found[4.0, 5.0].reason == REVERSED
    assert found[5.0, 2.0].reason == "" and found[5.0, 2.0].text == "cd"
    assert found[5.0, 2.0].behind == 0.0


def test_the_same_characters_count_once() -> None:
    context = "ab cd"
    window = seen_window(
        np.array([[3.0, 3.0, 0.0], [0.0, 2.0, 0.0]]), np.array([0, 0, 3]), np.array([0, 2, 5]), 0, ["▁", "ab", "cd"]
    )  # a token of no width before the word
    found = [one for one in candidates(context, [window], 5) if one.text == "ab"]
    assert [one.reason for one in found] == ["", SAME]
    assert wanted_span(context, [window], 5, "ab").behind == 0.0


def test_a_context_without_tokens_has_no_answer(folders) -> None:
    found = asked(folders["bert"], TASK, "answers", {"question": "who ?", "context": "\u200b"}, wanted="it")
    assert found["tokens"] == [] and found["answers"][0]["text"] == "" and found["matrix"]["starts"] == []
    assert {one["reason"] for one in found["candidates"]} == {OUTSIDE} and found["wanted"]["reason"] == MISSING
