"""Which run a pin shows now."""

from __future__ import annotations

from core import jobs
from core.dashboards.boards import Pin
from core.errors import NotFound, SheetformerError
from core.runs import has_current_result, open_run
from core.schema import FinetuneSpec, Job, JobState, PredictSpec, SearchSpec, Spec
from core.settings import Settings


def run_of(settings: Settings, workspace: str, pin: Pin) -> Job:
    """The run of a pin: the one it names, or the newest finished one of its kind, task and table.

    Raises:
        NotFound: the run is gone or another workspace's, or none has finished yet.
    """
    if pin.run:
        job = jobs.get(settings, pin.run)
        if job.owner != workspace:  # a dashboard shows what is its workspace's: its link gives nothing else away
            raise NotFound("a run of the dashboard's workspace", "another one's", "Take the pin away.")
        return job
    for job in jobs.list_jobs(settings, owner=workspace):
        if job.kind == pin.kind and job.state is JobState.DONE and _fits(settings, job, pin):
            return job
    raise NotFound("a finished run to follow", "none yet", f"Run {pin.task} on {pin.table or 'a table'}, or take the pin away.")


def shown_spec(spec: Spec) -> PredictSpec | FinetuneSpec | None:
    """What the charts of a run are of: of a search the fine-tune whose dials it turns; ``None`` where it has no charts."""
    if isinstance(spec, SearchSpec):
        return spec.base
    return spec if isinstance(spec, PredictSpec | FinetuneSpec) else None


def _fits(settings: Settings, job: Job, pin: Pin) -> bool:
    try:
        run = open_run(settings, job.id)
        spec = run.spec()
    except SheetformerError:  # a damaged run cannot be shown
        return False
    shown = shown_spec(spec)
    if shown is None:
        return False
    done = not isinstance(spec, PredictSpec) or has_current_result(run)
    return done and (not pin.task or shown.task == pin.task) and (not pin.table or shown.table.name == pin.table)
