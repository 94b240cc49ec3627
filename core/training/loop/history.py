"""What a training tells while it runs: one line of JSON for each time it logged or scored the validation rows."""

from __future__ import annotations

import json
import math
from typing import Any

from core.runs import RunFolder
from core.runs.progress import append_line
from core.training.loop.quality import rank

NOT_TOLD = "not told"
"""The event of a ``tracker`` that failed with an ``error`` of this kind and is told no more; in a search, of which ``trial``."""


def append_history(run: RunFolder, entry: dict[str, Any]) -> None:
    """Adds a line; numbers that are none (NaN, infinite) become null, which JSON knows."""
    clean = {name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in entry.items()}
    append_line(run.history_path, json.dumps(clean, allow_nan=False))


def read_history(run: RunFolder) -> list[dict[str, Any]]:
    """All lines in the order of the steps. Of a step that was done again after a crash only the last word counts."""
    try:
        lines = run.history_path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    found: dict[tuple[int, bool], dict[str, Any]] = {}
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:  # half a line, written when the process was killed
            continue
        key = (int(entry.get("step", 0)), "eval_loss" in entry)
        found.pop(key, None)
        found[key] = entry
    return sorted(found.values(), key=lambda entry: entry.get("step", 0))


def best_of(history: list[dict[str, Any]], metric: str) -> dict[str, float]:
    """Epoch, loss and quality of the checkpoint that the adapter is."""
    checks = [entry for entry in history if entry.get("eval_loss") is not None and entry.get("eval_quality") is not None]
    if not checks:
        return {}
    ranks = [-entry["eval_loss"] if metric == "loss" else rank(entry["eval_quality"], entry["eval_loss"]) for entry in checks]
    best = checks[ranks.index(max(ranks))]
    return {"epoch": best["epoch"], "loss": best["eval_loss"], "quality": best["eval_quality"]}
