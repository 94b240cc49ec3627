"""The comparison of runs as one JSON object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.comparison.answers import Answers, read_answers
from core.comparison.caveats import caveats
from core.comparison.differing import differing
from core.errors import BadInput
from core.metrics import DEFINITIONS
from core.metrics.counts import wilson
from core.metrics.paired import count_pairs, f1_of_sums, mcnemar, paired_difference, paired_figure
from core.runs import RunFolder, open_run
from core.schema import FinetuneSpec, PredictSpec
from core.settings import Settings
from core.training.loop.history import best_of, read_history

KINDS = (PredictSpec, FinetuneSpec)


def compare(settings: Settings, first: str, second: str) -> dict[str, Any]:
    """Two runs side by side, with paired tests on the rows that both have an answer for. Their ids are enough, as for a run's page.

    Returns:
        As :func:`side_by_side`; each of ``metrics`` with ``difference``, second minus first, where a paired test knows it; ``paired``:
        ``rows`` (with both answers), ``agreement``, ``compared`` (with the user's own answer too), ``both_right``, ``both_wrong``,
        ``fixed`` (wrong by the first only), ``broken``, ``mcnemar`` (p), ``differences`` {name: figure}, or ``None``; and ``why_not``:
        a sentence where a part of that is missing.

    Raises:
        NotFound: no such run.
        BadInput: runs of different kinds, or of a kind without figures, or one run twice.
    """
    found = side_by_side(settings, [first, second])
    paired, why_not = paired_test(open_run(settings, first), open_run(settings, second))
    for name, figure in (paired or {}).get("differences", {}).items():
        if name in found["metrics"]:
            found["metrics"][name]["difference"] = figure
    return {**found, "paired": paired, "why_not": why_not}


def side_by_side(settings: Settings, run_ids: Sequence[str]) -> dict[str, Any]:
    """Two or more runs of one kind beside each other.

    Returns:
        ``kind``; ``runs``: of each its id, task, model, table and, of a fine-tune, the adapter's name and the best point of its history;
        ``settings``: name to the values of all runs, where they differ; ``metrics``: name to ``values``, a figure or ``None`` each;
        ``notes``: sentences on what makes this say less than it seems to.

    Raises:
        NotFound: no such run.
        BadInput: runs of different kinds, or of a kind without figures, or one run twice.
    """
    runs = [open_run(settings, run_id) for run_id in run_ids]
    kind = _kind_of(runs)
    figures = [run.metrics().get("metrics", {}) for run in runs]
    names = sorted({name for given in figures for name in given}, key=_place)
    return {
        "kind": kind,
        "runs": [_facts(run) for run in runs],
        "settings": differing(runs),
        "metrics": {name: {"values": [given.get(name) for given in figures]} for name in names},
        "notes": caveats(settings, runs),
    }


def paired_test(first: RunFolder, second: RunFolder) -> tuple[dict[str, Any] | None, str | None]:
    """What the rows that both runs have an answer for say; and a sentence where they can say nothing, or only how often both agree."""
    answers = []
    for run in (first, second):
        found = read_answers(run)
        if isinstance(found, str):
            return None, found
        answers.append(found)
    one, other = answers
    if one.table != other.table:
        return None, (
            f"The runs were measured on different tables ({one.table_name} and {other.table_name}): no row of one stands beside "
            "a row of the other, so only a new run on the same table can tell which is better."
        )
    rows, here, there = np.intersect1d(one.rows, other.rows, assume_unique=True, return_indices=True)
    if not len(rows):
        return None, "No row has an answer of both runs: their validation rows, or the rows that were scored, have nothing in common."
    if one.truth != other.truth:
        why = f"They were measured by different columns ({one.truth or 'none'} and {other.truth or 'none'})."
        return _without_truth(one, other, here, there), why
    seed = max(first.spec().seed, second.spec().seed)
    paired = {**_without_truth(one, other, here, there), **_with_truth(one, other, here, there, seed)}
    why = "No row has an answer of your own that both can be measured by: who is right stays open."
    return paired, None if paired["compared"] else why


def _without_truth(one: Answers, other: Answers, here: np.ndarray, there: np.ndarray) -> dict[str, Any]:
    """How often both say the same, with Wilson's interval."""
    nothing = {"compared": 0, "both_right": None, "both_wrong": None, "fixed": None, "broken": None, "mcnemar": None, "differences": {}}
    if one.said is None or other.said is None:
        return {"rows": len(here), "agreement": None, **nothing}
    share = float((one.said[here] == other.said[there]).mean())
    low, high = wilson(share, len(here))
    return {"rows": len(here), "agreement": {"value": share, "low": low, "high": high, "n": len(here)}, **nothing}


def _with_truth(one: Answers, other: Answers, here: np.ndarray, there: np.ndarray, seed: int) -> dict[str, Any]:
    """Fixed and broken rows, McNemar's test, and the paired bootstrap of every score that both have."""
    found: dict[str, Any] = {"differences": {}, "compared": 0}
    for name in one.scored.scores:
        if name not in other.scored.scores:
            continue
        first, second = one.scored.scores[name][here], other.scored.scores[name][there]
        known = np.isfinite(first).reshape(len(here), -1).all(1) & np.isfinite(second).reshape(len(here), -1).all(1)
        if known.any():
            found["compared"] = max(found["compared"], int(known.sum()))
            found["differences"][name] = _difference(first[known], second[known], seed)
    if one.scored.right is not None and other.scored.right is not None:
        first, second = one.scored.right[here], other.scored.right[there]
        known = np.isfinite(first) & np.isfinite(second)
        if known.any():
            pairs = count_pairs(first[known] > 0.5, second[known] > 0.5)
            found |= {**pairs._asdict(), "mcnemar": mcnemar(pairs.fixed, pairs.broken)}
    return found


def _difference(first: np.ndarray, second: np.ndarray, seed: int) -> dict[str, Any]:
    return paired_difference(first, second, seed) if first.ndim == 1 else paired_figure(first, second, f1_of_sums, seed)


def _kind_of(runs: Sequence[RunFolder]) -> str:
    specs = [run.spec() for run in runs]
    kinds = {spec.kind for spec in specs}
    if len(runs) < 2 or len({run.id for run in runs}) < len(runs):
        raise BadInput("two different runs", "one run twice" if len(runs) > 1 else "one", "Name two runs; Jobs lists them.")
    if len(kinds) > 1 or not isinstance(specs[0], KINDS):
        found = ", ".join(f"{run.id} ({spec.kind})" for run, spec in zip(runs, specs, strict=True))
        raise BadInput("runs that are all scored tables, or all fine-tunes", found, "Choose runs of one kind.")
    return specs[0].kind


def _facts(run: RunFolder) -> dict[str, Any]:
    spec = run.spec()
    facts: dict[str, Any] = {"run": run.id}
    if isinstance(spec, PredictSpec | FinetuneSpec):
        facts |= {"task": spec.task, "model": spec.model, "table": spec.table.name}
    if isinstance(spec, FinetuneSpec):
        summary = run.summary()
        facts |= {"adapter": spec.name, "best": summary.get("best") or best_of(read_history(run), spec.dials.metric)}
    return facts


def _place(name: str) -> tuple[int, str]:
    """The order of the definitions; unknown names at the end."""
    known = list(DEFINITIONS)
    return (known.index(name) if name in DEFINITIONS else len(known), name)
