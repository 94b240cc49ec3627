"""``jobs`` as scripts use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.jobs import queue, store
from core.jobs.runner import record_process
from core.processes import Identity
from core.runs import create_run
from core.schema import JobState, RehearsalSpec
from core.settings import Settings
from tests.unit.cli.test_commands import command


@pytest.fixture
def done(settings: Settings) -> str:
    """The id of a job that is done."""
    run = create_run(settings, RehearsalSpec(), owner="local")
    with store.opened(settings) as connection:
        store.insert(connection, run.id, kind="rehearsal", owner="local", title="", created=1.0, total=1)
        row = queue.claim_next(settings, connection)
        record_process(settings, row.token, Identity(0, 0.0))
        store.change(connection, row, state=JobState.DONE)
    return run.id


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ("stop", "Expected a job that waits or runs; found one that is done. There is nothing to stop."),
        ("resume", "Expected a job that is failed or stopped; found one that is done. There is nothing left to go on with."),
    ],
)
def test_what_a_job_that_is_done_cannot_be_asked_for_is_bad_input(settings: Settings, done: str, asked: str, line: str) -> None:
    refused = command(Path(settings.home), "jobs", asked, done)
    assert (refused.returncode, refused.stdout, refused.stderr.splitlines()) == (2, "", [line])
