"""From the button to the first scored row: ``python -m benchmarks.first_row``.

Submits small jobs to a warm server (parent ready), then to one without quick starts, and prints when the process was there
and when the first part lay on disk. Times are seconds after the call of ``jobs.submit``.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from core import inference, jobs, tables
from core.runs import list_parts, open_run, read_events
from core.schema import FINAL_STATES, Job, JobState, PredictSpec, RehearsalSpec
from core.settings import Settings

REPEATS = 3
WARM_SECONDS = 120.0


def await_parent(settings: Settings) -> float:
    """Seconds until the parent has imported everything."""
    started = time.monotonic()
    log = settings.home / "scheduler.log"
    while time.monotonic() - started < WARM_SECONDS:
        if log.exists() and "The parent is warm" in log.read_text():
            return time.monotonic() - started
        time.sleep(0.05)
    raise TimeoutError("the parent never became warm")


def one_job(settings: Settings, spec: PredictSpec | RehearsalSpec, table: Path | None) -> tuple[float, float, float, Job]:
    """Seconds to the start of the process, to the first part and to the end."""
    clock = time.time()
    job = jobs.submit(settings, spec, owner="local", input_table=table)
    run, first = open_run(settings, job.id), None
    while (now := jobs.get(settings, job.id)).state not in FINAL_STATES:
        first = first or (time.time() if list_parts(run) else None)
        time.sleep(0.01)
    started = next(event["time"] for event in read_events(run) if event["what"] == "started")
    parts = [path.stat().st_mtime for path in list_parts(run)]
    return started - clock, min([*parts, first or time.time()]) - clock, time.time() - clock, now


def measure(settings: Settings, title: str) -> None:
    table = tables.import_file(settings, "local", tables.sample_path())
    spec = inference.make_spec(
        settings, table, task="text-classification", model="embedded:sentiment", roles=tables.suggest_roles(table, ["text"])
    )
    for name, each, path in (("rehearsal", RehearsalSpec(rows=50, seconds_per_part=0), None), ("predict", spec, table.path)):
        for _ in range(REPEATS):
            started, first, ended, job = one_job(settings, each, path)
            note = "" if job.state == JobState.DONE else f"  {job.state}: {job.error}"
            print(f"{title:>14} {name:>9}: process {started:6.3f} s, first part {first:6.3f} s, done {ended:6.3f} s{note}", flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder) / "warm")
        with jobs.serving(settings):
            print(f"parent warm after {await_parent(settings):.1f} s", flush=True)
            measure(settings, "quick starts")
        settings = Settings(home=Path(folder) / "cold", quick_starts=False)
        with jobs.serving(settings):
            measure(settings, "spawned")


if __name__ == "__main__":
    main()
