"""Precision and backend of a run: decided on the user's own rows, once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from core.inference import backends
from core.inference.loading import CPU, TORCH, Loaded, to_bf16, to_int8
from core.inference.plan import Window
from core.inference.score import Scored, message_of
from core.settings import Settings

SAME_LABEL_SHARE = 0.985
MEDIAN_CHANGE = 0.01
WORTH_PROBES = 4
"""With bf16 arithmetic in the processor it is at most about twice as fast: a probe pays only in a table several times the probed rows."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choice:
    """Precision and backend of a run and why. ``agreement`` and ``change`` are ``None`` where nothing was probed."""

    precision: str
    reason: str
    agreement: float | None = None
    change: float | None = None
    probed: int = 0
    backend: str = TORCH


@dataclass(frozen=True)
class Probed:
    """A choice, the model as chosen, and the results of the probed rows with it: they need not be computed again.

    ``seconds`` is what these results took; the rest of the probe was spent on choosing.
    """

    choice: Choice
    loaded: Loaded
    scored: list[Scored]
    seconds: float

    @property
    def keys(self) -> np.ndarray:
        """The probed rows."""
        return np.concatenate([np.empty(0, np.int64), *(part.rows for part in self.scored)])


@dataclass(frozen=True)
class Probe:
    """Scores some rows in several ways and takes the fastest that agrees with fp32 on torch.

    Args:
        wanted: precision of the spec.
        window: the rows.
        rest: distinct rows that are left after them.
        candidate: backend that may be tried besides torch; none where empty.
        reload: loads the model in fp32 once more.
        tell: called with a way of scoring before the rows are scored in it.
    """

    settings: Settings
    wanted: str
    window: Window
    rest: int
    candidate: str
    reload: Callable[[], Loaded]
    stop_requested: Callable[[], bool]
    tell: Callable[[str], None] = lambda way: None

    def run(self, loaded: Loaded) -> Probed | None:
        """Chooses.

        Args:
            loaded: the model in fp32; used up.

        Returns:
            ``None`` when stopped on the way.
        """
        exact, seconds = self._scored(loaded, "fp32")
        rest = seconds / max(len(self.window.keys), 1) * self.rest
        exported = self._exported(loaded) if self.candidate and rest >= self.settings.backend_seconds else None
        if self.stop_requested():
            return None
        if self.wanted == "int8":
            found = self._in_int8(loaded, exact, seconds)
        elif self.wanted == "fp32" or (self.wanted == "auto" and not has_bf16(loaded.device)):
            found = self._in_fp32(Probed(Choice("fp32", _unprobed(self.wanted)), loaded, exact, seconds), exported)
        else:
            found = self._in_bf16(loaded, exact, seconds, exported)
        return None if self.stop_requested() else found

    def _in_fp32(self, found: Probed, exported: Any) -> Probed:
        """fp32, on the other backend where that is better."""
        taken = self._backend(found.loaded, found.choice.reason, found.scored, exported)
        return taken if isinstance(taken, Probed) else _with_reason(found, taken)

    def _in_bf16(self, loaded: Loaded, exact: list[Scored], seconds: float, exported: Any) -> Probed | None:
        """bf16 where that was asked for or agrees; else fp32. ``None`` when stopped.

        The other backend comes first: where it is taken, no row is scored with torch in bf16.
        """
        quick = to_bf16(loaded)
        because = "the probed rows agree with fp32" if self.wanted == "auto" else _unprobed(self.wanted)
        taken = self._backend(quick, because, exact, exported)
        if isinstance(taken, Probed):
            return taken
        if self.stop_requested():
            return None
        scored, quick_seconds = self._scored(quick, "bf16")
        agrees, agreement, median, rows = verdict(quick, exact, scored)
        if agrees or self.wanted == "bf16":
            return _with_reason(Probed(Choice("bf16", because, agreement, median, rows), quick, scored, quick_seconds), taken)
        found = Probed(Choice("fp32", "bf16 changes too many answers", agreement, median, rows), self.reload(), exact, seconds)
        return self._in_fp32(found, exported)

    def _scored(self, loaded: Loaded, way: str) -> tuple[list[Scored], float]:
        """The results of the window, and the seconds that they took."""
        self.tell(way)
        began = time.perf_counter()
        return list(loaded.scorer(self.settings).score(self.window, self.stop_requested)), time.perf_counter() - began

    def _in_int8(self, loaded: Loaded, exact: list[Scored], seconds: float) -> Probed:
        """int8 where it agrees, even though it was asked for: it changes more answers than any other precision; else fp32."""
        try:
            quick = to_int8(loaded)
            scored, quick_seconds = self._scored(quick, "int8")
        except Exception as error:
            log.warning("int8 was left out: %s", message_of(error))
            return Probed(Choice("fp32", f"int8 does not work for this model ({message_of(error)})"), self.reload(), exact, seconds)
        agrees, agreement, median, rows = verdict(quick, exact, scored)
        if agrees:
            return Probed(
                Choice("int8", "asked for, and the probed rows agree with fp32", agreement, median, rows), quick, scored, quick_seconds
            )
        return Probed(Choice("fp32", "int8 changes too many answers", agreement, median, rows), self.reload(), exact, seconds)

    def _exported(self, loaded: Loaded) -> Any:
        """The model for the other backend, made while its fp32 weights are there; or why there is none."""
        try:
            return backends.export(self.settings, loaded, self.window)
        except Exception as error:
            return error

    def _backend(self, loaded: Loaded, because: str, exact: list[Scored], exported: Any) -> Probed | str:
        """The other backend in the precision of a model on torch, where it is faster and agrees; else why torch stays.

        Args:
            loaded: what it races against.
            because: the reason for its precision.
            exported: what :meth:`_exported` gave; ``None`` where no other backend is worth a trial.
        """
        if exported is None or self.stop_requested():
            return ""
        name = backends.NAMES[self.candidate]
        try:
            if isinstance(exported, Exception):
                raise exported
            other = backends.compiled(self.settings, loaded, exported, loaded.precision)
            faster = backends.speed_up(self.settings, loaded, other, self.window)
            if faster < backends.FASTER:
                return f"{name} is not faster here ({faster:.2f} times as fast as torch)"
            scored, seconds = self._scored(other, f"{loaded.precision} with {name}")
        except Exception as error:
            log.warning("%s was left out: %s", name, message_of(error))
            return f"{name} does not run this model ({message_of(error)})"
        agrees, agreement, median, rows = verdict(loaded, exact, scored)
        if not agrees:
            return f"{name} changes too many answers"
        reason = f"{because}; {name} is {faster:.1f} times as fast as torch and agrees with fp32"
        return Probed(Choice(loaded.precision, reason, agreement, median, rows, self.candidate), other, scored, seconds)


