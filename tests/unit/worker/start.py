"""Starts the process of a claimed job with another function than its kind's: ``python -m tests.unit.worker.start <function>``."""

from __future__ import annotations

import os
import subprocess
import sys

from core import jobs, processes
from core.jobs import api, keeper, queue, store
from core.schema import Job, RehearsalSpec
from core.settings import Settings
from core.worker import kinds
from core.worker.main import work


def start(settings: Settings, function: str) -> tuple[Job, subprocess.Popen]:
    """Submits a job and starts it as a scheduler does that dies right afterwards: the next one adopts it."""
    wanted, api.ensure_scheduler = api.ensure_scheduler, lambda settings: None
    try:
        job = jobs.submit(settings, RehearsalSpec(), owner="a")
    finally:
        api.ensure_scheduler = wanted
    with store.opened(settings) as connection:
        row = queue.claim_next(settings, connection)
    with (settings.home / "runs" / job.id / "log.txt").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.unit.worker.start", function, job.id, row.token],
            cwd=processes.PROJECT_ROOT,
            env=processes.child_environment(settings, **{store.TOKEN_VARIABLE: row.token}),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    from core.jobs.runner import record_process

    record_process(settings, row.token, processes.identify(process.pid))
    keeper.ensure_scheduler(settings)
    return job, process


if __name__ == "__main__":
    kinds.KINDS["rehearsal"] = f"tests.unit.worker.jobs_that_misbehave:{sys.argv[1]}"
    os._exit(work(Settings(), sys.argv[2], sys.argv[3]))
