"""What the command line says of a job."""

from itertools import chain, repeat

import pytest

from core.cli import follow
from core.cli.follow import describe
from core.runs import create_run
from core.schema import Job, JobState, Progress, RehearsalSpec
from core.settings import Settings

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


def test_a_job_whose_end_cannot_be_noted_says_so_and_no_stage() -> None:
    gone = job(JobState.RUNNING).model_copy(update={"unnoted": True, "error": "The process has ended. Free some space."})
    assert describe(gone, PROGRESS) == f"0123456789abcdef running, 1,217 of 3,000 rows, {follow.GONE}"


def test_waiting_for_a_job_tells_what_has_befallen_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = job(JobState.RUNNING).model_copy(update={"id": create_run(settings, RehearsalSpec(), owner="local").id})
    full = runs.model_copy(update={"unnoted": True, "error": "Its end cannot be noted. Free some space."})
    again = runs.model_copy(update={"state": JobState.QUEUED, "error": "The disk was full. It is started again, once.", "place": 1})
    done = runs.model_copy(update={"state": JobState.DONE})
    looks = chain(repeat(full, 3), repeat(again, 3), [done])
    monkeypatch.setattr(follow, "LINE_SECONDS", -1)
    monkeypatch.setattr(follow, "POLL_SECONDS", 0)
    monkeypatch.setattr(follow.jobs, "ensure_scheduler", lambda *_: None)
    monkeypatch.setattr(follow.jobs, "get", lambda *_: next(looks))
    assert follow.follow(settings, runs) is done
    told = capsys.readouterr().err.splitlines()
    assert told[1] == f"{runs.id}: Its end cannot be noted. Free some space."
    assert told[2:5] == [f"{runs.id} running, 1,217 of 3,000 rows, {follow.GONE}"] * 3
    assert told[5:] == [f"{runs.id}: The disk was full. It is started again, once.", *[f"{runs.id} queued, place 1"] * 3]


def test_what_waits_says_its_place() -> None:
    assert describe(job(JobState.QUEUED, place=2), None) == "0123456789abcdef queued, place 2"
