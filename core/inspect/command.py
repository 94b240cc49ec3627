"""The command that equals a look."""

from __future__ import annotations

import shlex
from types import MappingProxyType

from core.inference.command import flag, option, option_flags
from core.schema import LookSpec, Role

FLAG_OF: MappingProxyType[Role, str] = MappingProxyType({Role.QUESTION: "question_text", Role.TEXT_PAIR: "text_pair"})


def command_line(look: LookSpec, *, attribution: str = "") -> str:
    """``python -m core logits TEXT ...`` quoted for a POSIX shell.

    Args:
        attribution: name of a method by which the answer is explained too; none where empty.
    """
    main = next(text for name, text in look.cells.items() if name not in FLAG_OF)
    words = ["--task", look.task, "--model", look.model]
    for role, name in FLAG_OF.items():
        if role in look.cells:
            words += option(flag(name), look.cells[role])
    words += option_flags(look.options) + (["--attribution", attribution] if attribution else [])
    # behind two dashes nothing is read as an option
    return shlex.join(["python", "-m", "core", "logits", *([*words, "--", main] if main.startswith("-") else [main, *words])])
