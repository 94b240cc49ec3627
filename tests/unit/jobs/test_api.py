"""What pages and the command line ask of the queue, without a scheduler."""

from __future__ import annotations

import shutil
import sqlite3
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core import jobs
from core.errors import CannotWrite, Conflict, LimitReached, NotAllowed, NotFound
from core.files import sha256_of
from core.jobs import queue, store
from core.jobs.runner import record_process, write_final
from core.jobs.store import Row
from core.processes import Identity
from core.runs import open_run, write_progress
from core.schema import Job, JobState, PredictSpec, Progress, RehearsalSpec, TableSource
from core.settings import Settings

SPEC = RehearsalSpec(rows=30)
pytestmark = pytest.mark.usefixtures("queue_only")


def submit(settings: Settings, owner: str = "a") -> Job:
    return jobs.submit(settings, SPEC, owner=owner, title="thirty rows")


def run_it(settings: Settings, connection: sqlite3.Connection, job_id: str) -> Row:
    """What scheduler and process do: the job whose turn it is runs, in a process that is dead already."""
    row = queue.claim_next(settings, connection)
    assert row.id == job_id
    record_process(settings, row.token, Identity(0, 0.0))
    store.change(connection, row, state=JobState.RUNNING)
    return store.row(connection, job_id)


def end(settings: Settings, connection: sqlite3.Connection, job_id: str, state: JobState) -> None:
    row = run_it(settings, connection, job_id)
    write_final(open_run(settings, job_id), row.attempt, state, "it broke" if state == JobState.FAILED else None)
    assert jobs.get(settings, job_id).state == state


def test_a_submitted_job_waits_at_its_place(settings: Settings, queue_only: list[Settings]) -> None:
    first, second = submit(settings), submit(settings, "b")
    assert (first.state, first.place, first.rows, first.rows_done, first.title) == (JobState.QUEUED, 1, 30, 0, "thirty rows")
    assert (second.owner, second.place, second.kind) == ("b", 2, "rehearsal")
    assert open_run(settings, first.id).owner() == "a"
    assert queue_only == [settings, settings]


def test_a_full_queue_takes_nothing_and_leaves_no_folder(settings: Settings) -> None:
    limited = settings.model_copy(update={"max_queued_jobs_per_owner": 1})
    submit(limited)
    with pytest.raises(LimitReached, match="max_queued_jobs_per_owner"):
        submit(limited)
    assert submit(limited, "b").place == 2
    assert len(list((settings.home / "runs").iterdir())) == 2


@pytest.mark.parametrize("what", [jobs.get, jobs.log_text])
def test_an_unknown_id_is_not_found(settings: Settings, what) -> None:
    for job_id in ("0" * 16, "../../etc", ""):
        with pytest.raises(NotFound):
            what(settings, job_id)


@pytest.mark.parametrize("what", [jobs.stop, jobs.resume, jobs.retry, jobs.delete])
def test_only_the_owner_may_change_a_job_and_anybody_with_the_id_may_see_it(settings: Settings, what) -> None:
    job = submit(settings)
    with pytest.raises(NotAllowed):
        what(settings, job.id, owner="b")
    with pytest.raises(NotFound):
        what(settings, "0" * 16, owner="b")
    assert jobs.get(settings, job.id).state == JobState.QUEUED


def test_twenty_owners_see_their_own(settings: Settings) -> None:
    owners = [f"owner-{number}" for number in range(20)]
    mine = {owner: {submit(settings, owner).id for _ in range(2)} for owner in owners}
    for owner in owners:
        listed = jobs.list_jobs(settings, owner)
        assert {job.id for job in listed} == mine[owner]
        assert {job.owner for job in listed} == {owner}
    assert len(jobs.list_jobs(settings)) == 40


def test_the_list_is_newest_first_and_has_an_end(settings: Settings) -> None:
    ids = [submit(settings).id for _ in range(3)]
    assert [job.id for job in jobs.list_jobs(settings)] == ids[::-1]
    assert [job.id for job in jobs.list_jobs(settings, limit=1)] == ids[2:]


def test_ten_thousand_old_jobs_are_listed_within_a_second(settings: Settings, connection: sqlite3.Connection) -> None:
    with store.transaction(connection):
        connection.executemany(
            "INSERT INTO jobs (id, kind, owner, title, state, position, created, ended) VALUES (?, 'rehearsal', 'a', '', 'done', ?, ?, 2)",
            [(f"{number:016x}", number, float(number)) for number in range(10_000)],
        )
    started = time.process_time()  # of the processor: other tests may keep the machine busy
    listed = jobs.list_jobs(settings, "a", limit=20_000)
    assert time.process_time() - started < 1
    assert len(listed) == 10_000


