"""``hub demo`` and ``hub space``: a model as a page of its own, here or as a Space."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, get_args

import typer

from core import demos, jobs
from core.cli.follow import finish
from core.cli.output import AsJson, print_json, print_line, print_note
from core.runs import open_run
from core.schema import FINAL_STATES
from core.settings import Settings
from core.workspaces import LOCAL

POLL_SECONDS = 0.2
SdkName = StrEnum("SdkName", {name: name for name in get_args(demos.Sdk)})
Model = Annotated[str, typer.Argument(help="A model: embedded:NAME, adapter:NAME, local:NAME or OWNER/NAME@REVISION.")]
TaskName = Annotated[str | None, typer.Option(help="Its task by Hub name; without it the model's first.")]
Title = Annotated[str, typer.Option(help="Heading of the page.")]
Example = Annotated[list[str] | None, typer.Option(help="A text to try; may be given several times. For tasks that read one text.")]


def demo(model: Model, task: TaskName = None, title: Title = "", example: Example = None, as_json: AsJson = False) -> None:
    """Show a model on a Gradio page of this machine until the job is stopped: `jobs stop ID`."""
    settings = Settings()
    spec = demos.make_spec(settings, model, task=task, title=title, examples=[(text,) for text in example or ()])
    demos.python_with_gradio()
    job = jobs.submit(settings, spec, owner=LOCAL, title=f"demo of {model.partition(':')[2] or model}")
    lookout = jobs.Lookout(settings)
    print_note(f"{job.id} starting")
    while (link := demos.read_link(open_run(settings, job.id), LOCAL)) is None:
        if job.state in FINAL_STATES:
            finish(settings, job, as_json=as_json)
        jobs.ensure_scheduler(settings, lookout)
        time.sleep(POLL_SECONDS)
        job = jobs.get(settings, job.id)
    if as_json:
        print_json({"run": job.id, "link": link.url(), "task": spec.task})
    else:
        print_line(f"{link.url()}\nIt ends after {settings.demo_idle_minutes:g} minutes without a question, or by: jobs stop {job.id}")


def space(
    model: Model,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the Space; it must be new or empty.")],
    sdk: Annotated[SdkName, typer.Option(help="A page of Gradio, or one of Streamlit in a container.")] = SdkName["gradio"],
    task: TaskName = None,
    title: Title = "",
    example: Example = None,
    weights: Annotated[bool | None, typer.Option(help="Copy the base's weights; by default unless the Hub has them.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write a model as a Space: a folder that runs by itself."""
    settings = Settings()
    spec = demos.make_spec(settings, model, task=task, title=title, examples=[(text,) for text in example or ()])
    demos.write_space(settings, spec, out, sdk=sdk.value, inside=weights)
    names = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    if as_json:
        print_json({"out": str(out.absolute()), "sdk": sdk.value, "task": spec.task, "files": names})
    else:
        start = "python app.py" if sdk is SdkName["gradio"] else "streamlit run app.py"
        print_line(f"{len(names)} files in {out}. Run it there: pip install -r requirements.txt, then {start}")
