"""The rows that a run has scored so far: to look at and to download while it works, and after a stop."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.errors import NotFound
from core.inference.snapshot import snapshot
from core.runs import RunFolder, list_parts
from core.schema import Job, PredictSpec
from pages.parts import downloads, results
from pages.parts.visit import Visit


def show(visit: Visit, run: RunFolder, job: Job, *, opened: bool) -> None:
    """Behind a switch while the run works: reading its parts takes time from it.

    Args:
        opened: the run has stopped, so its rows are shown at once.
    """
    if not list_parts(run):
        st.caption("No row has been scored yet.")
        return
    if not opened and not st.toggle("Show the rows scored so far", key="show-partial"):
        return
    st.caption("These are partial results: the rows scored so far. Rows still to come say “not scored”.")
    results.show(visit, run, job, partial=True)
    if isinstance(run.spec(), PredictSpec):
        downloads.show(lambda: _snapshot(run), job, partial=True)


def _snapshot(run: RunFolder) -> Path:
    """The Parquet file with the rows scored so far."""
    taken = snapshot(run)
    if taken is None:
        raise NotFound("rows that have been scored", "none yet", "Wait for the first part.")
    return taken.result_path
