"""Which settings come next: the next of a grid, some by chance, or what Optuna makes of the trials before."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import JsonValue

from core.errors import BadInput
from core.schema import Range, SearchSpec
from core.training.search.space import Settings, combinations, drawn, fits, is_whole, rounded
from core.training.search.trials import Trial

ASKED = 50
"""How often Optuna is asked for settings that fit together before it is taken that it has no others."""


def propose(spec: SearchSpec, earlier: Sequence[Trial]) -> Settings | None:
    """The settings of the next trial, from the spec and the trials before it alone; ``None`` where there are no others.

    Raises:
        BadInput: Optuna is asked for and not installed.
    """
    dials, search, place = spec.base.dials, spec.search, len(earlier)
    if search.method == "grid":
        every = combinations(dials, search)
        # In an order by chance: a search that ends early has seen something of each dial
        order = np.random.default_rng(spec.seed).permutation(len(every))
        return every[order[place]] if place < len(every) else None
    if search.method == "random":
        return next(itertools.islice(drawn(dials, search, spec.seed), place, None), None)
    return _by_optuna(spec, earlier)


def _by_optuna(spec: SearchSpec, earlier: Sequence[Trial]) -> Settings | None:
    """What the tree-structured Parzen estimator makes of the trials so far (https://papers.nips.cc/paper/4443)."""
    try:
        import optuna
    except ImportError as error:
        raise BadInput("Optuna, which this search asks", "it is not installed", "Install it, or start another search.") from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    dials, search = spec.base.dials, spec.search
    spread = {dial: _distribution(optuna, dial, dimension) for dial, dimension in search.space.items()}
    sampler = optuna.samplers.TPESampler(seed=(spec.seed + len(earlier)) % 2**32)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for trial in earlier:
        score = trial.score(spec.base.dials.metric)
        state = optuna.trial.TrialState.COMPLETE if score is not None else optuna.trial.TrialState.FAIL
        values = {dial: _to_optuna(search.space[dial], value) for dial, value in trial.dials.items()}
        study.add_trial(optuna.trial.create_trial(params=values, distributions=spread, value=score, state=state))
    seen = [trial.dials for trial in earlier]
    for _ in range(ASKED):
        asked = study.ask(spread)
        settings = {dial: _from_optuna(dial, search.space[dial], asked.params[dial]) for dial in search.space}
        if settings not in seen and fits(dials, settings):
            return settings
        study.tell(asked, state=optuna.trial.TrialState.FAIL)
    return next((settings for settings in drawn(dials, search, spec.seed) if settings not in seen), None)


def _distribution(optuna: Any, dial: str, dimension: Range | tuple[JsonValue, ...]) -> Any:
    """Values are told by their places: a list or nothing is no value to Optuna."""
    if not isinstance(dimension, Range):
        return optuna.distributions.CategoricalDistribution(list(range(len(dimension))))
    if is_whole(dial):
        return optuna.distributions.IntDistribution(math.ceil(dimension.low), math.floor(dimension.high), log=dimension.log)
    return optuna.distributions.FloatDistribution(dimension.low, dimension.high, log=dimension.log)


def _to_optuna(dimension: Range | tuple[JsonValue, ...], value: Any) -> Any:
    return value if isinstance(dimension, Range) else dimension.index(value)


def _from_optuna(dial: str, dimension: Range | tuple[JsonValue, ...], value: Any) -> JsonValue:
    """A number is rounded as :func:`rounded` does, and kept inside its range."""
    if not isinstance(dimension, Range):
        return dimension[value]
    return min(max(rounded(dial, value), dimension.low), dimension.high)