def test_stopping_a_waiting_job_ends_it_at_once(settings: Settings) -> None:
    job = submit(settings)
    stopped = jobs.stop(settings, job.id, owner="a")
    assert (stopped.state, stopped.place) == (JobState.STOPPED, None)
    with pytest.raises(Conflict, match="stopped"):
        jobs.stop(settings, job.id, owner="a")


def test_stopping_a_starting_job_waits_for_its_process(
    settings: Settings, connection: sqlite3.Connection, queue_only: list[Settings]
) -> None:
    job = submit(settings)
    queue.claim_next(settings, connection)
    queue_only.clear()
    assert jobs.stop(settings, job.id, owner="a").state == JobState.STOPPING
    assert jobs.stop(settings, job.id, owner="a").state == JobState.STOPPING
    assert queue_only, "a scheduler has to be there to do it"


def test_states_of_dead_processes_are_corrected_before_they_are_shown(settings: Settings, connection: sqlite3.Connection) -> None:
    job = submit(settings)
    run_it(settings, connection, job.id)
    assert store.row(connection, job.id).state == JobState.RUNNING
    shown = jobs.list_jobs(settings)[0]
    assert (shown.state, shown.attempt, shown.place) == (JobState.QUEUED, 2, 1)
    assert "vanished" in shown.error


def test_a_running_job_shows_its_progress(settings: Settings, connection: sqlite3.Connection) -> None:
    job = submit(settings)
    queue.claim_next(settings, connection)
    write_progress(open_run(settings, job.id), Progress(stage="counting", rows_done=7, rows=30, time=1.0))
    shown = jobs.get(settings, job.id)
    assert (shown.rows_done, shown.rows) == (7, 30)


@pytest.mark.parametrize("state", [JobState.STOPPED, JobState.FAILED])
def test_what_was_stopped_or_failed_can_be_resumed(settings: Settings, connection: sqlite3.Connection, state: JobState) -> None:
    job = submit(settings)
    end(settings, connection, job.id, state)
    again = jobs.resume(settings, job.id, owner="a")
    assert (again.state, again.attempt, again.retry_failed, again.error) == (JobState.QUEUED, 2, False, None)


def test_what_is_done_or_waits_cannot_be_resumed(settings: Settings, connection: sqlite3.Connection) -> None:
    job = submit(settings)
    with pytest.raises(Conflict, match="queued"):
        jobs.resume(settings, job.id, owner="a")
    end(settings, connection, job.id, JobState.DONE)
    with pytest.raises(Conflict, match="done"):
        jobs.resume(settings, job.id, owner="a")


def test_a_resumed_job_may_crash_once_again(settings: Settings, connection: sqlite3.Connection) -> None:
    job = submit(settings)
    for _ in range(2):
        run_it(settings, connection, job.id)
        jobs.get(settings, job.id)
    assert jobs.get(settings, job.id).state == JobState.FAILED
    jobs.resume(settings, job.id, owner="a")
    run_it(settings, connection, job.id)
    assert jobs.get(settings, job.id).state == JobState.QUEUED


@pytest.mark.parametrize("state", [JobState.DONE, JobState.STOPPED, JobState.FAILED])
def test_failed_rows_can_be_retried(settings: Settings, connection: sqlite3.Connection, state: JobState) -> None:
    job = submit(settings)
    end(settings, connection, job.id, state)
    again = jobs.retry(settings, job.id, owner="a")
    assert (again.state, again.attempt, again.retry_failed) == (JobState.QUEUED, 2, True)
    end(settings, connection, job.id, JobState.STOPPED)
    assert jobs.resume(settings, job.id, owner="a").retry_failed, "a stopped retry goes on as a retry"


def test_a_changed_spec_is_not_resumed(settings: Settings, connection: sqlite3.Connection) -> None:
    job = submit(settings)
    end(settings, connection, job.id, JobState.STOPPED)
    open_run(settings, job.id).spec_path.write_text(RehearsalSpec(rows=31).model_dump_json())
    with pytest.raises(Conflict, match=r"spec\.json"):
        jobs.resume(settings, job.id, owner="a")
    assert jobs.get(settings, job.id).state == JobState.STOPPED


