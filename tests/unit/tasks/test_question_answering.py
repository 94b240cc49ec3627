"""Answers are those of the plain Auto class, one row and one window at a time, for every family, tokenizer and batch size."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import tasks
from core.schema import Role
from core.tasks import Ragged, TaskModel
from core.tasks.question_answering import longest_answer
from core.tasks.spans.answer_spans import first_numbers
from core.tasks.spans.question_windows import null_positions
from tests.tiny_models import LENGTH, tiny
from tests.unit.tasks.scoring import ready_from, score_cells
from tests.unit.tasks.tokenizers import byte_level, in_python, word_marks

pytestmark = pytest.mark.usefixtures("one_thread")

TASK = "question-answering"
FAMILIES = ("bert", "distilbert", "roberta", "deberta-v2", "fnet", "bart", "t5", "gpt2", "llama")
ROWS = [
    ("what broke ?", "the battery broke after two days, but the screen is good"),
    ("who ?", "we love it"),
    ("is it ok", "  Ünknown 漢字 good 👍🏽 ok  שלום "),
    ("price?", "awful price!! the battery (a good one) broke after two days, it was bad. never again\n\n" * 4),
    ("when did it arrive", "late " * 130),
    ("a", "9"),
]
QUESTIONS, CONTEXTS = (list(texts) for texts in zip(*ROWS, strict=True))
CELLS = {Role.QUESTION: QUESTIONS, Role.CONTEXT: CONTEXTS}
MOST, LONGEST, STRIDE = 6, 12, 10


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TaskModel]:
    root = tmp_path_factory.mktemp("readers")
    return {family: ready_from(tiny(root / family, family, "AutoModelForQuestionAnswering"), TASK) for family in FAMILIES}


def using(model: TaskModel, **options: Any) -> TaskModel:
    return replace(model, options=tasks.get(TASK).Options(**options))


def plain_windows(model: TaskModel, question: str, context: str) -> list[dict[str, Any]]:
    """Each window as tensors, its logits, the stretches of its tokens, and its null position; no batches, no padding."""
    import torch

    tokenizer, first = model.tokenizer, model.tokenizer.padding_side == "right"
    windows = tokenizer(
        *((question, context) if first else (context, question)),
        truncation="only_second" if first else "only_first",
        max_length=LENGTH,
        stride=STRIDE,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    read = []
    for number, ids in enumerate(windows["input_ids"]):
        inputs = {
            name: torch.tensor([windows[name][number]]) for name in ("input_ids", "token_type_ids", "attention_mask") if name in windows
        }
        with torch.inference_mode():
            output = model.network(**{name: values for name, values in inputs.items() if name in model.accepted})
        marks = [ids.index(token) for token in (tokenizer.cls_token_id, tokenizer.bos_token_id) if token is not None and token in ids]
        stretches = [
            stretch if sequence == int(first) else None
            for stretch, sequence in zip(windows["offset_mapping"][number], windows.sequence_ids(number), strict=True)
        ]
        start, end = output.start_logits[0].double().tolist(), output.end_logits[0].double().tolist()
        read.append({"start": start, "end": end, "stretches": stretches, "null": marks[0] if marks else 0})
    return read


def plain_answers(model: TaskModel, question: str, context: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Every span of every window, sorted; scores by the formula of the documentation, with sums over dictionaries."""
    windows = plain_windows(model, question, context)
    null = min(((w["start"][w["null"]], w["end"][w["null"]]) for w in windows), key=lambda pair: pair[0] + pair[1])
    sums = []
    for side, of_null in (("start", null[0]), ("end", null[1])):
        largest: dict[tuple, float] = {}
        for window in windows:
            for key, logit in zip(token_keys(window["stretches"]), window[side], strict=True):
                if key is not None:
                    largest[key] = max(logit, largest.get(key, -math.inf))
        sums.append(math.exp(of_null) + sum(math.exp(logit) for logit in largest.values()))
    spans: dict[tuple[int, int], dict[str, Any]] = {}
    for window in windows:
        stretches = window["stretches"]
        for i, first in enumerate(stretches):
            for j in range(i, min(i + LONGEST, len(stretches))):
                if first is None or stretches[j] is None:
                    continue
                text = context[first[0] : stretches[j][1]]
                begin = first[0] + len(text) - len(text.lstrip())
                end = begin + len(text.strip())
                logits = (window["start"][i], window["end"][j])
                if text.strip() and ((begin, end) not in spans or sum(logits) > spans[begin, end]["logit"]):
                    score = math.exp(logits[0]) / sums[0] * math.exp(logits[1]) / sums[1]
                    spans[begin, end] = {"text": text.strip(), "score": score, "start": begin, "end": end, "logit": sum(logits)}
    best = sorted(spans.values(), key=lambda span: -span["logit"])[:MOST]
    return best, {"score": math.exp(null[0]) / sums[0] * math.exp(null[1]) / sums[1], "logit": sum(null)}


