"""What every page starts with: the settings in force, the workspace of this browser, and how an error is shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core import jobs
from core.errors import SheetformerError, escape_tracebacks
from core.settings import Settings
from pages.parts import workspace
from pages.parts.text import message


class Visit:
    """One run of a page for one browser.

    Attributes:
        settings: the limits in force.
        workspace: whose tables and jobs the page shows.
    """

    def __init__(self, settings: Settings, workspace: str) -> None:
        self.settings = settings
        self.workspace = workspace


def begin(title: str, purpose: str) -> Visit:
    """Title and one line of purpose; returns whose page it is. A dashboard in another page has its own title alone."""
    if not in_another_page():
        st.title(title, anchor=False)
        st.caption(purpose)
    settings = Settings()
    return Visit(settings, workspace.current(settings))


def in_another_page() -> bool:
    """Whether this is a dashboard in the frame of another page, or alone to be printed: its readers want nothing else here."""
    return bool(st.context.is_embedded) and bool({"shared", "board"} & set(st.query_params))


def keep_serving() -> None:
    """Under plain ``streamlit run Home.py`` the first visitor starts the scheduler; serve.py has done it before."""
    escape_tracebacks("streamlit.error_util")  # the log of a page that failed may quote a cell
    jobs.hold_server(Settings())


def show_error(error: SheetformerError) -> None:
    """What was expected, what was found, what to do next: each on a line of its own."""
    place = f" (row {error.row:,} of the file)" if error.row is not None else ""
    lines = [
        f"**Expected** {message(error.expected)}",
        f"**Found** {message(error.found)}{place}",
        f"**Next** {message(error.next_step)}",
    ]
    st.error("  \n".join(lines), icon=":material/error:")


@contextmanager
def errors_shown() -> Iterator[None]:
    """Shows an error of ours where it happened; what the user has chosen stays. Other errors pass on to the server's log."""
    try:
        yield
    except SheetformerError as error:
        show_error(error)
