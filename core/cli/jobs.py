"""``jobs``: what runs, what waits, what ended."""

from __future__ import annotations

from typing import Annotated

import typer

from core import jobs
from core.cli.follow import describe, finish, follow
from core.cli.output import AsJson, print_json, print_line
from core.runs import open_run, read_progress
from core.schema import Job
from core.settings import Settings

app = typer.Typer(help="See, stop, resume and delete jobs.", no_args_is_help=True)
JobId = Annotated[str, typer.Argument(metavar="ID", help="Id of the job, as jobs list shows it.")]
JSON_KEYS = ("id", "kind", "state", "owner", "rows_done", "rows", "created", "error")


def public(job: Job) -> dict:
    """The keys that CLI.md promises."""
    return job.model_dump(mode="json", include=set(JSON_KEYS))


@app.command("list")
def list_jobs(as_json: AsJson = False) -> None:
    """All jobs of this data folder, newest first."""
    settings = Settings()
    found = jobs.list_jobs(settings)
    if as_json:
        print_json([public(job) for job in found])
        return
    for job in found:
        print_line(f"{describe(job, None)}, {job.title}")
        if job.unnoted and job.error:
            print_line(f"  {job.error}")


@app.command()
def show(job_id: JobId, as_json: AsJson = False) -> None:
    """One job."""
    settings = Settings()
    job = jobs.get(settings, job_id)
    if as_json:
        print_json(public(job))
        return
    print_line(describe(job, read_progress(open_run(settings, job_id))))
    if job.error:
        print_line(job.error)


@app.command()
def logs(job_id: JobId) -> None:
    """What the job wrote to its log."""
    for line in jobs.log_text(Settings(), job_id).splitlines():
        print_line(line)


@app.command()
def stop(job_id: JobId, as_json: AsJson = False) -> None:
    """Stop a job; what it has scored stays, and it can be resumed."""
    settings = Settings()
    job = jobs.get(settings, job_id)
    jobs.stop(settings, job_id, owner=job.owner)
    _tell(jobs.get(settings, job_id), as_json=as_json)


@app.command()
def resume(job_id: JobId, as_json: AsJson = False) -> None:
    """Go on with a stopped or failed job where it was, and wait for it."""
    settings = Settings()
    job = jobs.resume(settings, job_id, owner=jobs.get(settings, job_id).owner)
    finish(settings, follow(settings, job), as_json=as_json)


@app.command()
def retry(job_id: JobId, as_json: AsJson = False) -> None:
    """Score only the failed rows of a job again, and wait for it."""
    settings = Settings()
    job = jobs.retry(settings, job_id, owner=jobs.get(settings, job_id).owner)
    finish(settings, follow(settings, job), as_json=as_json)


@app.command()
def delete(job_id: JobId, as_json: AsJson = False) -> None:
    """Delete a job with everything in its run folder."""
    settings = Settings()
    job = jobs.get(settings, job_id)
    jobs.delete(settings, job_id, owner=job.owner)
    if as_json:
        print_json(public(job))
    else:
        print_line(f"{job_id} deleted")


def _tell(job: Job, *, as_json: bool) -> None:
    if as_json:
        print_json(public(job))
    else:
        print_line(describe(job, None))
