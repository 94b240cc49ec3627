"""A run of ten rows, with what a model says of them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.runs import create_run
from core.schema import PredictSpec, TableSource

TEXTS = ["Great product", "awful", "", "Great product", "so-so", "50% off_now", "naïve Ünïcode 🎧", None, "broken <b>box</b>", "fine"]


COLUMNS = {
    "review": TEXTS,
    "region": ["North", "South", "North", "", None, "South", "North", "East", "East", "North"],
    "rating": ["5", "1", "3", "10", "2", "4", "4", "", "1", "3"],
    "date": ["2025-06-03", "2025-06-04", "2025-06-05", "2025-07-01", "", "soon", "2025-08-09", "2025-08-10", "2025-09-01", "2025-09-02"],
    "truth": ["Positive ", "negative", "", "positive", "NEGATIVE", "meh", "negative", None, "negative", "positive"],
}


KEYS = np.array([0, 1, -1, 0, 4, 5, 6, -2, 8, 9])


SCORED = {
    0: ("positive", 0.99),
    1: ("negative", 0.9),
    4: ("negative", 0.55),
    5: ("positive", 0.61),
    6: ("positive", 0.75),
    9: ("positive", 1.0),
}


def outputs(keys, error=None):
    found = [SCORED.get(key, (None, None)) for key in keys]
    confident = [confidence for _, confidence in found]
    positive = [c if label == "positive" else None if c is None else 1 - c for label, c in found]
    return pa.table(
        {
            "key": pa.array(keys, pa.int64()),
            "prediction": pa.array([label for label, _ in found], pa.string()),
            "confidence": pa.array(confident, pa.float64()),
            "p_negative": pa.array([None if p is None else 1 - p for p in positive], pa.float64()),
            "p_positive": pa.array(positive, pa.float64()),
            "error": pa.array([error if key not in SCORED else None for key in keys], pa.string()),
        }
    )


def spec(rows=10, **changes):
    facts = {
        "task": "text-classification",
        "table": TableSource(id="0" * 64, name="t", rows=rows),
        "roles": {"text": "review", "label": "truth"},
    }
    return PredictSpec(**facts | {"model": "embedded:sentiment", "revision": "0" * 40} | changes)


def new_run(settings, tmp_path: Path, columns=None, **changes):
    table = tmp_path / "input.parquet"
    columns = {name: pa.array(values, pa.string()) for name, values in COLUMNS.items()} if columns is None else columns
    pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), table)
    return create_run(settings, spec(**changes), owner="me", input_table=table)
