"""From a fine-tune and a space to the spec of a search: checked here, so that no job starts on a space that cannot work."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

from core.errors import BadInput, LimitReached
from core.schema import FinetuneSpec, Range, Search, SearchSpec
from core.schema.searching import SearchMethod
from core.settings import Settings
from core.training.search.space import EXAMPLE, combinations, drawn, read_dimension, size

DEFAULT_TRIALS = 12


def make_search(
    settings: Settings,
    base: FinetuneSpec,
    space: Mapping[str, str],
    *,
    method: SearchMethod = "random",
    trials: int | None = None,
    minutes: float | None = None,
) -> SearchSpec:
    """Checks the choices for a search and puts them into a spec.

    Args:
        base: the fine-tune whose dials are turned.
        space: dial to its values or its range, as a user writes them.
        trials: most fine-tunes; without one all of a grid, and of another search 12 or as many as the space holds.
        minutes: of work in which the search should end.

    Raises:
        BadInput: a space, a budget or a method that cannot work here.
        LimitReached: more fine-tunes than ``max_search_trials``.
    """
    if not space:
        raise BadInput("a dial to search", "none", EXAMPLE)
    dimensions = {dial: read_dimension(base.dials, dial, text) for dial, text in space.items()}
    if minutes is not None and not 0 < minutes < float("inf"):
        raise BadInput("minutes above 0", f"{minutes:g}", "Give the search some time, or no limit of it.")
    if trials is not None and trials < 1:
        raise BadInput("at least one trial", str(trials), "Choose more.")
    if method == "optuna" and find_spec("optuna") is None:
        raise BadInput("Optuna, for this method", "it is not installed", "Install it with pip install optuna, or choose random.")
    search = Search(space=dimensions, method=method, trials=trials or DEFAULT_TRIALS, minutes=minutes)
    most = settings.max_search_trials
    search = search.model_copy(update={"trials": _trials(base, search, trials, most)})
    if search.trials > most:
        raise LimitReached(f"at most {most:,} trials (max_search_trials)", f"{search.trials:,}", "Choose fewer, or fewer values.")
    return SearchSpec(versions=base.versions, seed=base.seed, base=base, search=search)


def _trials(base: FinetuneSpec, search: Search, asked: int | None, most: int) -> int:
    """How many fine-tunes there will be at most."""
    ranges = [dial for dial, dimension in search.space.items() if isinstance(dimension, Range)]
    if search.method == "grid" and ranges:
        raise BadInput("values of every dial for a grid", f"a range of {', '.join(ranges)}", "Name values, or choose random.")
    held = size(search)
    if held > most:
        if next(drawn(base.dials, search, base.seed), None) is None:
            raise _nothing_fits()
        return int(held) if search.method == "grid" else search.trials
    held = len(combinations(base.dials, search))
    if not held:
        raise _nothing_fits()
    if search.method != "grid":
        return min(search.trials, held)
    if asked is not None and asked < held:
        raise BadInput(
            f"at least as many trials as the grid has combinations, {held:,}", f"{asked:,}", "Leave the number out, or choose random."
        )
    return held


def _nothing_fits() -> BadInput:
    return BadInput("dials that can be turned so together", "no combination that can", "Choose other values.")
