"""A search beside other runs: it counts as the best of its trials."""

from __future__ import annotations

from core.runs import RunFolder
from core.schema import SearchSpec, Spec
from core.tables.problems import number_of
from core.training.search.trials import Trial, best_trial, folder_of, read_trials


def spec_of(run: RunFolder) -> Spec:
    """What a run is compared by: its spec, and of a search that of its best trial, or of its base before there is one."""
    spec = run.spec()
    if not isinstance(spec, SearchSpec):
        return spec
    best = best_of_search(run, spec)
    return folder_of(run, best.number).spec() if best else spec.base


def best_of_search(run: RunFolder, spec: SearchSpec) -> Trial | None:
    """The best trial so far."""
    return best_trial(read_trials(run, spec), spec.base.dials.metric)


def search_note(run: RunFolder) -> str | None:
    """What has to be known of a search that is compared, in a sentence; ``None`` of any other run."""
    spec = run.spec()
    if not isinstance(spec, SearchSpec):
        return None
    trials, best = read_trials(run, spec), best_of_search(run, spec)
    if best is None:
        return f"Run {run.id} is a search of which no trial has come to its end yet."
    dials = ", ".join(f"{dial} {value}" for dial, value in best.dials.items())
    return (
        f"Run {run.id} is a search: it counts as its best trial, number {best.number} of {len(trials)} ({dials}). The validation rows "
        f"chose it among {number_of(len(trials), 'trial')}, which flatters its figures."
    )
