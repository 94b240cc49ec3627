"""Before a fine-tune: what is trained, how long it takes, how much memory, what is cut. From a few steps that change nothing."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import psutil
from pydantic import BaseModel, ConfigDict

from core import models
from core.inference.devices import device_for
from core.processes import free_memory
from core.schema import FinetuneSpec
from core.settings import MEGABYTE, Settings
from core.training.data import read_data
from core.training.loop.preparing import Prepared, prepare
from core.training.loop.probing import SMALLER, padded, try_step
from core.training.loop.spare_memory import MOST_SPARE
from core.training.loop.train import uses_bf16
from core.workspaces import LOCAL

PROBED_STEPS = 4
PROBE_SECONDS = 3.0
WATCH_SECONDS = 0.005
FORWARD_SHARE = 1 / 3  # of a step's time that the forward pass takes, and so a validation row: two products of three are backward
BYTES_PER_TRAINED = 16  # weight, gradient and the two moments of the optimiser, in fp32
BYTES_PER_AVERAGED = 4


class TrainingEstimate(BaseModel):
    """What a fine-tune will take.

    Args:
        trainable_parameters: of ``parameters`` in all.
        examples: that are learned from in one epoch; a long row may be several.
        steps: of the optimiser.
        seconds: on this machine as it is now.
        memory_bytes: the job's peak.
        cut_rows: rows of either part that are longer than ``max_length`` and lose ``lost_tokens`` tokens.
        too_much: what to do where that is more memory than there is; else empty.
    """

    model_config = ConfigDict(frozen=True)

    trainable_parameters: int
    parameters: int
    examples: int
    steps: int
    seconds: float
    memory_bytes: int
    cut_rows: int
    lost_tokens: int
    too_much: str = ""


def estimate_training(
    settings: Settings, spec: FinetuneSpec, table: Path, validation: Path | None = None, *, owner: str = LOCAL
) -> TrainingEstimate:
    """Tries some steps of a fine-tune without starting it.

    Args:
        table: that the spec names.
        validation: its table of validation rows, where it names one.

    Raises:
        LimitReached: the weights do not fit into memory.
        BadInput: nothing can be learned from the tables.
    """
    files = models.resolve(settings, spec.model, owner, fetch=False)
    device = device_for(settings, spec.dials.precision)
    ready = prepare(settings, spec, files, read_data(settings, spec, table, validation), device)
    before = psutil.Process().memory_info().rss
    rate, peak = _probed(ready, device=device, bf16=uses_bf16(spec, device))
    lost = [examples.encoded.lost for examples in (ready.examples, ready.validation)]
    memory = (
        before + peak + min(MOST_SPARE, peak) + (BYTES_PER_TRAINED + (BYTES_PER_AVERAGED if spec.dials.averaging else 0)) * ready.trainable
    )
    room = min(free_memory() + before, settings.job_memory_mb * MEGABYTE)
    return TrainingEstimate(
        trainable_parameters=ready.trainable,
        parameters=sum(each.numel() for each in ready.model.parameters()),
        examples=len(ready.examples),
        steps=-(-len(ready.batches) // spec.dials.accumulation),
        seconds=rate * _tokens(ready, spec.dials.evaluations),
        memory_bytes=memory,
        cut_rows=sum(int((each > 0).sum()) for each in lost),
        lost_tokens=sum(int(each.sum()) for each in lost),
        too_much=SMALLER if memory > room else "",
    )


def _tokens(ready: Prepared, evaluations: int) -> float:
    """Padded tokens of the whole training, those of the validation rows in parts of a step."""
    learned = sum(padded(ready, batch) for batch in ready.batches)
    return learned + FORWARD_SHARE * evaluations * float(ready.validation.costs.sum())


def _probed(ready: Prepared, *, device: str, bf16: bool) -> tuple[float, int]:
    """Seconds for a padded token, and bytes that the largest step takes above what is there."""
    order = sorted(ready.batches, key=lambda batch: padded(ready, batch))
    with _Peak() as peak:
        try_step(ready, order[-1], device=device, bf16=bf16)
    chosen = [order[place] for place in np.linspace(0, len(order) - 1, PROBED_STEPS).astype(int)]
    took = tokens = 0.0
    for batch in reversed(chosen):  # what the longest takes counts most
        began = time.perf_counter()
        try_step(ready, batch, device=device, bf16=bf16)
        took, tokens = took + time.perf_counter() - began, tokens + padded(ready, batch)
        if took > PROBE_SECONDS:
            break
    return took / max(tokens, 1), peak.bytes


class _Peak:
    """The most memory that the process takes within a block, above what it had before."""

    def __enter__(self) -> _Peak:
        self._process, self._over = psutil.Process(), threading.Event()
        self._before = self._most = self._process.memory_info().rss
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._over.wait(WATCH_SECONDS):
            self._most = max(self._most, self._process.memory_info().rss)

    def __exit__(self, *raised: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def bytes(self) -> int:
        return self._most - self._before
