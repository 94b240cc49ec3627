"""The rows that a run has scored so far: to look at and to download while it works, and after a stop."""

from __future__ import annotations

import streamlit as st

from core import inference
from core.runs import RunFolder, list_parts
from core.schema import Job
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
    st.info("These are partial results: the rows scored so far. Rows still to come say “not scored”.", icon=":material/hourglass_top:")
    results.show(visit, run, job, partial=True)
    downloads.show(lambda: inference.snapshot(run), job, partial=True)
