"""From an upload to a table, in a process of its own: the page shows how far it is and can cancel it."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path
from typing import BinaryIO

import streamlit as st

from core import tables
from core.errors import LimitReached, SheetformerError
from core.schema import ImportChoices
from core.settings import MEGABYTE
from pages.parts.sample import import_sample
from pages.parts.text import plain, size
from pages.parts.visit import Visit, errors_shown, show_error

TASK = "import_task"
SEEN = "imported_uploads"
FAILED = "failed_import"
TICK_SECONDS = 0.4
KINDS = "CSV, TSV, XLSX, XLS, ODS, Parquet, Arrow, JSON, JSONL, and .gz or .zip of these"


class Import:
    """An import under way, kept in the session; the work itself goes on when the tab is closed."""

    def __init__(self, task: tables.ImportTask, name: str, source: Path, choices: ImportChoices) -> None:
        self.task = task
        self.name = name
        self.source = source
        self.choices = choices


def upload(visit: Visit) -> None:
    """The upload control; a file that arrives is imported at once, and one that failed can be read with other choices."""
    file = st.file_uploader(
        f"Spreadsheet ({KINDS})",
        key="upload",
        max_upload_size=visit.settings.max_upload_mb,
        help="The file stays on the machine that serves this page.",
    )
    seen: set[str] = st.session_state.setdefault(SEEN, set())
    if file is not None and file.file_id not in seen:
        seen.add(file.file_id)
        with errors_shown():
            start(visit, keep_upload(visit, file, file.size), file.name, ImportChoices())
    if TASK in st.session_state:
        _working(visit)
    if FAILED in st.session_state:
        _failed(visit)


def keep_upload(visit: Visit, file: BinaryIO, size_bytes: int) -> Path:
    """Writes what the browser sent to a file with a name of ours.

    Raises:
        LimitReached: it is larger than ``max_upload_mb``; the control checks that in the browser only.
    """
    if size_bytes > visit.settings.max_upload_mb * MEGABYTE:
        raise LimitReached(
            f"a file up to {visit.settings.max_upload_mb} MB", size(size_bytes), "Raise SHEETFORMER_MAX_UPLOAD_MB, or split the file."
        )
    folder = visit.settings.home / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / secrets.token_hex(16)
    with path.open("wb") as target:
        shutil.copyfileobj(file, target)
    return path


def start(visit: Visit, source: Path, name: str, choices: ImportChoices) -> None:
    """Starts reading ``source``; an import that this session still had under way is cancelled."""
    if TASK in st.session_state:
        st.session_state.pop(TASK).task.cancel()
    st.session_state.pop(FAILED, None)
    task = tables.start_import(visit.settings, visit.workspace, source, name=name, choices=choices)
    st.session_state[TASK] = Import(task, name, source, choices)


def offer_sample(visit: Visit) -> None:
    """What an empty workspace shows."""
    with st.container(border=True):
        st.write("No table yet. Upload a spreadsheet above, or look around with the sample: a table of product reviews.")
        if st.button("Use the sample", type="primary", icon=":material/table:"):
            with errors_shown(), st.spinner("Reading the sample"):
                st.query_params["table"] = import_sample(visit).id
                st.rerun()


@st.fragment(run_every=TICK_SECONDS)
def _working(visit: Visit) -> None:
    under_way: Import | None = st.session_state.get(TASK)
    if under_way is None:
        return
    with st.container(border=True):
        try:
            state = under_way.task.poll()
        except SheetformerError as error:
            _end(under_way, error)
            st.rerun()
        if state.get("done"):
            with errors_shown():
                st.query_params["table"] = under_way.task.result().id
            _end(under_way, None)
            st.rerun()
        st.progress(float(state.get("fraction") or 0.0), text=f"Reading {plain(under_way.name)}: {plain(state.get('stage', 'starting'))}")
        if st.button("Cancel", icon=":material/close:", key="cancel-import"):
            under_way.task.cancel()
            _end(under_way, None)
            st.rerun()


def _end(under_way: Import, error: SheetformerError | None) -> None:
    st.session_state.pop(TASK, None)
    if error is not None:
        st.session_state[FAILED] = (under_way, error)


def _failed(visit: Visit) -> None:
    """The error, and the same file with other choices: nothing has to be uploaded again."""
    from pages.parts.import_choices import choice_form

    under_way, error = st.session_state[FAILED]
    with st.container(border=True):
        st.text(f"{under_way.name} could not be read")
        show_error(error)
        choices = choice_form(under_way.choices, None, key="failed")
        if choices is not None:
            start(visit, under_way.source, under_way.name, choices)
            st.rerun()
