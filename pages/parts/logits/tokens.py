"""Tokens as pages write them: with marks for spaces and line breaks, and as rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd

from core.charts.token_words import percent, spoken
from pages.parts.text import option

BITS = "_bits"
HEADS: Mapping[str, str] = MappingProxyType({"log_probability": "Log-probability", "start": "From", "end": "To"})
"""Heads of columns for people, where they are not the name with a capital."""


def headed(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with heads for people: ``surprisal_bits`` becomes ``Surprisal (bits)``."""
    return frame.rename(columns=_head)


def _head(name: str) -> str:
    if name in HEADS:
        return HEADS[name]
    words = f"{name.removesuffix(BITS)} (bits)" if name.endswith(BITS) else name
    return words[:1].upper() + words[1:]


def line(token: dict[str, Any]) -> str:
    """``5 · ␣there · 5.1 bits, rank 2``, for a select box."""
    words = [str(token["place"]), option(spoken(token["text"]))]
    if token["surprisal"] is not None:
        words.append(f"{token['surprisal']:.1f} bits, rank {token['rank']:,}")
    return " · ".join(words)


def offered(one: dict[str, Any]) -> str:
    """``␣there · 12.3 %``, for a select box."""
    return f"{option(spoken(one['text']))} · {percent(one['probability'])}"


def table_rows(tokens: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row for each token; its text is exact, its alternatives are columns of their own."""
    most = max((len(token["alternatives"]) for token in tokens), default=0)
    rows = []
    for token in tokens:
        row = {"place": token["place"], "token": token["text"], "id": token["id"], "start": token["start"], "end": token["end"]}
        row |= {"surprisal_bits": token["surprisal"], "rank": token["rank"], "entropy_bits": token["entropy"]}
        row["likeliest"] = token["alternatives"][0]["text"] if token["alternatives"] else None
        for number in range(most):
            one = token["alternatives"][number] if number < len(token["alternatives"]) else {}
            row |= {
                f"alternative_{number + 1}": one.get("text"),
                f"probability_{number + 1}": one.get("probability"),
                f"logit_{number + 1}": one.get("logit"),
            }
        rows.append(row)
    return rows
