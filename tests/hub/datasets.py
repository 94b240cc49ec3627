"""Data sets for the loopback Hub, in each format and layout that people publish."""

from __future__ import annotations

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq

from tests.hub.repositories import DATASET, Repository
from tests.hub.server import LoopbackHub

LABELS = {"info": {"features": {"text": {"dtype": "string", "_type": "Value"}, "label": {"names": ["bad", "good"], "_type": "ClassLabel"}}}}


def parquet(table: pa.Table, group: int = 700) -> bytes:
    """A Parquet file in small row groups, so that a part of it can be read."""
    out = io.BytesIO()
    pq.write_table(table, out, row_group_size=group)
    return out.getvalue()


def reviews(rows: int, start: int = 0) -> pa.Table:
    """Texts with labels as numbers, as ``datasets`` writes them."""
    numbers = range(start, start + rows)
    columns = {"text": [f"review {number} of many" for number in numbers], "label": [number % 2 for number in numbers]}
    return pa.table(columns).replace_schema_metadata({b"huggingface": json.dumps(LABELS).encode()})


def csv(rows: int) -> bytes:
    """Ids with leading zeros and cells that some readers take for missing."""
    return ("id,answer\n" + "".join(f"00{number},NA\n" for number in range(rows))).encode()


def jsonl(rows: int) -> bytes:
    """Nested cells and lists."""
    lines = ({"text": f"line {number}", "words": ["a", "b"], "from": {"page": number}} for number in range(rows))
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def add_reviews(hub: LoopbackHub, name: str = "owner/reviews", rows: int = 3_000, **more: object) -> Repository:
    """Two shards of train and one of test."""
    first = rows * 3 // 5
    files = {
        "data/train-00000-of-00002.parquet": parquet(reviews(first)),
        "data/train-00001-of-00002.parquet": parquet(reviews(rows - first, first)),
        "data/test-00000-of-00001.parquet": parquet(reviews(40)),
        "README.md": b"---\nlicense: cc0-1.0\ndataset_info:\n  splits:\n  - name: train\n    num_examples: %d\n---\n\n# Reviews\n" % rows,
    }
    return hub.shelf.add(DATASET, name, files, **more)
