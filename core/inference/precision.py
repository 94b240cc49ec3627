"""fp32 or bf16: decided on the user's own rows, once per run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from core.inference.loading import Loaded, to_bf16
from core.inference.plan import Window
from core.inference.score import Scored
from core.settings import Settings

SAME_LABEL_SHARE = 0.985
MEDIAN_CHANGE = 0.01
WORTH_PROBES = 4
"""With bf16 arithmetic in the processor it is at most about twice as fast: a probe pays only in a table several times the probed rows."""


@dataclass(frozen=True)
class Choice:
    """The precision of a run and why. ``agreement`` and ``change`` are ``None`` where nothing was probed."""

    precision: str
    reason: str
    agreement: float | None = None
    change: float | None = None
    probed: int = 0


def cpu_has_bf16() -> bool:
    """Whether the processor multiplies bfloat16 matrices in hardware (avx512_bf16 or AMX); elsewhere bf16 is slower than fp32."""
    import torch

    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, name, bool)() for name in checks)


def settled_before_probe(settings: Settings, wanted: str, distinct: int) -> Choice | None:
    """The choice where no probe is needed: the user's own, no hardware for it, or too few rows to gain anything."""
    if wanted != "auto":
        return Choice(wanted, "asked for")
    if not cpu_has_bf16():
        return Choice("fp32", "the processor has no bf16 arithmetic")
    if distinct < WORTH_PROBES * settings.probe_rows:
        return Choice("fp32", f"fewer than {WORTH_PROBES * settings.probe_rows} distinct rows: a probe would cost more than it saves")
    return None


def probe(
    settings: Settings,
    loaded: Loaded,
    window: Window,
    reload: Callable[[], Loaded],
    stop_requested: Callable[[], bool],
    tell: Callable[[str], None] = lambda precision: None,
) -> tuple[Choice, Loaded, list[Scored]] | None:
    """Scores a window in both precisions and takes bf16 where its answers agree; speed is not measured.

    Args:
        loaded: the model in fp32; used up.
        reload: loads it in fp32 once more.
        tell: called with the precision before the rows are scored in it.

    Returns:
        The choice, the model in that precision, and the window's results in it (they need not be computed again);
        ``None`` when stopped on the way.
    """
    tell("fp32")
    exact = list(loaded.scorer(settings).score(window, stop_requested))
    quick_model = to_bf16(loaded)
    tell("bf16")
    quick = list(quick_model.scorer(settings).score(window, stop_requested))
    if stop_requested():
        return None
    same, change = compare(loaded, exact, quick)
    agreement, median = (float(same.mean()), float(np.median(change))) if len(same) else (0.0, 1.0)
    if agreement >= SAME_LABEL_SHARE and median <= MEDIAN_CHANGE:
        return Choice("bf16", "the probed rows agree with fp32", agreement, median, len(same)), quick_model, quick
    return Choice("fp32", "bf16 changes too many answers", agreement, median, len(same)), reload(), exact


def compare(loaded: Loaded, exact: list[Scored], quick: list[Scored]) -> tuple[np.ndarray, np.ndarray]:
    """Same answer and change of probability of each row. A row that succeeds in fp32 only counts as changed."""
    one, other = _by_key(exact), _by_key(quick)
    if not len(one):
        return np.empty(0, bool), np.empty(0)
    both = np.isin(one["key"].to_numpy(), other["key"].to_numpy() if len(other) else np.empty(0, np.int64))
    lost = int((~both).sum())
    one = one.filter(pa.array(both))
    if not len(one):
        return np.zeros(lost, bool), np.ones(lost)
    other = other.filter(pa.array(np.isin(other["key"].to_numpy(), one["key"].to_numpy())))
    columns = [{name: table[name].combine_chunks() for name in table.column_names if name != "key"} for table in (one, other)]
    same, change = loaded.task.agreement(*columns)
    return np.append(same, np.zeros(lost, bool)), np.append(change, np.ones(lost))


def _by_key(scored: list[Scored]) -> pa.Table:
    tables = [pa.table({"key": part.keys, **part.columns}) for part in scored if len(part.keys)]
    return pa.concat_tables(tables).sort_by("key") if tables else pa.table({"key": pa.array([], pa.int64())})
