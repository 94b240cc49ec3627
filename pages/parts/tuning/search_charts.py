"""The charts of a search over dials: for its run's page and for dashboards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import plotly.graph_objects as go

from core import charts
from core.runs import RunFolder
from core.schema import SearchSpec
from core.training.search import Trial, best_trial, importance, read_trials

FEWEST = 2  # trials between which there is a difference
MEASURES: Mapping[str, str] = MappingProxyType({"quality": "Quality on validation rows", "loss": "Validation loss"})


class Mattered(NamedTuple):
    """The trials that have a score, and the part of each dial in their differences, the largest first.

    ``dials`` are all that were searched over, those with a part first; ``shares`` is empty where the trials are too few to tell.
    """

    trials: Sequence[Trial]
    metric: str
    shares: Mapping[str, float]
    dials: Sequence[str]


def mattered(run: RunFolder, spec: SearchSpec) -> Mattered | None:
    """What made the difference; ``None`` while there is none to speak of."""
    metric = spec.base.dials.metric
    scored = [trial for trial in read_trials(run, spec) if trial.score(metric) is not None]
    if len(scored) < FEWEST:
        return None
    shares = importance([trial.dials for trial in scored], [trial.score(metric) for trial in scored])
    return Mattered(scored, metric, shares, [*shares, *(dial for dial in spec.search.space if dial not in shares)])


def importance_chart(found: Mattered) -> go.Figure | None:
    """A bar for each dial."""
    return charts.search_importance(found.shares) if found.shares else None


def dial_chart(found: Mattered, dial: str) -> go.Figure:
    """A point for each trial, by the value of one dial."""
    figures = [trial.loss if found.metric == "loss" else trial.quality for trial in found.trials]
    best = found.trials.index(best_trial(found.trials, found.metric))
    return charts.search_dial(dial, [trial.dials[dial] for trial in found.trials], figures, measure=MEASURES[found.metric], best=best)
