"""Messages in a model's chat template: what is sent in truth, with every control token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.errors import BadInput, LimitReached
from core.inspect.tokens.apart import apart
from core.inspect.tokens.reader import Reader
from core.inspect.tokens.shapes import Chat, TextTokens
from core.inspect.tokens.text import read_text, readable
from core.settings import Settings

ROLES = ("system", "user", "assistant")
MOST_MESSAGES = 50
DEFAULT, EXAMPLE, OWN = "default", "chatml", "own"
CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
"""A template that many models share (ChatML), to look at where a tokenizer has none."""


def render(
    settings: Settings, reader: Reader, messages: Sequence[dict[str, str]], *, template: str = DEFAULT, own: str = "", answer: bool = True
) -> Chat:
    """Renders messages in a template, in a process of its own and under limits, and tokenises what comes out.

    Args:
        messages: each with ``role`` and ``content``.
        template: name of one of the model's own, :data:`EXAMPLE`, or :data:`OWN`.
        own: the template's text for :data:`OWN`.
        answer: end where the model would go on (``add_generation_prompt``).

    Raises:
        BadInput: no such template, messages that are none, or the template fails.
        LimitReached: the template is beyond ``chat_template_kb``, or rendering it beyond ``chat_characters``, ``chat_seconds`` or
            ``chat_memory_mb``.
    """
    known = templates_of(reader.tokenizer)
    name = next(iter(known), EXAMPLE) if template == DEFAULT and DEFAULT not in known else template
    source = {**known, EXAMPLE: CHATML, OWN: own}.get(name)
    if not source:
        raise BadInput(f"one of the templates {', '.join([*known, EXAMPLE])}, or text of your own", repr(name[:60]), "Choose one of these.")
    if len(source.encode("utf-8", "replace")) > settings.chat_template_kb * 1_000:
        found = f"{len(source):,} characters"
        raise LimitReached(f"a template of at most {settings.chat_template_kb} kB (chat_template_kb)", found, "Use a shorter one.")
    checked = _checked(settings, messages)
    text = apart(
        lambda: reader.tokenizer.apply_chat_template(checked, chat_template=source, tokenize=False, add_generation_prompt=answer),
        seconds=settings.chat_seconds,
        memory_mb=settings.chat_memory_mb,
        characters=settings.chat_characters,
    )
    read = read_text(settings, reader, text, special=False)
    plain = sum(len(read_text(settings, reader, message["content"], special=False).tokens) for message in checked)
    return Chat(
        tokenizer=reader.facts,
        templates=list(known),
        template=name,
        read=read,
        plain=plain,
        notes=_notes(settings, reader, name, read, known),
    )


def templates_of(tokenizer: Any) -> dict[str, str]:
    """A tokenizer's own templates by name; empty where it has none."""
    found = getattr(tokenizer, "chat_template", None)
    if isinstance(found, str):
        return {DEFAULT: found}
    return {str(name): str(text) for name, text in found.items()} if isinstance(found, dict) else {}


def _checked(settings: Settings, messages: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    if not messages or len(messages) > MOST_MESSAGES:
        raise BadInput(f"1 to {MOST_MESSAGES} messages", f"{len(messages)}", "Write at least one message.")
    if any(set(message) != {"role", "content"} or message["role"] not in ROLES for message in messages):
        raise BadInput(f"messages with role ({', '.join(ROLES)}) and content", "others", "Report this: it is a mistake of the page.")
    length = sum(len(message["content"]) for message in messages)
    if length > settings.chat_characters:
        raise LimitReached(f"messages of at most {settings.chat_characters:,} characters (chat_characters)", f"{length:,}", "Shorten them.")
    return [{"role": message["role"], "content": readable(message["content"])[0]} for message in messages]


def _notes(settings: Settings, reader: Reader, name: str, read: TextTokens, known: dict[str, str]) -> list[str]:
    notes = list(read.notes)
    if not known:
        notes.append("This tokenizer has no chat template: its model was not trained on messages. The one shown is an example.")
    if name == EXAMPLE and not any(token.kind == "special" for token in read.tokens):
        notes.append("The example's marks are no control tokens of this tokenizer: it reads them as ordinary text.")
    again = read_text(settings, reader, read.text)
    first = next((token for token in read.tokens), None)
    if again.tokens and first and again.tokens[0].added and again.tokens[0].id == first.id:
        notes.append(f"The template writes {first.token} itself: tokenised like any other text, it would stand there twice.")
    return notes