def token_keys(stretches: list[tuple[int, int] | None]) -> list[tuple | None]:
    """A name for each token of the context that is the same in every window: its stretch, and which one of those with this stretch."""
    keys, seen = [], {}
    for stretch in stretches:
        if stretch is None:
            keys.append(None)
            continue
        seen[stretch] = seen.get(stretch, 0) + 1
        keys.append((stretch, seen[stretch]))
    return keys


def check_equal(model: TaskModel, cells: dict[str, list[str]], budgets: tuple[int, ...] = (1, 2 * LENGTH)) -> None:
    model = using(model, n_best=MOST, max_answer_length=LONGEST, stride=STRIDE)
    expected = [plain_answers(model, question, context) for question, context in zip(*cells.values(), strict=True)]
    for budget in budgets:
        rows = score_cells(TASK, model, cells, budget).to_pylist()
        for row, (best, nothing), context in zip(rows, expected, cells[Role.CONTEXT], strict=True):
            np.testing.assert_allclose([each["score"] for each in row["answers"]], [each["score"] for each in best], atol=1e-5)
            for ours, theirs in zip(row["answers"], best, strict=True):
                assert ours["start_logit"] + ours["end_logit"] == pytest.approx(theirs["logit"], abs=1e-4)
                assert ours["text"] == context[ours["start"] : ours["end"]]
            for place, theirs in enumerate(best):
                alone = all(abs(theirs["logit"] - other["logit"]) > 1e-4 for other in best if other is not theirs)
                if alone and place + 1 < MOST:  # equal sums may come in either order
                    assert {key: row["answers"][place][key] for key in ("text", "start", "end")} == {
                        key: theirs[key] for key in ("text", "start", "end")
                    }
            assert (row["prediction"], row["start"], row["end"]) == tuple(row["answers"][0][key] for key in ("text", "start", "end"))
            assert row["confidence"] == row["answers"][0]["score"]
            assert row["no_answer_score"] == pytest.approx(nothing["score"], abs=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_equals_the_auto_class_for_any_batch_size(models: dict[str, TaskModel], family: str) -> None:
    check_equal(models[family], CELLS)
    rows = score_cells(TASK, models[family], CELLS).to_pylist()
    assert len({row["prediction"] for row in rows}) > 3


@pytest.mark.parametrize("make", [byte_level, lambda: byte_level(trim=True), lambda: byte_level(side="left"), word_marks])
def test_other_tokenizers_equal_the_auto_class(models: dict[str, TaskModel], make: Any) -> None:
    check_equal(_with_tokenizer(models["bert"], make()), CELLS)


def _with_tokenizer(model: TaskModel, tokenizer: Any) -> TaskModel:
    """A model of the same shape with more pieces, for another tokenizer."""
    import copy

    import torch
    import transformers

    torch.manual_seed(1)
    config = copy.deepcopy(model.network.config)
    config.vocab_size = max(len(tokenizer), 400)
    network = transformers.AutoModelForQuestionAnswering.from_config(config).eval()
    return replace(model, tokenizer=tokenizer, network=network, accepted=frozenset({"input_ids", "attention_mask"}))


def test_one_window_has_the_score_of_the_pipeline_that_was(models: dict[str, TaskModel]) -> None:
    """Softmax of the start logits over the context and the classification token, times the same of the end logits."""
    question, context = ROWS[0]
    model = models["bert"]
    (window,) = plain_windows(model, question, context)
    kept = [index for index, stretch in enumerate(window["stretches"]) if stretch is not None or index == window["null"]]
    start, end = (np.exp(window[side]) / sum(np.exp([window[side][index] for index in kept])) for side in ("start", "end"))
    best = score_cells(TASK, model, {Role.QUESTION: [question], Role.CONTEXT: [context]}).to_pylist()[0]
    first = next(i for i, stretch in enumerate(window["stretches"]) if stretch and stretch[0] == best["start"])
    last = next(i for i, stretch in enumerate(window["stretches"]) if stretch and stretch[1] == best["end"])
    assert best["confidence"] == pytest.approx(start[first] * end[last], abs=1e-5)
    assert best["no_answer_score"] == pytest.approx(start[0] * end[0], abs=1e-5)


def test_windows_share_the_tokens_that_their_numbers_say() -> None:
    """The tokenizers library cuts as :func:`first_numbers` counts, from both sides."""
    tokenizer = byte_level()
    for side in ("right", "left"):
        tokenizer.truncation_side = side
        context = " ".join(str(number) for number in range(90))
        windows = tokenizer(
            "why", context, truncation="only_second", max_length=40, stride=7, return_overflowing_tokens=True, return_offsets_mapping=True
        )
        places: dict[int, set] = {}
        counts, stretches = [], []
        for number in range(len(windows["input_ids"])):
            inside = [
                stretch for stretch, of in zip(windows["offset_mapping"][number], windows.sequence_ids(number), strict=True) if of == 1
            ]
            counts.append(len(inside))
            stretches.append(inside)
        for first, inside in zip(first_numbers(counts, 7, from_the_end=side == "left"), stretches, strict=True):
            for number, stretch in enumerate(inside, start=first):
                places.setdefault(number, set()).add(stretch)
        assert len(counts) > 4 and all(len(same) == 1 for same in places.values())
        assert len(places) == len(tokenizer(context, verbose=False)["input_ids"]), side


def test_no_answer_wins_where_it_is_likelier_by_the_threshold(models: dict[str, TaskModel]) -> None:
    usual = score_cells(TASK, models["bert"], CELLS).to_pylist()
    differences = []
    for row, plain in zip(scored_with(models["bert"], -1_000.0), usual, strict=True):
        none, best = row["answers"][0], plain["answers"][0]
        assert (row["prediction"], row["start"], row["end"], none["text"], none["start"], none["end"]) == ("", None, None, "", None, None)
        assert row["confidence"] == row["no_answer_score"] == none["score"] == plain["no_answer_score"]
        assert row["answers"][1:] == plain["answers"][:2]
        differences.append(none["start_logit"] + none["end_logit"] - best["start_logit"] - best["end_logit"])
    for threshold in (0.0, 1_000.0, sorted(differences)[2] + 1e-6):
        empty = [row["prediction"] == "" for row in scored_with(models["bert"], threshold)]
        assert empty == [difference > threshold for difference in differences]
    assert any(empty) and not all(empty)
    for row, plain in zip(scored_with(models["bert"], 1_000.0), usual, strict=True):
        assert (row["prediction"], row["confidence"]) == (plain["prediction"], plain["confidence"])
    assert all(row["prediction"] for row in usual)


def scored_with(model: TaskModel, threshold: float) -> list[dict[str, Any]]:
    """The rows where there may be no answer."""
    return score_cells(TASK, using(model, handle_no_answer=True, no_answer_threshold=threshold), CELLS).to_pylist()


def test_answers_of_whole_words(models: dict[str, TaskModel]) -> None:
    """Spans are those of the pieces, widened; of several with the same words the likeliest counts."""
    words = r"[\u6f22\u5b57]|\w+|[^\w\s]"  # as this tokenizer sees them: Chinese characters one by one
    best = {"n_best": 40, "max_answer_length": 6, "stride": 10}
    pieces = score_cells(TASK, using(models["bert"], **best), CELLS).to_pylist()
    whole = score_cells(TASK, using(models["bert"], **best, whole_words=True), CELLS).to_pylist()
    cut = 0
    for row, of_pieces, context in zip(whole, pieces, CONTEXTS, strict=True):
        stretches = [match.span() for match in re.finditer(words, context)]
        starts, ends = {begin for begin, _ in stretches}, {end for _, end in stretches}
        for answer in row["answers"]:
            assert answer["start"] in starts and answer["end"] in ends
            assert answer["text"] == context[answer["start"] : answer["end"]]
        first, widened = of_pieces["answers"][0], row["answers"][0]
        assert widened["score"] == first["score"] and widened["start"] <= first["start"] and first["end"] <= widened["end"]
        cut += sum(answer["start"] not in starts or answer["end"] not in ends for answer in of_pieces["answers"])
        assert len({(answer["start"], answer["end"]) for answer in row["answers"]}) == len(row["answers"])
    assert cut > 5


def test_one_question_for_every_row_and_for_rows_without_their_own(models: dict[str, TaskModel]) -> None:
    own = score_cells(TASK, models["bert"], {Role.QUESTION: ["price?"] * len(CONTEXTS), Role.CONTEXT: CONTEXTS})
    literal = using(models["bert"], question_text="price?")
    assert score_cells(TASK, literal, {Role.CONTEXT: CONTEXTS}).equals(own)
    some = score_cells(TASK, literal, {Role.QUESTION: ["", " ", *QUESTIONS[2:]], Role.CONTEXT: CONTEXTS})
    assert some["prediction"].slice(0, 2).equals(own["prediction"].slice(0, 2)) and not some["prediction"].equals(own["prediction"])
    np.testing.assert_allclose(some["confidence"].to_numpy()[:2], own["confidence"].to_numpy()[:2], atol=1e-5)
    task = tasks.get(TASK)
    roles = {Role.QUESTION: "q", Role.CONTEXT: "c", Role.ANSWER: "a"}
    needed = {content.name: content.required for content in task.content(roles, literal.options)}
    assert needed == {Role.QUESTION: False, Role.CONTEXT: True}
    assert all(content.required for content in task.content(roles, task.Options()))
    assert [use.needed(literal.options) for use in task.roles[:2]] == [False, True]


def test_a_long_question_is_cut_and_counted(models: dict[str, TaskModel]) -> None:
    model = models["bert"]
    long = "is it good or bad " * 20
    encoded = tasks.get(TASK).encode(model, {Role.QUESTION: [long, "good ?", long], Role.CONTEXT: ["it is good"] * 3})
    tokens = len(model.tokenizer(long, add_special_tokens=False, verbose=False)["input_ids"])
    half = (LENGTH - 3) // 2
    assert encoded.lost.tolist() == [tokens - half, 0, tokens - half]
    assert score_cells(TASK, model, {Role.QUESTION: [long], Role.CONTEXT: CONTEXTS[3:4]}).num_rows == 1


def test_a_text_without_pieces_has_no_answer(models: dict[str, TaskModel]) -> None:
    row = score_cells(TASK, models["bert"], {Role.QUESTION: ["why"], Role.CONTEXT: ["\u200b"]}).to_pylist()[0]
    assert (row["prediction"], row["start"], row["confidence"]) == ("", None, 1.0)


def test_a_tokenizer_without_places_is_refused_in_words(models: dict[str, TaskModel]) -> None:
    refused = tasks.get(TASK).encode(replace(models["bert"], tokenizer=in_python()), CELLS).refused
    assert len(refused) == len(ROWS) and "cannot tell where a token stands" in refused[0]


def test_the_columns(models: dict[str, TaskModel]) -> None:
    table = score_cells(TASK, models["bert"], CELLS)
    assert table.drop_columns("key").schema.equals(tasks.get(TASK).output_columns(models["bert"]))
    assert table.column_names[1:] == ["prediction", "confidence", "start", "end", "answers", "no_answer_score"]
    for row in table.to_pylist():
        scores = [answer["score"] for answer in row["answers"]]
        assert scores == sorted(scores, reverse=True) and sum(scores) <= 1 and len(scores) <= 3


def test_metrics(models: dict[str, TaskModel]) -> None:
    results = score_cells(TASK, models["bert"], CELLS)
    right = results["prediction"].to_pylist()
    truth = [f"The {right[0].upper()}!", f'["nothing", {right[1]!r}]'.replace("'", '"'), None, "", "[]", right[5]]
    measured = tasks.get(TASK).measure(models["bert"], {Role.ANSWER: truth}, results, {}).metrics["metrics"]
    assert measured["exact_match"]["n"] == 4 and measured["exact_match"]["value"] == 0.75
    assert measured["no_answer_accuracy"]["value"] == 0 and measured["answer_f1_answerable"]["value"] == 1
    blank = using(models["bert"], handle_no_answer=True)
    assert tasks.get(TASK).measure(blank, {Role.ANSWER: truth}, results, {}).metrics["metrics"]["exact_match"]["n"] == 6


@given(rows=st.lists(st.tuples(st.text(max_size=60), st.text(max_size=150)), min_size=1, max_size=4))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_every_answer_is_a_stretch_of_its_context(models: dict[str, TaskModel], rows: list[tuple[str, str]]) -> None:
    questions, contexts = (list(texts) for texts in zip(*rows, strict=True))
    model = using(models["bert"], stride=20, handle_no_answer=True, n_best=5, max_length=40)
    found = score_cells(TASK, model, {Role.QUESTION: questions, Role.CONTEXT: contexts}).to_pylist()
    for row, context in zip(found, contexts, strict=True):
        for answer in row["answers"]:
            assert answer["text"] == ("" if answer["start"] is None else context[answer["start"] : answer["end"]])
            assert answer["text"] == answer["text"].strip() and 0 <= answer["score"] <= 1


@pytest.mark.parametrize(("cls", "bos", "places"), [(9, None, [3, 0, 0]), (None, 7, [1, 2, 0]), (9, 7, [3, 2, 0]), (None, None, [0, 0, 0])])
def test_the_null_position_is_the_classification_token_wherever_it_stands(cls: int | None, bos: int | None, places: list[int]) -> None:
    windows = Ragged.of([[1, 7, 2, 9, 9], [1, 2, 7], [4]])
    assert null_positions(SimpleNamespace(cls_token_id=cls, bos_token_id=bos), windows).tolist() == places


@pytest.mark.parametrize(
    ("noted", "chosen", "longest"), [(7, None, 7), (7, 3, 3), (None, None, 30), (0, None, 30), (10**6, None, 30), (True, None, 30)]
)
def test_the_longest_answer_is_the_users_or_the_models_own(
    models: dict[str, TaskModel], noted: object, chosen: int | None, longest: int
) -> None:
    network = SimpleNamespace(config=SimpleNamespace(max_answer_length=noted))
    assert longest_answer(replace(using(models["bert"], max_answer_length=chosen), network=network)) == longest
    assert longest_answer(replace(using(models["bert"]), network=None)) == 30
