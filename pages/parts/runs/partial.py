"""The rows that a run has scored so far: to look at and to download while it works, and after a stop."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.errors import NotFound
from core.inference.parts import facts_of_parts
from core.inference.snapshot import snapshot
from core.runs import RunFolder, list_parts
from core.runs.query import ResultFilters, ResultQuery
from core.schema import Job, PredictSpec
from pages.parts.results import result
from pages.parts.runs import downloads
from pages.parts.text import count
from pages.parts.visit import Visit, errors_shown

TICK_SECONDS = 2.0


def live(visit: Visit, run: RunFolder, job: Job) -> None:
    """While the run works: looks for its first rows by itself, then offers them behind a switch, since reading them takes time from it.

    Rows that are shown change only on request: nothing moves under a reader's hands.
    """
    shown = bool(st.session_state.get(_switch(run)))
    st.fragment(_live, run_every=None if shown else TICK_SECONDS)(visit, run, job, shown)


def show(visit: Visit, run: RunFolder, job: Job) -> None:
    """After a stop: the rows are shown at once."""
    if not list_parts(run):
        st.caption("No row was scored.")
        return
    st.caption("These are partial results: the rows scored so far. Rows still to come have no prediction yet.")
    _known_so_far(visit, run)
    _rows(visit, run, job)


def _live(visit: Visit, run: RunFolder, job: Job, shown: bool) -> None:
    if not list_parts(run):
        st.caption("The first rows can be looked at here as soon as they are saved.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        wanted = st.toggle("Show the rows scored so far", key=_switch(run))
        if wanted and shown:
            with errors_shown():
                st.caption(f"Partial results, as of {count(_scored(visit, run), 'row')}. The rest have no prediction yet.", width="content")
            st.button("Refresh", icon=":material/refresh:", key=f"refresh-{run.id}")
    if wanted != shown:
        st.rerun()  # the whole page: only that changes whether this part looks by itself
    if shown:
        _rows(visit, run, job)


def _rows(visit: Visit, run: RunFolder, job: Job) -> None:
    shown = result.show(visit, run, job, partial=True)
    if isinstance(run.spec(), PredictSpec):
        downloads.show(lambda: _snapshot(run), job, cells=run.input_path, shown=shown, partial=True)


def _known_so_far(visit: Visit, run: RunFolder) -> None:
    """What the finished parts tell of how well the model fits, and what only the end of the run tells."""
    with errors_shown():
        truncated = int(facts_of_parts(run)["truncated"])
        found = _query(visit, run).failures()
        rows = dict(found.groupby("kind")["rows"].sum())
        known = [f"**{rows['failed']:,}** failed"] if rows.get("failed") else []
        known += [f"**{rows['skipped']:,}** skipped because they are empty"] if rows.get("skipped") else []
        known += [f"**{truncated:,}** cut because they are too long for the model"] if truncated else []
        if known:
            st.markdown("So far: " + " · ".join(known))
        st.caption("Whether the texts fit the model, and how well it agrees with your labels, is found out when the run is done.")


def _scored(visit: Visit, run: RunFolder) -> int:
    return _query(visit, run).count(ResultFilters(state="scored"))


def _query(visit: Visit, run: RunFolder) -> ResultQuery:
    query = result.open_query(visit, str(run.path))
    query.refresh()
    return query


def _switch(run: RunFolder) -> str:
    return f"show-partial-{run.id}"


def _snapshot(run: RunFolder) -> Path:
    """The Parquet file with the rows scored so far."""
    taken = snapshot(run)
    if taken is None:
        raise NotFound("rows that have been scored", "none yet", "Wait for the first part.")
    return taken.result_path
