"""What the command line says of a job."""

import pytest

from core.cli.follow import describe
from core.schema import Job, JobState, Progress

PROGRESS = Progress(stage="scoring", rows_done=1217, rows=3000, rows_per_second=29.4, seconds_left=61.6, time=0.0)


def job(state: JobState, place: int | None = None) -> Job:
    return Job(id="0123456789abcdef", kind="predict", state=state, owner="local", created=0, rows_done=1217, rows=3000, place=place)


@pytest.mark.parametrize("state", [JobState.STOPPED, JobState.FAILED, JobState.DONE])
def test_what_has_ended_has_no_rate_and_no_time_left(state: JobState) -> None:
    assert describe(job(state), PROGRESS) == f"0123456789abcdef {state}, 1,217 of 3,000 rows"


def test_what_runs_says_how_fast_and_how_long() -> None:
    assert describe(job(JobState.RUNNING), PROGRESS) == "0123456789abcdef scoring: 1,217 of 3,000 rows, 29 rows/s, 62 s left"


def test_one_row_is_one_row() -> None:
    one = job(JobState.DONE).model_copy(update={"rows_done": 1, "rows": 1})
    assert describe(one, None) == "0123456789abcdef done, 1 of 1 row"


def test_what_waits_says_its_place() -> None:
    assert describe(job(JobState.QUEUED, place=2), None) == "0123456789abcdef queued, place 2"
