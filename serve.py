"""Serves the pages: ``streamlit run serve.py``.

Home.py alone works too. Around it, this file starts the scheduler with the server instead of with the first visitor, gives every
browser a workspace of its own where the server can be reached from outside, and refuses pages of other origins.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.pages_manager import PagesManager

from core import hub, jobs
from core.place import on_space
from core.settings import Settings
from pages.parts import signing
from pages.parts.door import Door

# A pages/ folder is taken for Streamlit's old kind of navigation until st.navigation has run once: the first visitor's link to a page
# would be answered with "page not found" in between.
PagesManager.uses_pages_directory = False

HERE = Path(__file__).resolve().parent


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict[str, object]]:
    """From the start of the server to its end."""
    with jobs.serving(Settings()):
        yield {}


def door() -> Middleware:
    """The middleware in force, from Streamlit's own options."""
    return Middleware(
        Door,
        address=st.get_option("server.address"),
        allowed_hosts=tuple(st.get_option("server.allowedHosts")),
        allowed_origins=tuple(st.get_option("server.corsAllowedOrigins")),
        space=on_space(),
    )


def say_sorry(_error: Exception) -> bool:
    """A mistake of ours: the user hears what is safe and what to do. Streamlit has put the traceback into the server's log."""
    st.error(
        "Something went wrong on this page. Tables and jobs are safe. Reload the page; if it happens again, the server's log says why."
    )
    return True


app = st.App(
    HERE / "Home.py",
    lifespan=lifespan,
    routes=signing.routes(Settings(), hub.provider()),
    middleware=[door()],
    on_script_error=say_sorry,
)
