"""What tells runs of one table apart: their task, and the model that they score with or tune."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from core import tasks
from core.errors import SheetformerError
from core.runs import open_run
from core.schema import Job, base_of
from core.settings import Settings

KINDS = {"finetune": "Fine-tune", "search": "Search over dials", "demo": "Demo"}
REMEMBERED = 4_096


class Told(NamedTuple):
    """The title of a task and the reference of a model; empty where a run has none, or is gone."""

    task: str = ""
    model: str = ""

    def after(self, title: str) -> str:
        """A run's title with both behind it."""
        return " · ".join(part for part in (title, self.task, self.model) if part)


def told(settings: Settings, job: Job) -> Told:
    """What a job's spec says."""
    try:
        return _of_spec(settings.home, job.id)
    except SheetformerError:
        return Told()


def kind(job: Job, said: Told) -> str:
    """What a job does: its task where it scores a table, else the kind of job."""
    return KINDS.get(job.kind) or said.task or job.kind


@lru_cache(maxsize=REMEMBERED)  # a spec never changes, and lists of jobs are drawn anew each second
def _of_spec(home: Path, run_id: str) -> Told:
    spec = open_run(Settings(home=home), run_id).spec()
    spec = base_of(spec)
    name, model = getattr(spec, "task", ""), getattr(spec, "model", "")
    return Told(next((task.title for task in tasks.all_tasks() if task.name == name), name), str(model or ""))
