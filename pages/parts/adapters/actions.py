"""What can be done with an adapter: download it, merge it into its base, delete it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from core import models
from core.errors import NotFound, RunFailed, SheetformerError
from core.live import merged_zip
from core.workspaces import LOCAL
from pages.parts.adapters.listing import ADAPTER, OnShelf
from pages.parts.live import desk
from pages.parts.text import plain, size
from pages.parts.visit import Visit, errors_shown, show_error

FAILED = "failed_adapter_downloads"
ZIP = "application/zip"
MERGED_HELP = "The adapter inside the weights of its base: one model that every program reads which reads transformers, without peft."


def show(visit: Visit, adapter: OnShelf) -> None:
    """A row of buttons; under it the merged model once there is one, and what went wrong."""
    failed: list[SheetformerError] = st.session_state.setdefault(FAILED, [])
    while failed:
        show_error(failed.pop())
    with st.container(horizontal=True, vertical_alignment="center"):
        if adapter.usable:
            _download(visit, adapter, failed)
            merge = st.button("Merge into its base", icon=":material/merge:", key="merge", help=MERGED_HELP)
        if st.button("Delete", icon=":material/delete:", key="delete-adapter"):
            _confirm_delete(visit, adapter)
    if not adapter.usable:
        return
    with errors_shown():
        if merge:
            _merge(visit, adapter)
        _merged(visit, adapter, failed)


def _download(visit: Visit, adapter: OnShelf, failed: list[SheetformerError]) -> None:
    def write() -> bytes:
        made = io.BytesIO()
        models.write_adapter_zip(visit.settings, visit.workspace, adapter.name, made)
        return made.getvalue()

    st.download_button(
        "Download",
        noted(write, failed),
        file_name=f"{adapter.name}.zip",
        mime=ZIP,
        icon=":material/download:",
        help="Its own files, without the base: it comes back by an upload, here or on another server.",
        on_click="ignore",
        key="download-adapter",
    )


def _merge(visit: Visit, adapter: OnShelf) -> None:
    """Waits for the process that holds the models: a page loads none."""
    words = {"adapter": adapter.name, "workspace": visit.workspace}
    with st.spinner(f"Loading the base of {plain(adapter.name)} and merging. A small model takes seconds, a large one minutes."):
        desk(visit.settings).now("merge", words, visit.settings.merge_seconds)


def _merged(visit: Visit, adapter: OnShelf, failed: list[SheetformerError]) -> None:
    """The merged model where it is there, and how to have it as a model of this server."""
    path = merged_zip(visit.settings, visit.workspace, adapter.name)
    if not path.is_file():
        return
    with st.container(border=True):
        st.download_button(
            f"Download the merged model, {size(path.stat().st_size)}",
            noted(lambda: _bytes(path), failed),
            file_name=f"{adapter.name}-merged.zip",
            mime=ZIP,
            icon=":material/download:",
            on_click="ignore",
            key="download-merged",
        )
        st.caption("It is kept for a day.")
        if visit.workspace == LOCAL:  # the command line sees this workspace alone
            st.caption("To choose it as a model here, write it into a folder that the administrator allows and register it:")
            command = f"python -m core merge {adapter.entry.reference} --out {adapter.name}\n"
            st.code(f"{command}python -m core models add {adapter.name} --name {adapter.name}", language="bash", wrap_lines=True)


def noted(make: Callable[[], bytes], failed: list[SheetformerError]) -> Callable[[], bytes]:
    """``make``, which runs on a thread when the button is pressed; what goes wrong is kept for the page that is drawn next."""

    def made() -> bytes:
        try:
            return make()
        except Exception as error:
            known = isinstance(error, SheetformerError)
            failed.append(error if known else RunFailed("the file", f"{type(error).__name__}: {error}", "Try again."))
            raise

    return made


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound("the merged model", "it is gone after a day", "Merge it again.") from error


@st.dialog("Delete this adapter?", icon=":material/delete:")
def _confirm_delete(visit: Visit, adapter: OnShelf) -> None:
    st.write(f"{plain(adapter.name)} will be gone from this workspace. Results of runs with it stay; they cannot be resumed or repeated.")
    with st.container(horizontal=True):
        if st.button("Delete", type="primary", key="confirm-delete-adapter"):
            try:
                delete(visit, adapter.name)
            except SheetformerError as error:
                st.error(plain(error.one_line(), 1_000))
            else:
                st.query_params.pop(ADAPTER, None)
                st.rerun()
        if st.button("Keep", key="keep-adapter"):
            st.rerun()


def delete(visit: Visit, name: str) -> None:
    """Takes an adapter off the shelf, its merged model with it.

    Raises:
        SheetformerError: as :func:`core.models.delete_adapter`.
    """
    merged = merged_zip(visit.settings, visit.workspace, name)
    models.delete_adapter(visit.settings, visit.workspace, name)
    merged.unlink(missing_ok=True)
