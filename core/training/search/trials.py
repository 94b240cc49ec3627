"""The fine-tunes of a search, read from its run's folder: what was turned, what came of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import JsonValue

from core.files import write_bytes, write_json
from core.runs import RunFolder
from core.schema import Dials, SearchSpec
from core.training.choices.spec_making import turn
from core.training.loop.history import best_of, read_history

TRIALS = "trials"
DONE, FAILED, UNFINISHED = "done", "failed", "unfinished"


@dataclass(frozen=True)
class Trial:
    """One fine-tune of a search.

    Args:
        number: from 1.
        dials: those that the search turns, with their values here.
        state: ``done``, ``failed`` or ``unfinished``.
        quality: on the validation rows, of its best checkpoint; so are ``loss`` and ``epoch``.
        seconds: of work on it, as far as it is known.
        trainable: parameters that were trained.
        error: why it failed.
    """

    number: int
    dials: dict[str, JsonValue]
    state: str
    quality: float | None = None
    loss: float | None = None
    epoch: float | None = None
    seconds: float = 0.0
    trainable: int = 0
    error: str = ""

    def score(self, metric: str) -> float | None:
        """What a search makes as large as it can; ``None`` where the trial has not come to its end."""
        found = self.loss if metric == "loss" else self.quality
        if self.state != DONE or found is None or not math.isfinite(found):
            return None
        return -found if metric == "loss" else found

    def facts(self) -> dict[str, Any]:
        """For the summary, as JSON values."""
        facts = {"trial": self.number, **asdict(self)}
        del facts["number"], facts["trainable"]
        return facts if self.error else {name: value for name, value in facts.items() if name != "error"}


def best_trial(trials: Sequence[Trial], metric: str) -> Trial | None:
    """The finished trial with the best score; of equals, which few validation rows often give, the one with the lower loss."""
    scored = [(score, -(trial.loss or 0.0), trial) for trial in trials if (score := trial.score(metric)) is not None]
    return max(scored, key=lambda each: each[:2])[2] if scored else None


def folder_of(run: RunFolder, number: int) -> RunFolder:
    """The run's folder of one trial."""
    return RunFolder(run.path / TRIALS / f"{number:03d}")


def begin_trial(run: RunFolder, number: int, spec: SearchSpec, dials: dict[str, JsonValue]) -> RunFolder:
    """Makes the folder of a trial. The spec in it is a fine-tune's, and the last that is written: with it the trial has begun."""
    folder = folder_of(run, number)
    folder.path.mkdir(parents=True, exist_ok=True)
    write_json(folder.origin_path, {"owner": run.owner()})
    one = spec.base.model_copy(update={"dials": turn(spec.base.dials, dials)})
    write_bytes(folder.spec_path, one.model_dump_json(indent=2).encode("utf-8"))
    return folder


def end_trial(folder: RunFolder, **facts: Any) -> None:
    """Writes what came of a trial: it is not done again."""
    write_json(folder.summary_path, facts)


def read_trials(run: RunFolder, spec: SearchSpec) -> list[Trial]:
    """All trials that have begun, by their numbers."""
    folders = sorted((path.parent for path in (run.path / TRIALS).glob("*/spec.json")), key=lambda folder: int(folder.name))
    return [_read(RunFolder(folder), spec) for folder in folders]


def _read(folder: RunFolder, spec: SearchSpec) -> Trial:
    number, dials = int(folder.id), _turned(folder.spec().dials, spec)
    summary = folder.summary()
    if summary:
        return Trial(number=number, dials=dials, **summary)
    best = best_of(read_history(folder), spec.base.dials.metric)
    return Trial(number=number, dials=dials, state=UNFINISHED, seconds=float(folder.choices().get("seconds", 0.0)), **best)


def _turned(dials: Dials, spec: SearchSpec) -> dict[str, JsonValue]:
    values = dials.model_dump(mode="json")
    return {dial: values[dial] for dial in spec.search.space}
