"""A full disk and a folder that must only be read: what would write says so in words, and what reads goes on."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core import jobs, processes
from core.jobs import queue, store
from core.jobs.runner import record_process
from core.processes import Identity
from core.runs import list_parts, open_run
from core.schema import FINAL_STATES, Job, JobState, RehearsalSpec
from core.settings import Settings
from tests.faults.rig import eventually

pytestmark = pytest.mark.slow
SHORT = RehearsalSpec(rows=20, part_rows=10, seconds_per_part=0)

# Root may write anywhere: without its privileges it is an owner like any other.
AS_ANYBODY = """
import ctypes, os
if os.geteuid() == 0:
    assert ctypes.CDLL(None).capset((ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()) == 0
"""
ON_A_FULL_DISK = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
"""
READ = """
import json, sys
from pathlib import Path
import pyarrow.parquet as pq
from core import jobs, runs
from core.settings import Settings
settings = Settings()
with jobs.serving(settings):
    listed = {job.id: job.state for job in jobs.list_jobs(settings)}
    one = sys.argv[1]
    print(json.dumps([
        listed,
        jobs.get(settings, one).state,
        jobs.log_text(settings, one),
        pq.read_table(runs.open_run(settings, one).result_path).num_rows,
    ]))
"""
WRITE = """
import io, json, sys
from pathlib import Path
from core import jobs, models, tables
from core.errors import SheetformerError
from core.schema import RehearsalSpec
from core.settings import Settings
settings = Settings()
attempts = {
    "submit": lambda: jobs.submit(settings, RehearsalSpec(rows=1), owner="a"),
    "resume": lambda: jobs.resume(settings, sys.argv[1], owner="a"),
    "retry": lambda: jobs.retry(settings, sys.argv[1], owner="a"),
    "delete": lambda: jobs.delete(settings, sys.argv[1], owner="a"),
    "import": lambda: tables.import_file(settings, "local", io.BytesIO(b"a,b\\n1,2\\n"), name="x.csv"),
}
told = {}
for name, attempt in attempts.items():
    try:
        told[name] = repr(attempt())
    except SheetformerError as error:
        told[name] = [type(error).__name__, error.one_line()]
print(json.dumps(told))
"""


def child(settings: Settings, script: str, *arguments: str) -> object:
    """The JSON that a script prints as its last line."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=processes.PROJECT_ROOT,
        env=processes.child_environment(settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def finished(settings: Settings) -> Job:
    """A job that has ended, and no process left."""
    job = jobs.submit(settings, SHORT, owner="a")
    eventually("the end of the job", lambda: jobs.get(settings, job.id).state in FINAL_STATES, nap=0.02)
    eventually("no process", lambda: not processes.processes_of(settings), nap=0.05)
    return jobs.get(settings, job.id)


def orphaned(settings: Settings) -> Job:
    """A job that the queue calls running and whose process is dead."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs.api, "ensure_scheduler", lambda settings: None)
        job = jobs.submit(settings, SHORT, owner="a")
        with store.opened(settings) as connection:
            row = queue.claim_next(settings, connection)
            record_process(settings, row.token, Identity(0, 0.0))
    return job


@contextmanager
def only_to_read(folder: Path) -> Iterator[None]:
    """Takes the right to write away from everybody, for the block."""
    below = [folder, *folder.rglob("*")]
    modes = {path: path.stat().st_mode for path in below}
    for path in below:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        yield
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Children that are started in the block cannot write more bytes into one file, as on a disk that runs full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("trouble", [AS_ANYBODY, ON_A_FULL_DISK], ids=["read-only", "full"])
@pytest.mark.parametrize("in_use", [False, True], ids=["closed", "in use"])
def test_reading_goes_on(real: Settings, trouble: str, in_use: bool) -> None:
    job = finished(real)
    dead = orphaned(real)
    held = store.connect(real) if in_use else None  # keeps the log of the queue beside it, with changes in it
    if held:
        held.execute("UPDATE jobs SET title = 'new' WHERE id = ?", (job.id,))
    with only_to_read(real.home):
        listed, state, log, rows = child(real, trouble + READ, job.id)
    assert listed == {job.id: "done", dead.id: "starting"}, "a job that cannot be settled is shown as it stands"
    assert (state, rows) == ("done", 20)
    assert isinstance(log, str)
    if held:
        held.close()
    assert jobs.get(real, dead.id).state == JobState.QUEUED, "it is settled when that is possible again"


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [(AS_ANYBODY, "Expected a folder that can be written at {home}"), (ON_A_FULL_DISK, "Expected free space on the disk of {home}")],
    ids=["read-only", "full"],
)
def test_what_would_write_says_why_it_cannot(real: Settings, trouble: str, expected: str) -> None:
    job = finished(real)
    before = sorted(path.name for path in (real.home / "runs").iterdir())
    with only_to_read(real.home) if trouble == AS_ANYBODY else files_of_at_most(10**9):
        told = child(real, trouble + WRITE, job.id)
    assert {name: answer[0] for name, answer in told.items()} == dict.fromkeys(told, "CannotWrite"), told
    assert all(expected.format(home=real.home) in line for _, line in told.values()), told
    assert sorted(path.name for path in (real.home / "runs").iterdir()) == before, "nothing half is left"
    assert [listed.id for listed in jobs.list_jobs(real)] == [job.id]


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir()
    settings = Settings(home=tmp_path / "locked" / "home")
    with only_to_read(tmp_path / "locked"):
        told = child(settings, AS_ANYBODY + WRITE, "0" * 16)
    kind, line = told["submit"]
    assert kind == "CannotWrite"
    assert str(settings.home) in line
    assert "SHEETFORMER_HOME" in line
    assert told["import"][0] == "CannotWrite"


def test_a_job_that_fills_the_disk_fails_in_words_keeps_its_parts_and_goes_on_when_there_is_room(real: Settings) -> None:
    with files_of_at_most(700_000):  # each part fits, the result does not
        job = jobs.submit(real, RehearsalSpec(rows=100_000, part_rows=20_000, seconds_per_part=0), owner="a")
        eventually("the end of the job", lambda: jobs.get(real, job.id).state in FINAL_STATES, nap=0.05)
    failed = jobs.get(real, job.id)
    run = open_run(real, job.id)
    assert (failed.state, failed.attempt) == (JobState.FAILED, 1)
    assert failed.error.startswith(f"Expected free space on the disk of {real.home}")
    parts = {path.name: path.stat().st_ino for path in list_parts(run)}
    assert len(parts) == 5
    assert not run.result_path.exists()
    assert not list(run.path.rglob(".writing-*")), "what could not be finished takes no room"
    eventually("no process", lambda: not processes.processes_of(real), nap=0.05)
    jobs.resume(real, job.id, owner="a")
    eventually("the end of the job", lambda: jobs.get(real, job.id).state in FINAL_STATES, nap=0.05)
    assert jobs.get(real, job.id).state == JobState.DONE
    assert {path.name: path.stat().st_ino for path in list_parts(run)} == parts, "no row was worked on twice"
