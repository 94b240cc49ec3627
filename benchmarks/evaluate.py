"""How long do the figures of a table take? ``python -m benchmarks.evaluate --rows 1000000 --labels 4``.

A table of predictions with the probability of every label, made on the spot: reading, figures with intervals, each label, confusions and
slices of a column; then the command ``evaluate`` on the same Parquet file, which imports it first. Wall-clock and processor seconds; the
goal is a million rows in ten seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.evaluation import EvaluationSpec, calibration, curves, evaluate
from core.settings import Settings

CITIES = 8


def write_table(path: Path, rows: int, labels: int) -> None:
    """Random labels, a model of middling skill, a column of few values."""
    random = np.random.default_rng(0)
    names = np.array([f"label {number}" for number in range(labels)], dtype=object)
    truth = random.integers(0, labels, rows)
    logits = random.normal(size=(rows, labels))
    logits[np.arange(rows), truth] += 2
    given = np.exp(logits)
    given /= given.sum(1, keepdims=True)
    columns = {"label": names[truth], "prediction": names[given.argmax(1)], "city": random.integers(0, CITIES, rows).astype(str)}
    columns |= {f"p_label_{number}": given[:, number] for number in range(labels)}
    pq.write_table(pa.table(columns), path)


def measure(path: Path) -> dict[str, dict[str, float]]:
    """Seconds of each function, on the wall and of the processor."""
    settings = Settings(home=path.parent)
    spec = EvaluationSpec(columns={"prediction": "prediction", "label": "label"}, slices=("city",))
    found = {}
    for name, function in (("evaluate", evaluate), ("curves", curves), ("calibration", calibration)):
        wall, processor = time.perf_counter(), time.process_time()
        function(settings, path, spec)
        found[name] = {"wall": round(time.perf_counter() - wall, 2), "processor": round(time.process_time() - processor, 2)}
    return found


def measure_command(path: Path) -> dict[str, float]:
    """Seconds of the command line, from its start to its end, on the wall and of the processor; in a data folder of its own."""
    command = [sys.executable, "-m", "core", "evaluate", str(path), "--prediction", "prediction", "--label", "label", "--slice", "city"]
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = {**os.environ, "SHEETFORMER_HOME": str(path.parent / "home")}
    subprocess.run([*command, "--json"], check=True, stdout=subprocess.DEVNULL, env=environment)
    wall, after = time.perf_counter() - wall, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": round(wall, 2), "processor": round(used, 2)}


def main(arguments: list[str] | None = None) -> None:
    """Prints one JSON object for each number of rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--labels", type=int, default=4)
    chosen = parser.parse_args(arguments)
    for rows in chosen.rows:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "table.parquet"
            write_table(path, rows, chosen.labels)
            print(json.dumps({"rows": rows, "labels": chosen.labels, **measure(path), "command": measure_command(path)}))


if __name__ == "__main__":
    main()
