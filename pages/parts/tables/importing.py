"""From an upload to a table, in a process of its own: the page shows how far it is and can cancel it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core import tables
from core.errors import NotFound, SheetformerError
from core.schema import ImportChoices
from pages.parts.tables import uploads
from pages.parts.tables.import_choices import choice_form
from pages.parts.tables.sample import import_sample
from pages.parts.text import count, plain
from pages.parts.visit import Visit, errors_shown, show_error

IMPORT = "import"  # in the address: a reloaded page finds its import again
NAME = "name_of_import"
SEEN = "imported_uploads"
FAILED = "failed_import"
TICK_SECONDS = 0.4
KINDS = "CSV, TSV, XLSX, XLS, XLSB, ODS, Parquet, Arrow, JSON, JSONL, and .gz or .zip of these"


def upload(visit: Visit) -> bool:
    """The upload control; a file that arrives is imported at once, and one that failed can be read with other choices.

    Returns:
        False after an error: it stands alone until the user has read it, so that no other table can be scored by mistake.
    """
    failed = False
    file = st.file_uploader(
        "Spreadsheet",
        key="upload",
        max_upload_size=visit.settings.max_upload_mb,
        help="The file stays on the machine that serves this page.",
    )
    st.caption(f"{KINDS}, up to {visit.settings.max_upload_mb} MB.")
    seen: set[str] = st.session_state.setdefault(SEEN, set())
    if file is not None and file.file_id not in seen:
        seen.add(file.file_id)
        try:
            start(visit, uploads.keep(visit, file, file.size), file.name, ImportChoices())
        except SheetformerError as error:
            st.session_state.pop(FAILED, None)
            show_error(error)
            failed = True
    if IMPORT in st.query_params:
        _working(visit)
    if FAILED in st.session_state:
        _failed(visit)
        failed = True
    if failed:
        st.button("Leave it and go on", icon=":material/arrow_back:", key="leave-failed", on_click=_leave)
    return not failed


def _leave() -> None:
    st.session_state.pop(FAILED, None)


def start(visit: Visit, token: str, name: str, choices: ImportChoices) -> None:
    """Starts reading the uploaded file ``token``; an import that this page still had under way is cancelled."""
    st.session_state.pop(FAILED, None)
    if (before := _under_way(visit)) is not None:
        before[0].cancel()
    source = uploads.path_of(visit, token)
    if source is None:
        raise NotFound("the uploaded file", "it is gone", "Upload it again.")
    task = tables.start_import(visit.settings, visit.workspace, source, name=name, choices=choices)
    st.session_state[NAME] = (name, choices)
    st.query_params[IMPORT] = f"{task.id}.{token}"


def read_again(visit: Visit, table: tables.Table, source: Path, choices: ImportChoices) -> None:
    """Reads the file of a table with other choices; the table that is there stays."""
    with source.open("rb") as file:
        start(visit, uploads.keep(visit, file, source.stat().st_size), table.name, choices)


def offer_sample(visit: Visit) -> None:
    """What an empty workspace shows."""
    with st.container(border=True):
        st.write("No table yet. Upload a spreadsheet above, or look around with the sample: a table of product reviews.")
        if st.button("Use the sample", type="primary", icon=":material/table:"):
            with errors_shown(), st.spinner("Reading the sample"):
                st.query_params["table"] = import_sample(visit).id
                st.rerun()


def _under_way(visit: Visit) -> tuple[tables.ImportTask, str] | None:
    """The import that the address names, and the name of its upload."""
    task_id, _, token = st.query_params.get(IMPORT, "").partition(".")
    try:
        return tables.open_import(visit.settings, visit.workspace, task_id), token
    except NotFound:
        return None


@st.fragment(run_every=TICK_SECONDS)
def _working(visit: Visit) -> None:
    if IMPORT not in st.query_params:
        return
    found = _under_way(visit)
    if found is None:
        del st.query_params[IMPORT]
        st.rerun()
    task, token = found
    name, choices = st.session_state.get(NAME, ("the file", ImportChoices()))
    state = task.poll()
    if state.state != "running":
        _end(visit, task, token, name, choices)
        st.rerun()
    with st.container(border=True):
        rows = f", {count(state.rows, 'row')} so far" if state.rows else ""
        st.progress(state.share, text=f"Reading {plain(name)}: {plain(state.stage)}{rows}")
        if st.button("Cancel", icon=":material/close:", key="cancel-import"):
            task.cancel()
            st.rerun()


def _end(visit: Visit, task: tables.ImportTask, token: str, name: str, choices: ImportChoices) -> None:
    """Takes over the table, or the error with what is needed to try again."""
    del st.query_params[IMPORT]
    source = uploads.path_of(visit, token)
    try:
        table = task.result()
    except tables.ImportCancelled:
        uploads.forget(visit, token)
    except SheetformerError as error:
        st.session_state[FAILED] = (token, name, choices, error)
    else:
        if source is not None:
            uploads.remember(visit, table.id, source)
        uploads.forget(visit, token)
        st.query_params["table"] = table.id
    task.forget()


def _failed(visit: Visit) -> None:
    """The error, and the same file with other choices: nothing has to be uploaded again."""
    token, name, given, error = st.session_state[FAILED]
    with st.container(border=True):
        st.text(f"{name} could not be read")
        show_error(error)
        choices = choice_form(given, None, key="failed")
        if choices is not None:
            with errors_shown():
                start(visit, token, name, choices)
                st.rerun()
