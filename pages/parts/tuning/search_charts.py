"""The charts of a search over dials: for its run's page and for dashboards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from core import charts
from core.runs import RunFolder
from core.schema import FinetuneSpec, Range, SearchSpec
from core.training.search import Trial, best_trial, importance, read_trials
from pages.parts.tuning.dials import title_of
from pages.parts.tuning.words import best_in, quality_of

FEWEST = 2  # trials between which there is a difference
QUALITY, LOSS = "Quality", "Validation loss"


class Mattered(NamedTuple):
    """The trials that have a score, and the part of each dial in their differences, the largest first.

    ``dials`` are all that were searched over, those with a part first; ``shares`` is empty where the trials are too few to tell.
    ``measure`` is what was judged by, in words; ``by_factors`` are the ranges, and whether their values were drawn by factors.
    """

    trials: Sequence[Trial]
    metric: str
    shares: Mapping[str, float]
    dials: Sequence[str]
    measure: str
    by_factors: Mapping[str, bool]


def mattered(run: RunFolder, spec: SearchSpec) -> Mattered | None:
    """What made the difference; ``None`` while there is none to speak of."""
    metric = spec.base.dials.metric
    scored = [trial for trial in read_trials(run, spec) if trial.score(metric) is not None]
    if len(scored) < FEWEST:
        return None
    shares = importance([trial.dials for trial in scored], [trial.score(metric) for trial in scored])
    dials = [*shares, *(dial for dial in spec.search.space if dial not in shares)]
    measure = LOSS if metric == "loss" else f"{quality_title(run, spec.base)} on validation rows"
    by_factors = {dial: dimension.log for dial, dimension in spec.search.space.items() if isinstance(dimension, Range)}
    return Mattered(scored, metric, shares, dials, measure, by_factors)


def quality_title(run: RunFolder, spec: FinetuneSpec) -> str:
    """The quality of a trial by its own name; where the problem is not known yet, or the quality has none, by that word."""
    problem = spec.problem if spec.problem != "auto" else run.choices().get("problem", "")
    found = quality_of(spec.task, problem) or best_in(spec.task, run.metrics().get("metrics", {}))
    return f"{found[:1].upper()}{found[1:]}" or QUALITY


def importance_chart(found: Mattered) -> go.Figure | None:
    """A bar for each dial."""
    return charts.search_importance({title_of(dial): share for dial, share in found.shares.items()}) if found.shares else None


def dial_chart(found: Mattered, dial: str) -> go.Figure:
    """A point for each trial, by the value of one dial."""
    figures = [trial.loss if found.metric == "loss" else trial.quality for trial in found.trials]
    best = found.trials.index(best_trial(found.trials, found.metric))
    return charts.search_dial(
        title_of(dial),
        [trial.dials[dial] for trial in found.trials],
        figures,
        measure=found.measure,
        best=best,
        by_factors=found.by_factors.get(dial),
    )