def test_a_changed_input_is_not_resumed(settings: Settings, connection: sqlite3.Connection, tmp_path) -> None:
    source = tmp_path / "table.parquet"
    pq.write_table(pa.table({"text": ["good", "bad", "good"]}), source)
    table = TableSource(id=sha256_of(source), name="reviews", rows=3)
    spec = PredictSpec(
        task="text-classification", table=table, roles={"text": "text"}, model="embedded:sentiment", revision="0" * 64, limit=2
    )
    job = jobs.submit(settings, spec, owner="a", input_table=source)
    assert (job.kind, job.rows) == ("predict", 2)
    end(settings, connection, job.id, JobState.STOPPED)
    run = open_run(settings, job.id)
    run.input_path.unlink()
    pq.write_table(pa.table({"text": ["good", "bad", "ugly"]}), run.input_path)
    with pytest.raises(Conflict, match=r"input\.parquet"):
        jobs.resume(settings, job.id, owner="a")


def test_a_deleted_job_is_gone_with_its_folder(settings: Settings, connection: sqlite3.Connection) -> None:
    waiting, ended = submit(settings, "b"), submit(settings)
    jobs.delete(settings, waiting.id, owner="b")
    end(settings, connection, ended.id, JobState.DONE)
    jobs.delete(settings, ended.id, owner="a")
    assert jobs.list_jobs(settings) == []
    assert list((settings.home / "runs").iterdir()) == []
    with pytest.raises(NotFound):
        jobs.get(settings, ended.id)


def test_a_running_job_is_not_deleted(settings: Settings, connection: sqlite3.Connection) -> None:
    job = submit(settings)
    queue.claim_next(settings, connection)
    with pytest.raises(Conflict, match="Stop it first"):
        jobs.delete(settings, job.id, owner="a")
    assert open_run(settings, job.id).spec_path.exists()


def test_a_job_whose_end_finds_no_room_is_told_as_one_and_goes_on_when_there_is(
    settings: Settings, connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit(settings)
    run_it(settings, connection, job.id)

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("core.jobs.api.settle.settle", full)
        for seen in (jobs.get(settings, job.id), jobs.list_jobs(settings)[0]):
            assert (seen.state, seen.unnoted) == (JobState.RUNNING, True)
            assert "is full. Free some space there" in seen.error
    again = jobs.get(settings, job.id)
    assert (again.state, again.unnoted, again.attempt) == (JobState.QUEUED, False, 2)


def test_a_job_whose_folder_somebody_removed_can_be_deleted(settings: Settings) -> None:
    job = submit(settings)
    open_run(settings, job.id).spec_path.unlink()
    jobs.delete(settings, job.id, owner="a")
    assert jobs.list_jobs(settings) == []


def test_a_log_cannot_act_on_a_terminal(settings: Settings) -> None:
    job = submit(settings)
    assert jobs.log_text(settings, job.id) == ""
    open_run(settings, job.id).log_path.write_bytes(b"one\n\x1b[2J\x1b]0;owned\x07 two\r\xff\nthree\n")
    assert jobs.log_text(settings, job.id).split("\n") == ["one", "\\x1b[2J\\x1b]0;owned\\x07 two\\r\ufffd", "three"]
    assert jobs.log_text(settings, job.id, tail_lines=1) == "three"


def test_only_the_end_of_a_huge_log_is_read(settings: Settings) -> None:
    small = settings.model_copy(update={"log_shown_kb": 1})
    job = submit(small)
    open_run(small, job.id).log_path.write_text("".join(f"line {number}\n" for number in range(10_000)))
    text = jobs.log_text(small, job.id, tail_lines=10_000)
    assert text.endswith("line 9999")
    assert len(text) <= 1000


def test_a_damaged_run_is_deleted_with_its_job(settings: Settings) -> None:
    runs = settings.home / "runs"
    for damage in ("spec", "file", "folder"):
        job = submit(settings)
        if damage == "spec":
            (runs / job.id / "spec.json").unlink()
        else:
            shutil.rmtree(runs / job.id)
        if damage == "file":
            (runs / job.id).touch()
        jobs.delete(settings, job.id, owner="a")
        assert list(runs.iterdir()) == []
    assert jobs.list_jobs(settings) == []


def test_a_run_that_finds_no_room_leaves_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    first = submit(settings)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.runs.layout.write_json", full)
    with pytest.raises(CannotWrite, match="free space on the disk of"):
        submit(settings)
    assert [path.name for path in (settings.home / "runs").iterdir()] == [first.id]
    assert [job.id for job in jobs.list_jobs(settings)] == [first.id]
