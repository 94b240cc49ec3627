"""The three data sets of embedded:entities as one table with one set of tags."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

import pandas as pd

SETS = ("btc_ner", "wnut17", "wikigold")
TYPES = MappingProxyType(
    {"PER": "PER", "LOC": "LOC", "ORG": "ORG", "person": "PER", "location": "LOC", "corporation": "ORG", "group": "ORG"}
)
"""Type of a data set to ours; what is not here (MISC, product, creative-work) becomes ``O``. Groups are bands and teams, which btc_ner and
wikigold call organisations."""


def mapped(tags: Sequence[str]) -> list[str]:
    """BIO tags in our types."""
    found = []
    for tag in tags:
        mark, _, kind = tag.partition("-")
        found.append(f"{mark}-{TYPES[kind]}" if kind in TYPES else "O")
    return found


def read_set(data: Path, name: str, part: str) -> pd.DataFrame:
    """One part of a data set with the columns tokens, tags and source.

    Args:
        data: folder with a folder for each data set.
        part: train or validation.
    """
    frame = pd.read_parquet(data / name / f"{part}.parquet")
    tokens, tags = frame["tokens"].map(list), frame["ner_tags"].map(mapped)
    return pd.DataFrame({"tokens": tokens, "tags": tags, "source": name})


def without_accounts(sentences: pd.DataFrame) -> pd.DataFrame:
    """Sentences without words such as @name that no tag marks.

    wnut17 leaves accounts unmarked, 1,942 of 1,950; btc_ner marks nine of ten, as a word @ and a name. In pieces both are the same, and
    a model that learns both learns to leave them out.
    """
    kept = [
        [(word, tag) for word, tag in zip(words, tags, strict=True) if tag != "O" or not word.startswith("@") or word == "@"]
        for words, tags in zip(sentences["tokens"], sentences["tags"], strict=True)
    ]
    columns = {name: [[pair[place] for pair in row] for row in kept] for place, name in enumerate(("tokens", "tags"))}
    return sentences.assign(**columns)


def read_training(data: Path) -> pd.DataFrame:
    """The training parts of all three, one after the other; accounts only where btc_ner marks them."""
    return pd.concat([without_accounts(read_set(data, name, "train")) for name in SETS], ignore_index=True)
