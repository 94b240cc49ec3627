"""Is the cost of a row flat, and the memory? ``python -m benchmarks.million_rows --rows 1000 100000 1000000``.

A tiny classifier with random weights, made on the spot, so that what is measured is everything but the model: planning,
tokenising, writing parts, building the result. Each size runs in a process of its own. Processor seconds are compared: they do
not depend on what else the machine does, as long as it does not do too much.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.memory import peak_memory

WORDS = ("good", "bad", "great", "awful", "film", "phone", "battery", "screen", "price", "service", "slow", "fast", "cheap", "best")
LONGEST_WORDS = 16
REPEATED_SHARE = 0.1
SLICE = 50_000


def write_table(path: Path, rows: int) -> None:
    """Texts of 2 to 16 words, 10 % of them repetitions of a text anywhere before."""
    random = np.random.default_rng(0)
    texts: list[str] = []
    schema = pa.schema([("number", pa.int64()), ("text", pa.string())])
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, rows, SLICE):
            count = min(SLICE, rows - start)
            for length in random.integers(2, LONGEST_WORDS + 1, count):
                repeats = texts and random.random() < REPEATED_SHARE
                texts.append(texts[int(random.integers(len(texts)))] if repeats else " ".join(random.choice(WORDS, length)))
            writer.write_table(pa.table({"number": np.arange(start, start + count), "text": texts[start:]}, schema=schema))


def measure(folder: Path) -> dict[str, float]:
    """Scores ``table.parquet`` of a folder with the model there; what it took."""
    from core import models
    from core.files import sha256_of
    from core.inference.run import run
    from core.runs import RunContext, create_run
    from core.schema import PredictSpec, Role, TableSource
    from core.settings import Settings

    table = folder / "table.parquet"
    rows = pq.read_metadata(table).num_rows
    settings = Settings(home=folder / f"home-{rows}", model_roots=(folder,))
    models.add_local(settings, folder / "bert", "bert")
    files = models.resolve(settings, "local:bert")
    source = TableSource(id=sha256_of(table), name="table", rows=rows)
    spec = PredictSpec(
        task="text-classification",
        table=source,
        roles={Role.TEXT: "text"},
        model=files.reference,
        revision=files.revision,
        precision="fp32",
    )
    made = create_run(settings, spec, owner="local", input_table=table)
    began, wall = time.process_time(), time.perf_counter()
    assert run(RunContext(settings, made)) == "done"
    cpu, wall, summary = time.process_time() - began, time.perf_counter() - wall, made.summary()
    assert summary["failed"] == 0 and pq.read_metadata(made.result_path).num_rows == rows
    peak = peak_memory()
    return {"rows": rows, "cpu": cpu, "wall": wall, "setup": summary["setup"]["load"], "peak": peak, "backend": summary["backend"]}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, nargs="+", default=[1_000, 100_000, 1_000_000])
    arguments.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = arguments.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return
    found = []
    with tempfile.TemporaryDirectory() as name:
        from tests.tiny_models import classifier

        folder = Path(name)
        classifier(folder / "bert", "bert")
        for rows in options.rows:
            write_table(folder / "table.parquet", rows)
            command = [sys.executable, "-m", "benchmarks.million_rows", "--measure", str(folder)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            found.append(json.loads(done.stdout.splitlines()[-1]))
            (folder / "table.parquet").unlink()
    report(found)


def report(found: list[dict[str, float]]) -> None:
    """One table; the ratio is that of the peak to the one of the size before."""
    print("| rows | processor seconds | microseconds a row after loading | seconds | peak memory, MB | peak against the size before |")
    print("|---|---|---|---|---|---|")
    before = None
    for each in found:
        per_row = (each["cpu"] - each["setup"]) / each["rows"] * 1e6
        ratio = f"{each['peak'] / before:.2f}" if before else ""
        print(f"| {each['rows']:,} | {each['cpu']:.1f} | {per_row:.0f} | {each['wall']:.1f} | {each['peak'] / 1e6:,.0f} | {ratio} |")
        before = each["peak"]


if __name__ == "__main__":
    main()
