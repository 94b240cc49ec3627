"""Prompts: templates, chats, cutting, stops; and the continuation as it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import tasks
from core.errors import BadInput
from core.inference.spec_making import check_column, check_options
from core.schema import Role
from core.tasks.text_generation import continuation, template_place
from core.tasks.writing.templates import Template
from tests.tiny_models import LENGTH, tiny
from tests.unit.tasks.scoring import ready_from, score_cells

TASK = "text-generation"
CHAT = "{% for message in messages %}<{{ message.role }}> {{ message.content }} {% endfor %}{% if add_generation_prompt %}<bot>{% endif %}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny(tmp_path_factory.mktemp("prompts") / "llama", "llama", "AutoModelForCausalLM")


@pytest.fixture(scope="module")
def chat_folder(folder: Path) -> Path:
    copied = folder.with_name("chat")
    shutil.copytree(folder, copied)
    (copied / "chat_template.jinja").write_text(CHAT)
    return copied


def test_a_template_names_its_columns_and_takes_cells_as_they_are() -> None:
    template = Template.parse(r"Say {{ Product name }} and {{note}} or \{{note}} {once} {{note}}")
    assert template.distinct == ("Product name", "note")
    assert template.fill({"Product name": "{{note}}", "note": "a}}b"}) == "Say {{note}} and a}}b or {{note}} {once} a}}b"


@pytest.mark.parametrize("text", ["no column", "open {{name", "{{ }}", r"\{{name}}", "{{a}} and {{"])
def test_templates_that_cannot_work_are_refused_before_the_run(text: str) -> None:
    with pytest.raises(BadInput, match="prompt_template"):
        check_options(tasks.get(TASK), {"prompt_template": text})


@given(
    st.dictionaries(st.sampled_from(["a", "b c", "d"]), st.text(), min_size=3, max_size=3),
    st.text(st.characters(exclude_characters="{}\\")),
)
def test_any_cell_and_any_plain_text_stands_in_the_prompt_unchanged(cells: dict[str, str], plain: str) -> None:
    assert (
        Template.parse(f"{plain}{{{{a}}}}{plain}{{{{ b c }}}}{{{{d}}}}").fill(cells)
        == plain + cells["a"] + plain + cells["b c"] + cells["d"]
    )


def test_content_names_the_templates_columns_and_an_unknown_one_is_told_by_name() -> None:
    task = tasks.get(TASK)
    options = task.Options(prompt_template="{{Review}} of {{Product}} {{Review}}")
    contents = task.content({Role.PROMPT: "ignored", Role.TARGET: "Truth"}, options)
    assert [(content.column, content.required) for content in contents] == [("Review", False), ("Product", False), ("Truth", False)]
    assert [content.name for content in task.content({Role.PROMPT: "text"}, task.Options())] == [Role.PROMPT]
    with pytest.raises(BadInput, match=r"prompt_template \(\{\{Product\}\}\).*Did you mean product name"):
        check_column(contents[1].column, contents[1].name, ["Review", "product name"])


def test_prompts_of_a_template_are_continued(folder: Path) -> None:
    model = ready_from(folder, TASK, prompt_template="{{x}} is {{y}}", max_new_tokens=6)
    ours = score_cells(TASK, model, {template_place("x"): ["film", "phone"], template_place("y"): ["good", ""]})
    plain = ready_from(folder, TASK, max_new_tokens=6)
    assert (
        ours["prediction"].to_pylist() == score_cells(TASK, plain, {Role.PROMPT: ["film is good", "phone is "]})["prediction"].to_pylist()
    )


def test_long_prompts_are_cut_from_the_left_and_counted(folder: Path) -> None:
    model = ready_from(folder, TASK, max_new_tokens=10)
    words = [f"good {word}" for word in ("film", "phone", "price")] * 40
    encoded = tasks.get(TASK).encode(model, {Role.PROMPT: [" ".join(words), "fine"]})
    whole = model.tokenizer(" ".join(words), add_special_tokens=False).input_ids
    kept = encoded.inputs["input_ids"][0].tolist()
    assert len(kept) == LENGTH - 10 and encoded.lost.tolist() == [len(whole) + 2 - len(kept), 0]
    assert kept == [2, *whole[-(len(kept) - 2) :], 3], "the beginning is lost, the special tokens stay"
    assert model.tokenizer.truncation_side == "right", "the tokenizer is left as it was"
    assert encoded.cost.tolist() == [len(kept) + 10, 3 + 10]


def test_an_answer_gets_at_most_half_of_the_model(folder: Path) -> None:
    model = ready_from(folder, TASK, max_new_tokens=5_000)
    table = score_cells(TASK, model, {Role.PROMPT: ["good " * 200, "film"]})
    assert max(table["output_tokens"].to_pylist()) == LENGTH // 2


def test_a_chat_template_is_used_where_there_is_one(folder: Path, chat_folder: Path) -> None:
    prompts = ["love this", "bad price"]

    def ids(where: Path, texts: list[str], **options: object) -> list[list[int]]:
        model = ready_from(where, TASK, **options)
        encoded = tasks.get(TASK).encode(model, {Role.PROMPT: texts})
        return [encoded.inputs["input_ids"][row].tolist() for row in range(len(texts))]

    tokenizer = ready_from(chat_folder, TASK).tokenizer
    expected = [tokenizer(f"<user> {prompt} <bot>", add_special_tokens=False).input_ids for prompt in prompts]
    assert ids(chat_folder, prompts) == ids(chat_folder, prompts, chat="on") == expected
    told = [tokenizer(f"<system> be kind <user> {prompt} <bot>", add_special_tokens=False).input_ids for prompt in prompts]
    assert ids(chat_folder, prompts, system_prompt="be kind") == told
    assert ids(chat_folder, prompts, chat="off") == ids(folder, prompts) == [tokenizer(prompt).input_ids for prompt in prompts]
    with pytest.raises(BadInput, match="chat template"):
        ids(folder, prompts, chat="on")


def test_a_chat_template_runs_in_a_sandbox(chat_folder: Path, tmp_path: Path) -> None:
    copied = tmp_path / "evil"
    shutil.copytree(chat_folder, copied)
    (copied / "chat_template.jinja").write_text("{{ messages.__class__.__base__.__subclasses__() }}")
    with pytest.raises(Exception, match=r"unsafe|security|access"):
        tasks.get(TASK).encode(ready_from(copied, TASK), {Role.PROMPT: ["x"]})


def test_an_answer_ends_before_a_stop_text(folder: Path) -> None:
    prompts = ["good", "film was", "they arrived late", "price"]
    free = score_cells(TASK, ready_from(folder, TASK, max_new_tokens=20), {Role.PROMPT: prompts}).to_pylist()
    stop = free[0]["prediction"].split()[3]
    rows = score_cells(TASK, ready_from(folder, TASK, max_new_tokens=20, stop=(stop,)), {Role.PROMPT: prompts}, 100_000).to_pylist()
    assert stop not in rows[0]["prediction"] and rows[0]["output_tokens"] < free[0]["output_tokens"]
    for row, plain in zip(rows, free, strict=True):
        assert row["prediction"] == plain["prediction"].split(stop)[0]


@pytest.mark.parametrize(
    "options",
    [
        {"do_sample": True, "num_beams": 2},
        {"num_beams": 2, "num_return_sequences": 3},
        {"num_beams": 2, "stop": "."},
        {"num_return_sequences": 2, "stop": "."},
        {"max_new_tokens": 0},
        {"top_p": 0},
    ],
)
def test_options_that_do_not_go_together_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        check_options(tasks.get(TASK), options)


def test_token_logprobs_add_up_to_the_confidence_and_their_texts_to_the_answer(shared_data: Path) -> None:
    folder = shared_data.parent / "checkpoints" / "stories260K"
    if not folder.is_dir():
        pytest.skip("the checkpoint stories260K is not beside this checkout (../shared/checkpoints)")
    model = ready_from(folder, TASK, token_logprobs=True, max_new_tokens=12)
    for row in score_cells(TASK, model, {Role.PROMPT: ["Once upon a time", "The dog", "Lily"]}).to_pylist():
        assert "".join(token["text"] for token in row["tokens"]) == row["prediction"]
        assert row["prediction"][0] in " ,." and len(row["tokens"]) == row["output_tokens"] == 12
        assert np.exp(np.mean([token["logprob"] for token in row["tokens"]])) == pytest.approx(row["confidence"], abs=1e-6)
    assert model.network.generation_config.eos_token_id == 2


def test_columns_are_those_that_decode_gives(folder: Path) -> None:
    for options in ({}, {"token_logprobs": True}, {"num_return_sequences": 2, "num_beams": 2}):
        model = ready_from(folder, TASK, max_new_tokens=3, **options)
        table = score_cells(TASK, model, {Role.PROMPT: ["good", "bad"]})
        assert tasks.get(TASK).output_columns(model) == table.drop(["key"]).schema


class Bytes:
    """A tokenizer whose tokens are bytes of UTF-8, as fallback tokens are."""

    def decode(self, ids: list[int], skip_special_tokens: bool = False) -> str:
        return bytes(ids).decode("utf-8", errors="replace")


def test_an_answer_that_completes_a_character_begins_with_it() -> None:
    one, two = "é".encode()
    assert continuation(Bytes(), np.array([*b"caf", one]), np.array([two, *b" au lait"])) == "é au lait"
    assert continuation(Bytes(), np.array([*b"caf"]), np.array([one, two])) == "é"


def test_a_prompt_without_tokens_starts_as_generate_does(folder: Path) -> None:
    model = ready_from(folder, TASK, chat="off", max_new_tokens=3)
    model.tokenizer.backend_tokenizer.post_processor = None
    table = score_cells(TASK, model, {Role.PROMPT: ["\u200b", "good"]})
    assert table["output_tokens"].to_pylist()[0] > 0


def test_models_that_forget_the_padding_get_prompts_of_one_length(folder: Path) -> None:
    model = ready_from(folder, TASK, max_new_tokens=3)
    for kind, together in (("llama", True), ("xlnet", False)):
        model.network.config.model_type = kind
        assert tasks.get(TASK).encode(model, {Role.PROMPT: ["good", "bad film"]}).has_padding is together
