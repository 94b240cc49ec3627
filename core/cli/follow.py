"""Waiting for a job: progress on standard error, what Ctrl+C means, and what the command says at the end."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import typer

from core import jobs
from core.cli.output import print_json, print_line, print_note
from core.runs import open_run, read_progress
from core.schema import FINAL_STATES, Job, JobState, Progress
from core.settings import Settings
from core.tables.problems import number_of

POLL_SECONDS = 0.1
LINE_SECONDS = 5.0
GONE = "but its process has ended, which the queue cannot note"
EXIT_CODES = {JobState.DONE: 0, JobState.FAILED: 1, JobState.STOPPED: 3}


def follow(settings: Settings, job: Job) -> Job:
    """Waits until the job ends, and tells how far it is. The scheduler is started again should it die meanwhile.

    A job whose end cannot be noted, as on a full disk, is waited for too: it goes on once there is room.
    """
    told, lookout, trouble = 0.0, jobs.Lookout(settings), job.error
    while job.state not in FINAL_STATES:
        try:
            jobs.ensure_scheduler(settings, lookout)
            if time.monotonic() - told > LINE_SECONDS:
                told = time.monotonic()
                print_note(describe(job, read_progress(open_run(settings, job.id))))
            time.sleep(POLL_SECONDS)
            job = jobs.get(settings, job.id)
            if job.error and job.error != trouble and job.state not in FINAL_STATES:
                trouble = job.error  # a crash that is forgiven, or what keeps the queue from noting one
                print_note(f"{job.id}: {trouble}")
        except KeyboardInterrupt:
            _interrupted(settings, job)
    return job


def finish(settings: Settings, job: Job, *, as_json: bool) -> None:
    """Prints what a job came to and exits as CLI.md says: 0 done, 1 failed, 3 stopped."""
    run = open_run(settings, job.id)
    summary = run.summary()
    if as_json:
        print_json({"run": job.id, "state": job.state, **summary} | ({"error": job.error} if job.error else {}))
    elif job.state is JobState.DONE and job.kind in ("finetune", "search"):
        _tell_trials(summary)
        _tell_adapter(summary)
        for note in run.metrics().get("notes", []):
            print_note(note)
    elif job.state is JobState.DONE:
        _tell_result(summary, run.result_path)
    if job.state is not JobState.DONE:
        print_note(job.error or f"Job {job.id} is {job.state}. Go on with: python -m core jobs resume {job.id}")
    raise typer.Exit(EXIT_CODES[job.state])


def _tell_result(summary: dict[str, Any], result: Path) -> None:
    """What became of the rows, where they are, and where the model may not fit them."""
    print_line(f"{number_of(summary.get('rows', 0), 'row')}, {summary.get('failed', 0):,} failed, {summary.get('skipped', 0):,} skipped")
    print_line(f"Result: {summary.get('out') or result}")
    for warning in summary.get("warnings", []):
        print_note(str(warning))


def _tell_trials(summary: dict[str, Any]) -> None:
    """What each trial of a search came to, and which dial mattered."""
    for trial in summary.get("trials", []):
        turned = ", ".join(f"{dial} {value}" for dial, value in trial["dials"].items())
        came_to = (
            f"quality {trial['quality']:.4f}, loss {trial['loss']:.4f}"
            if trial["state"] == "done"
            else f"{trial['state']}: {trial['error']}"
        )
        print_line(f"trial {trial['trial']}: {turned}: {came_to}{' (best)' if trial['trial'] == summary['best_trial'] else ''}")
    for dial, share in summary.get("mattered", {}).items():
        print_line(f"{dial} explains {share:.0%} of the differences between the trials")


def _tell_adapter(summary: dict[str, Any]) -> None:
    """An adapter's name, its rows and its figures with their intervals; what is not defined is left out."""
    print_line(f"{summary['adapter']}: trained on {summary['train_rows']:,} rows, checked on {summary['validation_rows']:,}")
    best = summary["best"]
    if best:
        print_line(f"best after epoch {best['epoch']:.2f}: validation loss {best['loss']:.4f}, quality {best['quality']:.4f}")
    for name, figure in summary["metrics"].items():
        if figure["value"] is not None:  # such as the area under a curve where all rows have one label
            between = f" ({figure['low']:.3f} to {figure['high']:.3f})" if figure.get("low") is not None else ""
            print_line(f"{name}: {figure['value']:.3f}{between}")


def describe(job: Job, progress: Progress | None) -> str:
    """One line on a job: state or stage, rows, rate, time left; or that its process is gone."""
    if job.unnoted:
        return f"{job.id} {job.state}, {job.rows_done:,} of {number_of(job.rows, 'row')}, {GONE}"
    if job.state is JobState.QUEUED:
        return f"{job.id} queued, place {job.place}"
    if progress is None or job.state in FINAL_STATES:
        return f"{job.id} {job.state}, {job.rows_done:,} of {number_of(job.rows, 'row')}"
    line = f"{job.id} {progress.stage}: {progress.rows_done:,} of {number_of(progress.rows, 'row')}"
    if progress.rows_per_second:
        line += f", {progress.rows_per_second:,.0f} rows/s"
    if progress.seconds_left is not None:
        line += f", {progress.seconds_left:,.0f} s left"
    return line


def _interrupted(settings: Settings, job: Job) -> None:
    """In a terminal Ctrl+C asks; without one nothing is ever asked and the job goes on."""
    in_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    if in_terminal and typer.confirm(f"\nStop job {job.id}? (no: it goes on without this window)", default=False, err=True):
        jobs.stop(settings, job.id, owner=job.owner)
        return
    print_note(f"Job {job.id} goes on. See it with: python -m core jobs show {job.id}")
    raise typer.Exit(0)
