"""Entities as columns of a result: one list a row."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import pyarrow as pa

from core.tasks.spans.entities import Entity
from core.tasks.spans.windows import trimmed
from core.tasks.spans.word_lists import word_starts

SEPARATOR = "; "
ENTITY = pa.struct(
    [
        ("label", pa.string()),
        ("text", pa.string()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("score", pa.float64()),
        ("first_word", pa.int32()),
        ("last_word", pa.int32()),
    ]
)
"""``start`` and ``end`` count characters of the cell from 0, ``end`` is after the last one; words are counted from 1."""


def entity_columns(found: Sequence[Sequence[Entity]], texts: Sequence[str], words: Sequence[Sequence[int]] | None) -> dict[str, pa.Array]:
    """The columns ``prediction``, ``confidence``, ``entities`` and ``entity_count``.

    Args:
        found: the entities of each row.
        texts: the text of each row, which they point into.
        words: where each word of a row begins; words are what white space separates where ``None``.
    """
    predictions, values, ends = [], [], [0]
    for number, (entities, text) in enumerate(zip(found, texts, strict=True)):
        row = _row_values(entities, text, words[number] if words is not None else None)
        predictions.append(SEPARATOR.join(f"{' '.join(value[1].split())} ({value[0]})" for value in row))
        values += row
        ends.append(len(values))
    fields = list(zip(*values, strict=True)) or [()] * ENTITY.num_fields
    entities = pa.StructArray.from_arrays(
        [pa.array(column, field.type) for column, field in zip(fields, ENTITY, strict=True)], fields=list(ENTITY)
    )
    counts = [len(entities) for entities in found]
    return {
        "prediction": pa.array(predictions, pa.string()),
        "confidence": pa.array([min((entity.score for entity in row), default=None) for row in found], pa.float64()),
        "entities": pa.ListArray.from_arrays(pa.array(ends, pa.int32()), entities),
        "entity_count": pa.array(counts, pa.int32()),
    }


def _row_values(entities: Sequence[Entity], text: str, words: Sequence[int] | None) -> list[tuple]:
    """The entities of a row as values of ``ENTITY``."""
    if not entities:
        return []
    words = word_starts(text) if words is None else words
    values = []
    for entity in entities:
        if entity.start is None or entity.end is None:
            values.append((entity.label, entity.text, None, None, entity.score, None, None))
            continue
        start, end = trimmed(text, entity.start, entity.end)
        # bisect counts the words that begin at or before a character: the number of its word, from 1
        first, last = bisect_right(words, start), bisect_right(words, max(start, end - 1))
        values.append((entity.label, text[start:end], start, end, entity.score, max(first, 1), max(last, 1)))
    return values
