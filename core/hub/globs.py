"""Patterns of files as cards of data sets write them, matched against names that are known: nothing else can be reached by one."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[!?[^\]/]+\]|[^*?\[]+|\[")


def glob(pattern: str) -> re.Pattern[str]:
    """A pattern of fsspec as a regular expression for whole names.

    ``*`` and ``?`` stay within one folder, ``**/`` is any number of folders, ``**`` at the end all below
    (https://filesystem-spec.readthedocs.io/en/latest/api.html#fsspec.spec.AbstractFileSystem.glob).
    """
    return re.compile("".join(_translated(token) for token in _TOKEN.findall(pattern)))


def _translated(token: str) -> str:
    if token == "**/":
        return "(?:[^/]+/)*"
    if token == "**":
        return ".+"
    if token == "*":
        return "[^/]*"
    if token == "?":
        return "[^/]"
    if token.startswith("[") and len(token) > 2:
        negated, letters = token.startswith("[!"), token[1:-1].removeprefix("!")
        return f"[{'^' if negated else ''}{re.escape(letters).replace(chr(92) + '-', '-')}]"
    return re.escape(token)
