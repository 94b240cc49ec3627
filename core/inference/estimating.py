"""Before a run: how long, how much memory, what will be cut. From a probe of a few rows."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
from pydantic import BaseModel, ConfigDict

from core.inference.devices import device_for
from core.inference.fit import describe, look_at_ratings, look_at_texts
from core.inference.keys import content_columns, distinct_keys, table_keys
from core.inference.loading import CPU, Loaded, load
from core.inference.plan import Window, cut_batches, read_windows
from core.inference.score import Failure
from core.schema import PredictSpec
from core.settings import MEGABYTE, Settings
from core.tasks import Encoded
from core.workspaces import LOCAL

PROBE_SECONDS = 0.5
PROBE_TOKENS = 512  # padded tokens of one probed batch: nearly as fast per token as a full one
PROBE_BATCHES = 5
WARM_UP_ROWS = 2
BYTES_PER_TOKEN = 16  # of a window: int32 for two inputs, plus lengths, offsets and the outputs of its row


class Estimate(BaseModel):
    """What a run will take. ``sampled`` is the number of distinct rows looked at; it equals ``distinct_rows`` where all were.

    ``rows_per_second`` counts rows of the table, duplicates and skipped ones included; ``memory_bytes`` is the job's peak.
    ``truncated_rows`` counts rows of the table as well; ``lost_tokens`` counts tokens of distinct rows.
    """

    model_config = ConfigDict(frozen=True)

    rows: int
    distinct_rows: int
    skipped_rows: int
    sampled: int
    rows_per_second: float | None
    seconds: float
    memory_bytes: int
    truncated_rows: int
    lost_tokens: int
    warnings: list[str]


def estimate(settings: Settings, spec: PredictSpec, input_table: Path, *, loaded: Loaded | None = None, owner: str = LOCAL) -> Estimate:
    """Estimates a run without starting it; in fp32 unless bf16 was asked for, so ``auto`` is mostly faster than said.

    Args:
        loaded: the spec's model, where a process keeps it; loaded here otherwise.
        owner: workspace whose adapters the spec may name.

    Raises:
        LimitReached: the model does not fit into memory; it was not loaded.
    """
    loaded = loaded or load(settings, spec, precision="bf16" if spec.precision == "bf16" else "fp32", owner=owner)
    columns = content_columns(spec)
    keys = table_keys(input_table, spec)
    distinct, counts = distinct_keys(keys)
    chosen = np.arange(len(distinct))
    if len(distinct) > settings.estimate_rows:
        chosen = np.unique(np.linspace(0, len(distinct) - 1, settings.estimate_rows).astype(np.int64))
    rate = len(distinct) / len(chosen) if len(chosen) else 1.0
    lengths, lost, window, encoded = _lengths(settings, loaded, input_table, columns, distinct[chosen])
    seconds = _seconds(loaded, settings, encoded, float(lengths.sum()) * rate)
    truncated = counts[chosen[: len(lost)]][lost > 0].sum() * rate
    warnings = describe(look_at_texts(_head(window, settings.fit_rows), loaded) if window else [])
    warnings += describe(look_at_ratings(input_table, spec, loaded, len(keys)))
    if device_for(settings, spec.precision) != CPU:
        warnings.append("Estimated on the processor; the run computes on a GPU, which is faster.")
    if len(chosen) < len(distinct):
        warnings.append(f"Estimated from {len(chosen):,} of {len(distinct):,} distinct rows.")
    return Estimate(
        rows=len(keys),
        distinct_rows=len(distinct),
        skipped_rows=int((keys < 0).sum()),
        sampled=len(chosen),
        rows_per_second=len(keys) / seconds if seconds > 0 else None,
        seconds=seconds,
        memory_bytes=_memory(settings, loaded, float(lengths.sum()) * rate, len(keys)),
        truncated_rows=round(truncated),
        lost_tokens=round(float(lost.sum()) * rate),
        warnings=warnings,
    )


def _lengths(
    settings: Settings, loaded: Loaded, path: Path, columns: dict, wanted: np.ndarray
) -> tuple[np.ndarray, np.ndarray, Window | None, Encoded | None]:
    """Tokens and lost tokens of each wanted row; the first window and its encoding are kept for the probe."""
    lengths, lost, first, first_encoded = [], [], None, None
    for window in read_windows(path, columns, wanted, rows=settings.estimate_rows, characters=settings.window_mb * MEGABYTE):
        for part, encoded in loaded.encode(window):
            if isinstance(encoded, Failure):
                lengths.append(np.zeros(len(part.keys)))
                lost.append(np.zeros(len(part.keys)))
                continue
            lengths.append(np.bincount(encoded.row, weights=encoded.lengths, minlength=encoded.rows))
            lost.append(encoded.lost)
            if first_encoded is None:
                first, first_encoded = part, encoded
    empty = np.empty(0)
    return np.concatenate([empty, *lengths]), np.concatenate([empty, *lost]), first, first_encoded


def _seconds(loaded: Loaded, settings: Settings, encoded: Encoded | None, tokens: float) -> float:
    """Seconds for this many tokens: some batches of the plan, spread over the lengths, are run and timed."""
    if encoded is None or not len(encoded.row):
        return 0.0
    scorer = loaded.scorer(settings)
    batches = cut_batches(encoded.lengths, min(PROBE_TOKENS, settings.token_budget), equal_lengths=scorer.equal_lengths)
    sizes = np.array([encoded.lengths[items].sum() for items in batches], float)
    by_token = np.searchsorted(np.cumsum(sizes), np.linspace(0, sizes.sum(), PROBE_BATCHES, endpoint=False), side="right")
    scorer.outputs(encoded, batches[0][:WARM_UP_ROWS])  # the first call makes kernels and buffers
    took = seen = 0.0
    for index in np.unique(by_token):
        seconds = _timed(lambda items=batches[index]: scorer.outputs(encoded, items))
        took, seen = took + seconds, seen + sizes[index]
        if took >= PROBE_SECONDS:
            break
    return took / seen * tokens


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _memory(settings: Settings, loaded: Loaded, tokens: float, rows: int) -> int:
    """Peak memory of the job: libraries and weights as they are here, one window, and the keys of all rows."""
    window_tokens = min(tokens, tokens / max(rows, 1) * settings.window_rows)
    resident = psutil.Process(os.getpid()).memory_info().rss
    return int(resident + window_tokens * BYTES_PER_TOKEN + min(settings.window_mb * MEGABYTE, tokens * 8) + rows * 64)


def _head(window: Window, rows: int) -> Window:
    step = max(1, len(window.keys) // rows)
    return window.part(slice(None, None, step))
