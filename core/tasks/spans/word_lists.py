"""Cells that hold a list of words or of tags."""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize


def read_words(cell: str) -> list[str]:
    """The items of a cell: a JSON list, a Python list as pandas writes one into a CSV file, or words with white space between them.

    A missing item is ``""``, so that words and tags keep their numbers.
    """
    text = cell.strip()
    if text.startswith("[") and text.endswith("]"):
        items = _json_list(text)
        items = _python_list(text) if items is None else items
        if items is not None:
            return ["" if item is None else item if isinstance(item, str) else str(item) for item in items]
    return text.split()


def joined(words: list[str]) -> tuple[str, list[int]]:
    """The words with one space between them, and where each begins in that text, in characters."""
    starts, place = [], 0
    for word in words:
        starts.append(place)
        place += len(word) + 1
    return " ".join(words), starts


def word_starts(text: str) -> list[int]:
    """Where each word of a text begins, in characters; words are what white space separates."""
    return [match.start() for match in re.finditer(r"\S+", text)]


def _json_list(text: str) -> list | None:
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return items if isinstance(items, list) and not any(isinstance(item, list | dict) for item in items) else None


def _python_list(text: str) -> list | None:
    """``['a', 'b']``; not NumPy's ``['a' 'b']``, which Python reads as one word."""
    try:
        items = ast.literal_eval(text)
        written = sum(token.type == tokenize.STRING for token in tokenize.generate_tokens(io.StringIO(text).readline))
    except (ValueError, SyntaxError, RecursionError, MemoryError, tokenize.TokenError):
        return None
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items) or written != len(items):
        return None
    return items
