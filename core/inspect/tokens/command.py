"""The command that equals a view of tokens."""

from __future__ import annotations

import shlex

from core.inference.command import import_flags, option, positional
from core.inspect.tokens.reader import AUTO
from core.schema import ImportChoices


def command_of_text(text: str, model: str, tokenizer_class: str = AUTO) -> str:
    """``python -m core tokens ...`` for a text, quoted for a POSIX shell."""
    return shlex.join([*_start(model, tokenizer_class), *(["--"] if text.startswith("-") else []), text])


def command_of_column(
    name: str, column: str, choices: ImportChoices, model: str, tokenizer_class: str = AUTO, *, every: bool = False
) -> str:
    """``python -m core tokens FILE --text COLUMN ...``.

    Args:
        name: of the user's file.
        every: all rows are counted, however many.
    """
    words = [*_start(model, tokenizer_class), positional(name), *import_flags(choices), *option("--text", column)]
    words += ["--every-row"] if every else []
    return shlex.join(words)


def _start(model: str, tokenizer_class: str) -> list[str]:
    named = [] if tokenizer_class == AUTO else ["--tokenizer-class", tokenizer_class]
    return ["python", "-m", "core", "tokens", "--model", model, *named]
