"""Chat templates: what comes out, and that a hostile one costs no more than its limits."""

from __future__ import annotations

import os
import resource

import pytest

from core.errors import BadInput, LimitReached
from core.inspect.tokens.apart import apart
from core.inspect.tokens.chat import CHATML, EXAMPLE, OWN, render
from core.settings import Settings
from tests.unit.inspect.tokens.conftest import byte_fallback, made

HELLO = [{"role": "user", "content": "hello"}]
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}{{ message.content }}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}a{% endif %}"
)
WIDE = {"seconds": 60.0, "memory_mb": 400, "characters": 1_000}


@pytest.fixture
def chatty():
    tokenizer = byte_fallback()
    tokenizer.chat_template = TEMPLATE
    return made(tokenizer)


def test_the_models_own_template_with_its_special_tokens(chatty) -> None:
    found = render(Settings(chat_seconds=60), chatty, HELLO)
    assert (found.template, found.templates, found.read.text) == ("default", ["default"], "<s>hello</s>a")
    assert [token.token for token in found.read.tokens if token.kind == "special"] == ["<s>", "</s>"]
    assert not any(token.added for token in found.read.tokens) and 0 < found.plain < len(found.read.tokens)
    assert render(Settings(chat_seconds=60), chatty, HELLO, answer=False).read.text == "<s>hello</s>"


def test_several_templates_by_name(chatty) -> None:
    chatty.tokenizer.chat_template = {"default": TEMPLATE, "tools": "T{{ messages[0].content }}"}
    assert render(Settings(chat_seconds=60), chatty, HELLO, template="tools").read.text == "Thello"
    with pytest.raises(BadInput, match="default, tools, chatml"):
        render(Settings(), chatty, HELLO, template="nothing")


def test_a_tokenizer_without_one_gets_an_example_and_says_so(small) -> None:
    found = render(Settings(chat_seconds=60), small["bytes"], HELLO)
    assert found.template == EXAMPLE and found.read.text == "<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n"
    assert "no chat template" in found.notes[0] and "ordinary text" in found.notes[1] and "im_start" in CHATML


def test_a_template_that_writes_what_the_tokenizer_adds_is_said(small) -> None:
    found = render(Settings(chat_seconds=60), small["marks"], HELLO, template=OWN, own="<s>{{ messages[0].content }}")
    assert any("would stand there twice" in note for note in found.notes)


@pytest.mark.parametrize(
    ("own", "limits", "error", "words"),
    [
        ("{{ 'A' * 900000 }}", {"chat_characters": 500}, LimitReached, "chat_characters"),
        ("{{ 'A' * 900000000 }}", {"chat_memory_mb": 50}, LimitReached, "chat_memory_mb"),
        (
            "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
            {"chat_seconds": 0.5},
            LimitReached,
            "chat_seconds",
        ),
        ("{{ ''.__class__.__mro__ }}", {}, BadInput, "SecurityError"),
        ("{{ range(999999999) | list }}", {}, BadInput, "OverflowError"),
        ("{% for %}", {}, BadInput, "TemplateSyntaxError"),
        ("{{ raise_exception('only users') }}", {}, BadInput, "only users"),
        ("x" * 2_001, {"chat_template_kb": 2}, LimitReached, "chat_template_kb"),
        ("", {}, BadInput, "text of your own"),
    ],
)
def test_class_8_hostile_templates(small, own: str, limits: dict, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        render(Settings(**{"chat_seconds": 60, **limits}), small["bytes"], HELLO, template=OWN, own=own)


def test_messages_are_checked(small) -> None:
    for messages in ([], HELLO * 51, [{"role": "god", "content": "x"}], [{"role": "user"}]):
        with pytest.raises(BadInput):
            render(Settings(), small["bytes"], messages)
    with pytest.raises(LimitReached, match="chat_characters"):
        render(Settings(chat_characters=3), small["bytes"], HELLO)


def test_work_apart_changes_nothing_here_and_leaves_no_child() -> None:
    seen: list[int] = []
    said = apart(lambda: seen.append(1) or str(os.getpid()), **WIDE)
    assert seen == [] and int(said) != os.getpid()
    with pytest.raises(ChildProcessError):
        os.waitpid(int(said), os.WNOHANG)
    with pytest.raises(LimitReached, match="chat_seconds"):
        apart(lambda: os._exit(3), **WIDE)


def test_a_template_ends_even_where_nobody_is_left_to_kill_it() -> None:
    limits = apart(lambda: str(resource.getrlimit(resource.RLIMIT_CPU)), **{**WIDE, "seconds": 20.5})
    assert limits == "(22, 22)" and resource.getrlimit(resource.RLIMIT_CPU) != (22, 22)
