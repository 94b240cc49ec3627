"""What a column is for in a task."""

from enum import StrEnum


class Role(StrEnum):
    """A role is named on the command line in kebab case: ``Role.TEXT_PAIR`` is ``--text-pair``."""

    TEXT = "text"
    TEXT_PAIR = "text_pair"
    QUESTION = "question"
    CONTEXT = "context"
    ANSWER = "answer"
    TOKENS = "tokens"
    TAGS = "tags"
    PROMPT = "prompt"
    TARGET = "target"
    LABEL = "label"
    GROUP = "group"
    TIME = "time"
    ID = "id"
