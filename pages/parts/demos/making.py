"""From a model to a demo: what it shows, one button that starts it here, and the two exports."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

import streamlit as st

from core import demos, jobs, tasks
from core.errors import NotFound, SheetformerError
from core.schema import DemoSpec
from pages.parts import links
from pages.parts.adapters.actions import FAILED, ZIP, noted
from pages.parts.choices import model_picker, task_picker
from pages.parts.visit import Visit, errors_shown, show_error

UNSAFE = re.compile(r"[^\w.-]+", re.ASCII)
LONGEST_TITLE = 200
EXPORTS = (
    (
        "gradio",
        "Gradio Space",
        "The page that is shown here, with the model's files. It starts by `python app.py`.",
    ),
    ("docker", "Docker Space", "The same as a page of Streamlit in a container, for a Space or any host that runs Docker."),
)


@dataclass(frozen=True)
class Chosen:
    """What a demo shows.

    Args:
        reference: of a model whose files are here.
        title: empty for the model's name and the task.
        examples: one text for each line.
    """

    reference: str
    task: tasks.Task
    title: str
    examples: tuple[tuple[str, ...], ...]

    def spec(self, visit: Visit) -> DemoSpec:
        """Raises: SheetformerError: as :func:`core.demos.make_spec`."""
        return demos.make_spec(
            visit.settings, self.reference, task=self.task.name, title=self.title, examples=self.examples, owner=visit.workspace
        )


def choose(visit: Visit) -> Chosen | None:
    """Task, model, title and examples; ``None`` where the model has to be fetched first."""
    left, right = st.columns(2)
    with left:
        task = task_picker.pick([task.name for task in tasks.all_tasks()])
    with right:
        entry = model_picker.pick(visit, task)
    if entry is None:
        return None
    with errors_shown():
        reference = model_picker.offer(visit, entry)
        if reference is None:
            return None
        with st.expander("Title and examples", icon=":material/edit:"):
            title = st.text_input("Title", max_chars=LONGEST_TITLE, placeholder="The model's name and the task", key="demo-title")
            examples = _examples(task)
        return Chosen(reference, task, title.strip(), examples)
    return None


def _examples(task: tasks.Task) -> tuple[tuple[str, ...], ...]:
    """The user's own, for tasks that read one text; others come with examples of the project."""
    boxes = demos.boxes(task.name)
    if boxes > 1:
        st.caption("This task reads more than one text; the demo comes with examples of ours. They stand in demo.json of the export.")
        return ()
    typed = st.text_area("Examples, one on each line", placeholder="Examples of ours", key=f"demo-examples-{task.name}")
    return tuple((line.strip(),) for line in typed.splitlines() if line.strip())[: demos.MOST_EXAMPLES]


def start(visit: Visit, chosen: Chosen, *, first: bool) -> None:
    """The button that starts it; the primary one of the page where no demo is shown above (``first``)."""
    try:
        demos.python_with_gradio()
        missing = None
    except NotFound as error:
        missing = error
    pressed = st.button(
        "Try as a demo",
        type="primary" if first else "secondary",
        icon=":material/play_arrow:",
        key="start-demo",
        disabled=missing is not None,
    )
    if missing is not None:
        show_error(missing)
    if pressed:
        with errors_shown():
            spec = chosen.spec(visit)
            title = chosen.title or chosen.reference.partition(":")[2] or chosen.reference
            job = jobs.submit(visit.settings, spec, owner=visit.workspace, title=f"demo of {title}")
            st.query_params[links.RUN] = job.id
            st.rerun()


def export(visit: Visit, chosen: Chosen) -> None:
    """The same demo as two kinds of Space. Writing happens when a button is pressed."""
    failed: list[SheetformerError] = st.session_state.setdefault(FAILED, [])
    while failed:
        show_error(failed.pop())
    st.subheader("Take it along", anchor=False)
    st.caption("Each runs without Sheetformer. Unpack the zip where it shall run, or put its files into a Space of your own.")
    name = UNSAFE.sub("-", chosen.reference.partition(":")[2] or chosen.reference).strip("-.") or "demo"
    for place, (sdk, label, what) in zip(st.columns(len(EXPORTS)), EXPORTS, strict=True):
        with place.container(border=True):

            def write(sdk: demos.Sdk = sdk) -> bytes:
                made = io.BytesIO()
                demos.write_zip(visit.settings, chosen.spec(visit), made, sdk=sdk, owner=visit.workspace)
                return made.getvalue()

            st.download_button(
                label,
                noted(write, failed),
                file_name=f"{name}-{sdk}-space.zip",
                mime=ZIP,
                icon=":material/download:",
                on_click="ignore",
                key=f"export-{sdk}",
            )
            st.caption(what)
    with st.expander("The same from the command line", icon=":material/terminal:"):
        for line in (f"hub demo {chosen.reference}", f"hub space {chosen.reference} --out {name}-space"):
            st.code(f"python -m core {line} --task {chosen.task.name}", language="bash", wrap_lines=True)
