"""Every task with a number to explain, on tiny models of many architectures, held against asking the models by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import tasks
from core.errors import BadInput
from core.inference.loading import Loaded
from core.inspect.attribution.methods import METHODS
from core.inspect.attribution.view import attribution, attribution_targets
from core.schema import LookSpec
from core.settings import Settings
from tests.tiny_models import classifier, tiny
from tests.unit.tasks.scoring import ready_from

pytestmark = pytest.mark.usefixtures("one_thread")
SENTENCE = "the screen was great but it broke after two days"
TAGS = ("O", "B-PER", "I-PER")
CLASSIFIERS = ("bert", "distilbert", "roberta", "deberta-v2", "fnet", "gpt2", "llama")
DECODERS = ("gpt2", "llama", "mamba", "rwkv")


@pytest.fixture(scope="module")
def one_thread() -> Any:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def loaded_from(folder: Path, task: str, **options: Any) -> Loaded:
    return Loaded(tasks.get(task), None, ready_from(folder, task, **options), "fp32")


def look(task: str, seed: int = 0, **cells: str) -> LookSpec:
    return LookSpec(task=task, model="embedded:sentiment", revision="0" * 40, cells=cells, seed=seed)


def values_of(answer: Any) -> np.ndarray:
    return np.array([unit.value for unit in answer.units])


def asked_alone(loaded: Loaded, ids: list[int], **more: Any) -> Any:
    """What the network gives for one text, without any padding."""
    import torch

    with torch.inference_mode():
        return loaded.model.network(input_ids=torch.tensor([ids]), **more)


@pytest.mark.parametrize("hiding", ["replace", "remove"])
@pytest.mark.parametrize("family", CLASSIFIERS)
def test_leave_one_out_is_what_the_model_says_of_each_text_alone(tmp_path: Path, family: str, hiding: str) -> None:
    """Models that ignore the mask too: nothing is padded that they would read."""
    loaded = loaded_from(classifier(tmp_path, family), "text-classification")
    tokenizer = loaded.model.tokenizer
    answer = attribution(Settings(), loaded, look("text-classification", text=SENTENCE), hiding=hiding, level="token")
    ids, label = tokenizer(SENTENCE)["input_ids"], int(answer.target.id)
    whole = asked_alone(loaded, ids).logits[0, label].item()
    assert answer.value == pytest.approx(whole, abs=1e-4)
    inner = [place for place, token in enumerate(ids) if token not in (2, 3)]
    assert len(inner) == len(answer.units)
    for place, unit in zip(inner, answer.units, strict=True):
        changed = [*ids[:place], *([tokenizer.mask_token_id] if hiding == "replace" else []), *ids[place + 1 :]]
        assert unit.value == pytest.approx(whole - asked_alone(loaded, changed).logits[0, label].item(), abs=1e-4)


CASES = [
    *(("text-classification", family, "AutoModelForSequenceClassification", {"text": SENTENCE}) for family in CLASSIFIERS),
    ("text-classification", "bert", "AutoModelForSequenceClassification", {"text": SENTENCE, "text_pair": "never again"}),
    *(("token-classification", family, "AutoModelForTokenClassification", {"text": SENTENCE}) for family in ("bert", "fnet", "gpt2")),
    ("token-classification", "bert", "AutoModelForTokenClassification", {"tokens": '["great", "screen", "!"]'}),
    *(
        ("question-answering", family, "AutoModelForQuestionAnswering", {"question": "what broke ?", "context": SENTENCE})
        for family in ("bert", "roberta", "fnet", "gpt2")
    ),
    *(("text-generation", family, "AutoModelForCausalLM", {"prompt": "the film was not", "target": "very good"}) for family in DECODERS),
    *(("fill-mask", family, "AutoModelForMaskedLM", {"text": "the [MASK] was <mask> good"}) for family in ("bert", "roberta", "fnet")),
    *(("text2text-generation", family, "AutoModelForSeq2SeqLM", {"text": SENTENCE, "target": "it broke"}) for family in ("t5", "bart")),
    ("translation", "t5", "AutoModelForSeq2SeqLM", {"text": SENTENCE}),
    *(
        ("feature-extraction", family, "AutoModel", {"text": SENTENCE, "text_pair": "the phone broke"})
        for family in ("bert", "fnet", "t5", "mamba", "rwkv")
    ),
    ("zero-shot-classification", "bert", "AutoModel", {"text": SENTENCE}),
]


def made(folder: Path, task: str, family: str, auto_class: str) -> Loaded:
    labels = TAGS if task == "token-classification" else ("no", "yes", "maybe") if task == "text-classification" else None
    options: dict[str, Any] = {"labels": ["price", "battery"]} if task == "zero-shot-classification" else {}
    if task in ("text2text-generation", "translation"):
        options["max_new_tokens"] = 6
    kinds = ("feature-extraction",) if auto_class == "AutoModel" else ()
    calm = {"initializer_factor": 0.5} if family == "t5" else {"initializer_range": 0.2}  # answers that do not turn at every step
    return loaded_from(tiny(folder, family, auto_class, labels=labels, **calm), task, model_tasks=kinds, **options)


@pytest.mark.parametrize(("task", "family", "auto_class", "cells"), CASES, ids=[f"{case[0]}-{case[1]}-{len(case[3])}" for case in CASES])
def test_every_method_works_for_every_task(tmp_path: Path, task: str, family: str, auto_class: str, cells: dict[str, str]) -> None:
    loaded, row = made(tmp_path, task, family, auto_class), look(task, **cells)
    offered = attribution_targets(Settings(), loaded, row, orders=4)
    assert len({target.id for target in offered.targets}) == len(offered.targets)
    for method in METHODS:
        answer = attribution(Settings(), loaded, row, method=method.name, orders=4)
        assert np.isfinite(values_of(answer)).all() and np.abs(values_of(answer)).max() > 0, method.name
        assert all(answer.texts[unit.cell][unit.start : unit.end] == unit.text for unit in answer.units)
        if method.name == "shapley":
            assert answer.total == pytest.approx(answer.value - answer.without, abs=1e-3), "sampled values add up exactly"
        if method.name == "integrated-gradients":
            assert answer.completeness_error < 0.01, answer.effort
    for target in [offered.targets[0], *(target for target in offered.targets[1:] if target.id in ("text", "target", "token.2"))]:
        scalar = target.scalars[-1] if target.scalars[-1] == "log-probability" else target.scalars[0]
        answer = attribution(Settings(), loaded, row, target=target.id, scalar=scalar, method="span-occlusion", width=20)
        if target.value is not None:
            assert (np.exp(answer.value) if scalar == "log-probability" else answer.value) == pytest.approx(target.value, rel=1e-3)


def test_the_models_own_answer_comes_first(tmp_path: Path) -> None:
    loaded = loaded_from(classifier(tmp_path, "bert", labels=("a", "b", "c")), "text-classification")
    offered = attribution_targets(Settings(), loaded, look("text-classification", text=SENTENCE)).targets
    scores = asked_alone(loaded, loaded.model.tokenizer(SENTENCE)["input_ids"]).logits.softmax(dim=-1)[0]
    assert offered[0].title == "abc"[int(scores.argmax())]
    assert [target.value for target in offered] == pytest.approx(sorted(scores.tolist(), reverse=True))


@pytest.mark.parametrize(
    ("problem", "labels", "scalars"), [("multi_label_classification", "ab", 2), ("regression", "a", 1), (None, "a", 2)]
)
def test_heads_of_other_kinds(tmp_path: Path, problem: str | None, labels: str, scalars: int) -> None:
    loaded = loaded_from(classifier(tmp_path, "bert", labels=tuple(labels), problem_type=problem), "text-classification")
    row = look("text-classification", text=SENTENCE)
    target = attribution_targets(Settings(), loaded, row).targets[0]
    logits = asked_alone(loaded, loaded.model.tokenizer(SENTENCE)["input_ids"]).logits[0]
    assert len(target.scalars) == scalars
    answer = attribution(Settings(), loaded, row)
    assert answer.value == pytest.approx(logits[int(target.id)].item(), abs=1e-5)
    if scalars == 2:
        sure = attribution(Settings(), loaded, row, scalar="log-probability")
        assert sure.value == pytest.approx(logits[int(target.id)].sigmoid().log().item(), abs=1e-5)


@pytest.mark.parametrize("family", DECODERS)
def test_of_a_causal_model_words_before_a_token_are_taken_out(tmp_path: Path, family: str) -> None:
    loaded = loaded_from(tiny(tmp_path, family, "AutoModelForCausalLM"), "text-generation")
    row = look("text-generation", prompt="it was not good")
    answer = attribution(Settings(), loaded, row, target="token.4", level="token", hiding="remove")
    ids = loaded.model.tokenizer("it was not good")["input_ids"]  # the tiny tokenizer begins with [CLS] and ends with [SEP]

    def expected(before: list[int]) -> float:
        return asked_alone(loaded, before).logits[0, -1].log_softmax(dim=-1)[ids[4]].item()

    whole = expected(ids[:4])
    assert [unit.text for unit in answer.units] == ["it", "was", "not"], "what comes behind the token is not read"
    assert answer.value == pytest.approx(whole, abs=1e-4)
    found = [whole - expected([*ids[:place], *ids[place + 1 : 4]]) for place in (1, 2, 3)]
    assert values_of(answer) == pytest.approx(found, abs=1e-4)


def test_the_whole_text_asks_for_every_token_behind_all_before_it(tmp_path: Path) -> None:
    loaded = loaded_from(tiny(tmp_path, "gpt2", "AutoModelForCausalLM"), "text-generation")
    ids = loaded.model.tokenizer("it was not good")["input_ids"]
    answer = attribution(Settings(), loaded, look("text-generation", prompt="it was not good"), target="text", level="token")
    import torch

    def together(read: list[int]) -> float:
        return asked_alone(loaded, read).logits[0].log_softmax(dim=-1).gather(1, torch.tensor(ids[1:])[:, None]).sum().item()

    assert answer.value == pytest.approx(together(ids[:-1]), abs=1e-4)
    replaced = [[*ids[:place], loaded.model.tokenizer.mask_token_id, *ids[place + 1 : -1]] for place in (1, 2, 3, 4)]
    assert values_of(answer) == pytest.approx([answer.value - together(read) for read in replaced], abs=1e-4)
    assert "replaced" in answer.hidden


def test_your_own_text_is_asked_behind_the_prompt_and_stays(tmp_path: Path) -> None:
    loaded = loaded_from(tiny(tmp_path, "mamba", "AutoModelForCausalLM"), "text-generation")
    row = look("text-generation", prompt="it was not", target="very good")
    answer = attribution(Settings(), loaded, row, target="target", hiding="remove")
    tokenizer = loaded.model.tokenizer
    prompt, own = tokenizer("it was not")["input_ids"], tokenizer("very good", add_special_tokens=False)["input_ids"]

    def together(before: list[int]) -> float:
        logits = asked_alone(loaded, [*before, *own]).logits[0].log_softmax(dim=-1)
        return sum(logits[len(before) - 1 + place, token].item() for place, token in enumerate(own))

    assert answer.value == pytest.approx(together(prompt), abs=1e-4)
    assert [unit.text for unit in answer.units] == ["it", "was", "not"]
    assert answer.units[1].value == pytest.approx(answer.value - together([*prompt[:2], *prompt[3:]]), abs=1e-4)


def test_answers_are_those_of_the_task_and_question_words_count_too(tmp_path: Path) -> None:
    loaded = loaded_from(tiny(tmp_path, "bert", "AutoModelForQuestionAnswering"), "question-answering")
    row = look("question-answering", question="what broke ?", context=SENTENCE)
    encoded = loaded.task.encode(loaded.model, {"question": ["what broke ?"], "context": [SENTENCE]})
    scored = loaded.task.forward(loaded.model, encoded.batch(np.array([0])))
    first = loaded.task.decode(loaded.model, [scored], np.array([0]), encoded)["prediction"][0].as_py()
    answer = attribution(Settings(), loaded, row)
    assert answer.target.title == f"“{first}”"
    assert {unit.cell for unit in answer.units} == {"question", "context"}


def test_of_a_long_context_the_window_with_the_answer_is_explained(tmp_path: Path) -> None:
    loaded = loaded_from(tiny(tmp_path, "bert", "AutoModelForQuestionAnswering"), "question-answering", stride=4)
    row = look("question-answering", question="what broke ?", context=f"{SENTENCE} . " * 12)
    answer = attribution(Settings(), loaded, row)
    assert {unit.cell for unit in answer.units} == {"question", "context"}
    assert all(answer.texts[unit.cell][unit.start : unit.end] == unit.text for unit in answer.units)
    assert answer.value == pytest.approx(answer.target.value, abs=1e-4)


def test_of_an_output_each_token_can_be_asked(tmp_path: Path) -> None:
    loaded = loaded_from(tiny(tmp_path, "t5", "AutoModelForSeq2SeqLM"), "text2text-generation")
    row = look("text2text-generation", text=SENTENCE, target="it broke")
    offered = attribution_targets(Settings(), loaded, row).targets
    assert [target.id for target in offered[:2]] == ["whole", "token.0"]
    parts = [attribution(Settings(), loaded, row, target=target.id) for target in offered]
    assert sum(part.value for part in parts[1:]) == pytest.approx(parts[0].value, abs=1e-3)
    assert sum(values_of(part) for part in parts[1:]) == pytest.approx(values_of(parts[0]), abs=1e-3)


def test_an_nli_model_is_asked_for_each_label_with_its_sentence(tmp_path: Path) -> None:
    folder = classifier(tmp_path, "bert", labels=("contradiction", "neutral", "entailment"))
    loaded = loaded_from(folder, "zero-shot-classification", labels=["price", "battery"], hypothesis_template="it was {} .")
    row = look("zero-shot-classification", text=SENTENCE)
    answer = attribution(Settings(), loaded, row)
    ids = loaded.model.tokenizer(SENTENCE, f"it was {answer.target.title} .", return_tensors="pt")
    logits = loaded.model.network(**ids).logits[0]
    assert answer.value == pytest.approx((logits[2] - logits[0]).item(), abs=1e-4)
    assert {unit.cell for unit in answer.units} == {"text"}


def test_a_class_that_refuses_embeddings_says_so(tmp_path: Path) -> None:
    loaded = loaded_from(tiny(tmp_path, "bart", "AutoModelForSequenceClassification", labels=("a", "b")), "text-classification")
    row = look("text-classification", text=SENTENCE)
    with pytest.raises(BadInput, match="need no gradients"):
        attribution(Settings(), loaded, row, method="integrated-gradients")
    assert np.isfinite(values_of(attribution(Settings(), loaded, row, method="shapley", orders=2))).all()


def test_a_similarity_needs_a_second_text(tmp_path: Path) -> None:
    loaded = loaded_from(tiny(tmp_path, "bert", "AutoModel"), "feature-extraction")
    with pytest.raises(BadInput, match="text_pair"):
        attribution(Settings(), loaded, look("feature-extraction", text=SENTENCE))


@pytest.mark.parametrize("family", ["bert", "rwkv", "mamba"])
def test_the_model_is_left_as_it_was(tmp_path: Path, family: str) -> None:
    task, auto_class = (
        ("text-classification", "AutoModelForSequenceClassification") if family == "bert" else ("text-generation", "AutoModelForCausalLM")
    )
    loaded = loaded_from(tiny(tmp_path, family, auto_class), task)
    network, row = loaded.model.network, look(task, text=SENTENCE, prompt=SENTENCE)
    attribution_targets(Settings(), loaded, row)  # RWKV scales its weights at the first pass of any kind
    next(iter(network.parameters())).requires_grad_(False)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    flags = [parameter.requires_grad for parameter in network.parameters()]
    for method in METHODS:
        attribution(Settings(), loaded, row, method=method.name, orders=2)
    assert not network.training and [parameter.requires_grad for parameter in network.parameters()] == flags
    assert all(parameter.grad is None for parameter in network.parameters())
    assert all((value == before[name]).all() for name, value in network.state_dict().items())


def test_the_same_seed_gives_the_same_numbers_to_the_last_digit(tmp_path: Path) -> None:
    loaded = loaded_from(classifier(tmp_path, "bert"), "text-classification")
    rows = [look("text-classification", text=SENTENCE, seed=seed) for seed in (5, 5, 6)]
    found = [values_of(attribution(Settings(), loaded, row, method="shapley", orders=4)).tolist() for row in rows]
    assert found[0] == found[1] != found[2]