def has_bf16(device: str) -> bool:
    """Whether a device multiplies bfloat16 matrices in hardware."""
    if device == CPU:
        return cpu_has_bf16()
    import torch

    return torch.cuda.is_bf16_supported(including_emulation=False)


def cpu_has_bf16() -> bool:
    """Whether the processor multiplies bfloat16 matrices in hardware (avx512_bf16 or AMX); elsewhere bf16 is slower than fp32."""
    import torch

    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, name, bool)() for name in checks)


def settled_before_probe(settings: Settings, wanted: str, distinct: int, candidate: str = "", device: str = CPU) -> Choice | None:
    """The choice where no probe is needed: nothing to choose from, or too few rows to gain anything.

    Args:
        distinct: rows to score.
        candidate: backend that may be tried besides torch.
        device: where the run computes.
    """
    few = distinct < WORTH_PROBES * settings.probe_rows
    if wanted == "int8":  # never without a look at what it changes
        return None if distinct else Choice("fp32", "nothing to score")
    if wanted == "auto" and has_bf16(device):
        reason = f"fewer than {WORTH_PROBES * settings.probe_rows} distinct rows: a probe would cost more than it saves"
        return Choice("fp32", reason) if few else None
    return Choice("bf16" if wanted == "bf16" else "fp32", _unprobed(wanted)) if few or not candidate else None


def verdict(loaded: Loaded, exact: list[Scored], quick: list[Scored]) -> tuple[bool, float, float, int]:
    """Whether quicker answers agree with those of fp32 on torch; the share of same answers, the median change, and the rows compared."""
    same, change = compare(loaded, exact, quick)
    agreement, median = (float(same.mean()), float(np.median(change))) if len(same) else (0.0, 1.0)
    return agreement >= SAME_LABEL_SHARE and median <= MEDIAN_CHANGE, agreement, median, len(same)


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


def _unprobed(wanted: str) -> str:
    return "asked for" if wanted != "auto" else "this device has no bf16 arithmetic"


def _with_reason(found: Probed, more: str) -> Probed:
    return replace(found, choice=replace(found.choice, reason=f"{found.choice.reason}; {more}")) if more else found


def _by_key(scored: list[Scored]) -> pa.Table:
    tables = [pa.table({"key": part.keys, **part.columns}) for part in scored if len(part.keys)]
    return pa.concat_tables(tables).sort_by("key") if tables else pa.table({"key": pa.array([], pa.int64())})
