"""Rows per second against the pipeline: ``python -m benchmarks.rows_per_second --rows 400 --pipeline-rows 100 --rounds 3``.

All engines take turns within each round, each in a process of its own (see :mod:`benchmarks.engines`), so the ratios of one
round mean something and the seconds do not. Rows per second leave out the setup of a run (loading, choosing precision and
backend), which does not grow with the table. Figures are medians over the rounds; ratios are medians of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.bars import write_bars
from benchmarks.engines import ENGINES
from benchmarks.texts import make_texts

__all__ = ["make_texts"]

PIPELINES = tuple(name for name in ENGINES if name.startswith("pipeline"))
REFERENCE = "OpenVINO fp32, same plan"  # scores every text in fp32: what the other labels are compared with
Rounds = dict[str, list[dict[str, Any]]]


def turn(name: str, folder: Path) -> dict[str, Any]:
    """One engine's turn in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.engines", name, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{name} failed:\n{done.stderr[-2_000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def measure(engines: list[str], rows: int, pipeline_rows: int, rounds: int, folder: Path) -> Rounds:
    """Every engine in every round.

    Args:
        pipeline_rows: the pipelines score only so many of the texts: the first ones, which are as long as all on the average.
    """
    texts = make_texts(rows)
    folders = {"all": folder / "all", "few": folder / "few"}
    for place, given in (("all", texts), ("few", texts[:pipeline_rows])):
        folders[place].mkdir()
        (folders[place] / "texts.json").write_text(json.dumps(given), encoding="utf-8")
    found: Rounds = {name: [] for name in engines}
    for number in range(rounds):
        for name in engines:
            few = name in PIPELINES
            result = turn(name, folders["few" if few else "all"])
            found[name].append({**result, "rows": pipeline_rows if few else rows})
            print(f"round {number + 1}: {name}: {result['seconds']:.1f} s", file=sys.stderr, flush=True)
    return found


def rates(found: Rounds, name: str) -> list[float]:
    """Rows per second of an engine in each round."""
    return [each["rows"] / each["seconds"] for each in found[name]]


def table(found: Rounds) -> list[str]:
    """The table as lines of Markdown."""
    engines = list(found)
    firsts = [name for name in PIPELINES if name in found]
    reference = found.get(REFERENCE, [None])[0] or found[engines[0]][0]
    head = [
        "engine",
        "precision",
        "backend",
        "rows/s",
        "setup, s",
        *(f"against `{name}`" for name in firsts),
        "same labels",
        "memory, MB",
    ]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for name in engines:
        last, mine = found[name][-1], rates(found, name)
        ratios = [statistics.median(a / b for a, b in zip(mine, rates(found, first), strict=True)) for first in firsts]
        shared = min(len(last["labels"]), len(reference["labels"]))
        same = np.mean([a == b for a, b in zip(last["labels"][:shared], reference["labels"][:shared], strict=True)])
        memory = statistics.median(each["memory"] for each in found[name]) / 1e6
        setup = f"{statistics.median(each['setup'] for each in found[name]):.0f}" if "setup" in last else ""
        cells = [name, last["precision"], last["backend"], f"{statistics.median(mine):.1f}", setup, *(f"{ratio:.2f}" for ratio in ratios)]
        lines.append(f"| {' | '.join([*cells, f'{same:.3f}', f'{memory:,.0f}'])} |")
    return lines


def main(argv: list[str] | None = None) -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=4_000)
    arguments.add_argument("--pipeline-rows", type=int, default=1_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--engines", nargs="+", choices=list(ENGINES), default=list(ENGINES))
    arguments.add_argument("--plot", type=Path, help="Draw the rows per second into this SVG file.")
    options = arguments.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        found = measure(options.engines, options.rows, options.pipeline_rows, options.rounds, Path(folder))
    print("\n".join(table(found)))
    for name in found:
        if found[name][-1].get("reason"):
            print(f"{name}: {found[name][-1]['reason']}.")
    if options.plot:
        write_bars(options.plot, "Rows per second", {name: statistics.median(rates(found, name)) for name in found})


if __name__ == "__main__":
    main()
