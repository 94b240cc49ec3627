"""Rows per second against the pipeline: ``python -m benchmarks.rows_per_second --rows 400 --rounds 3``.

All engines share one machine, one model and one set of texts, and take turns within each round, so the ratios of one run
mean something and the seconds do not. Texts are the documentation of installed packages, cut to lengths as spreadsheets
have them (log-normal, median about 45 tokens, 10 % exact repetitions).
"""

from __future__ import annotations

import argparse
import ast
import statistics
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import files
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from core import inference, models, tables
from core.inference.run import run as predict
from core.runs import RunContext, create_run
from core.schema import Role
from core.settings import Settings
from core.workspaces import LOCAL

MODEL = "embedded:sentiment"
MEDIAN_WORDS = 28
SPREAD = 1.0
LONGEST_WORDS = 320
REPEATED_SHARE = 0.1


def make_texts(rows: int) -> list[str]:
    """English prose from docstrings of scikit-learn, cut to a log-normal distribution of lengths."""
    words = " ".join(_docstrings()).split()
    random = np.random.default_rng(0)
    lengths = np.clip(random.lognormal(np.log(MEDIAN_WORDS), SPREAD, rows), 3, LONGEST_WORDS).astype(int)
    starts = random.integers(0, len(words) - LONGEST_WORDS, rows)
    texts = [" ".join(words[start : start + length]) for start, length in zip(starts, lengths, strict=True)]
    for row in random.choice(rows, int(rows * REPEATED_SHARE), replace=False):
        texts[row] = texts[int(random.integers(rows))]
    return texts


def _docstrings() -> list[str]:
    found = []
    for file in files("scikit-learn") or []:
        if file.suffix == ".py" and "tests" not in file.parts:
            tree = ast.parse(Path(str(file.locate())).read_text(encoding="utf-8"))
            nodes = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef))
            found += [text for node in nodes if (text := ast.get_docstring(node))]
    return found


def engines(settings: Settings, texts: list[str], folder: Path) -> dict[str, Callable[[], list[str]]]:
    """Each engine as a function that scores all texts and returns the labels."""
    from transformers import pipeline

    files_ = models.resolve(settings, MODEL)
    model = models.load_model(files_, "AutoModelForSequenceClassification")
    classify = pipeline("text-classification", model=model, tokenizer=models.load_tokenizer(files_))
    longest = files_.max_length
    path = folder / "texts.parquet"
    pd.DataFrame({"text": texts}).to_parquet(path)
    table = tables.import_file(settings, LOCAL, path)

    def by_pipeline(**options: int) -> list[str]:
        return [answer["label"] for answer in classify(texts, truncation=True, max_length=longest, **options)]

    def by_run(precision: str) -> list[str]:
        spec = inference.make_spec(settings, table, task="text-classification", model=MODEL, roles={Role.TEXT: "text"}, precision=precision)
        run = create_run(settings, spec, owner=LOCAL, input_table=table.path)
        predict(RunContext(settings, run))
        return pq.read_table(run.result_path)["prediction"].to_pylist()

    return {
        "pipeline(texts)": by_pipeline,
        "pipeline(texts, batch_size=32)": lambda: by_pipeline(batch_size=32),
        "run, fp32": lambda: by_run("fp32"),
        "run, bf16": lambda: by_run("bf16"),
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=400)
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()
    texts = make_texts(options.rows)
    with tempfile.TemporaryDirectory() as folder:
        competitors = engines(Settings(home=Path(folder) / "home"), texts, Path(folder))
        rates: dict[str, list[float]] = {name: [] for name in competitors}
        labels: dict[str, list[str]] = {}
        for _ in range(options.rounds):
            for name, score in competitors.items():
                started = time.perf_counter()
                labels[name] = score()
                rates[name].append(options.rows / (time.perf_counter() - started))
    report({name: statistics.median(values) for name, values in rates.items()}, labels)


def report(rates: dict[str, float], labels: dict[str, list[str]]) -> None:
    """One table: our times include starting the run, loading the model, planning and writing the result."""
    first, second = list(rates)[:2]
    print(f"| engine | rows/s | against {first} | against {second} | same labels |")
    print("|---|---|---|---|---|")
    for name, rate in rates.items():
        same = np.mean([a == b for a, b in zip(labels[name], labels[first], strict=True)])
        print(f"| {name} | {rate:.1f} | {rate / rates[first]:.2f} | {rate / rates[second]:.2f} | {same:.3f} |")


if __name__ == "__main__":
    main()
