"""Downloads of this workspace while they run, and the models that it has fetched. Rows of data sets count as downloads."""

from __future__ import annotations

import streamlit as st

from core import hub, models
from core.tables import hub as hub_tables
from pages.parts import links
from pages.parts.hub import account
from pages.parts.text import count, duration, plain, size
from pages.parts.visit import Visit, errors_shown, show_error

TICK_SECONDS = 1.0


@st.cache_resource(show_spinner=False, on_release=hub.Fetches.close)
def fetches() -> hub.Fetches:
    """The downloads of this server: they go on when a page is closed."""
    return hub.Fetches()


def show(visit: Visit) -> None:
    """A line for each download that runs, or has ended and was not put away."""
    mine = fetches().of(visit.workspace)
    running = any(fetch.now().state == "running" for fetch in mine)
    if mine:
        st.fragment(_draw, run_every=TICK_SECONDS if running else None)(visit, running)


def _draw(visit: Visit, was_running: bool) -> None:
    mine = fetches().of(visit.workspace)
    for fetch in mine:
        if isinstance(fetch, hub_tables.Bring):
            _rows_line(visit, fetch)
        else:
            _line(visit, fetch)
    if was_running and not any(fetch.now().state == "running" for fetch in mine):
        st.rerun()


def _line(visit: Visit, fetch: hub.Fetch) -> None:
    arrived, name = fetch.now(), fetch.repository.id
    if arrived.state == "running":
        line, button = st.columns([5, 1], vertical_alignment="center")
        part = min(1.0, arrived.bytes_done / arrived.bytes_total) if arrived.bytes_total else 0.0
        line.progress(part, text=f"Fetching {plain(name)}: {progress(arrived)}")
        if button.button("Stop", key=f"stop-fetch-{name}", icon=":material/stop:"):
            fetch.stop()
            st.rerun()
        return
    if arrived.state == "done":
        st.success(f"{plain(name)} is on this machine, {size(arrived.bytes_done)}.", icon=":material/check_circle:")
        with st.container(horizontal=True, vertical_alignment="center"):
            model_links(fetch.repository)
            _put_away(visit, fetch.key)
        return
    if arrived.error is not None:
        show_error(arrived.error)
    else:
        st.info(f"{plain(name)}: stopped. What has come stays; fetching it again goes on from there.", icon=":material/stop_circle:")
    _put_away(visit, fetch.key)


def _put_away(visit: Visit, key: str) -> None:
    if st.button("Put away", key=f"put-away-{key}"):
        fetches().forget(visit.workspace, key)
        st.rerun()


def _rows_line(visit: Visit, work: hub_tables.Bring) -> None:
    """A data set on its way to a table."""
    now, name = work.now(), plain(work.wanted.title)
    if now.state == "running":
        line, button = st.columns([5, 1], vertical_alignment="center")
        part = min(1.0, now.rows_done / now.rows_total) if now.rows_total else 0.0
        line.progress(part, text=f"Bringing in {name}: {rows_progress(now)}")
        if button.button("Stop", key=f"stop-{work.key}", icon=":material/stop:"):
            work.stop()
            st.rerun()
        return
    if now.state == "done":
        st.success(f"{name} is a table now: {count(now.rows_done, 'row')}.", icon=":material/check_circle:")
        with st.container(horizontal=True, vertical_alignment="center"):
            table_links(now.table)
            _put_away(visit, work.key)
        return
    if now.error is not None:
        show_error(now.error)
    else:
        st.info(f"{name}: stopped. {count(now.rows_done, 'row')} are kept for going on.", icon=":material/stop_circle:")
    with st.container(horizontal=True):
        if st.button("Go on", key=f"go-on-{work.key}", icon=":material/play_arrow:"):
            with errors_shown():
                hub_tables.bring(fetches(), visit.settings, visit.workspace, work.wanted, token=account.token_of(visit))
                st.rerun()
        _put_away(visit, work.key)


def model_links(found: hub.Repository) -> None:
    """Where a model that was fetched can go from here."""
    query = {"model": f"{found.id}@{found.commit}"} | ({"task": found.task} if found.task else {})
    with st.container(horizontal=True, width="content"):
        st.page_link(links.BATCH, label="Score a table with it", icon=":material/label:", query_params=query)
        st.page_link(links.DEMOS, label="Try as a demo", icon=":material/slideshow:", query_params=query)


def table_links(table: str) -> None:
    """Where a table can go from here."""
    with st.container(horizontal=True, width="content"):
        st.page_link(links.TABLES, label="See the table", icon=":material/table:", query_params={"table": table})
        st.page_link(links.BATCH, label="Score it", icon=":material/label:", query_params={"table": table})


def rows_progress(now: hub_tables.Brought) -> str:
    """``1,200 of 3,000 rows, 500 rows per second, about 4 s left``."""
    total = f" of {now.rows_total:,}" if now.rows_total else ""
    words = f"{now.rows_done:,}{total} rows" if now.rows_done else now.stage
    if now.rows_per_second:
        words += f", {now.rows_per_second:,.0f} rows per second"
    return words + (f", about {duration(now.seconds_left)} left" if now.seconds_left is not None else "")


def progress(arrived: hub.Arrived) -> str:
    """``12 MB of 268 MB, 3 MB per second, about 1 min left``."""
    words = size(arrived.bytes_done) + (f" of {size(arrived.bytes_total)}" if arrived.bytes_total else "")
    if arrived.bytes_per_second:
        words += f", {size(arrived.bytes_per_second)} per second"
    return words + (f", about {duration(arrived.seconds_left)} left" if arrived.seconds_left is not None else "")


def shelf(visit: Visit) -> None:
    """The models that were fetched: favourites first, then the newest."""
    fetched = models.read_fetched(visit.settings, visit.workspace)
    if not fetched:
        return
    st.subheader("On this machine", anchor=False)
    for one in fetched:
        line = st.container(horizontal=True, vertical_alignment="center")
        line.markdown(f"{plain(one.name)}  \n:small[commit {one.reference.partition('@')[2][:12]}]", width="content")
        icon = ":material/star:" if one.favourite else ":material/star_outline:"
        if line.button(
            icon, key=f"star-{one.reference}", help="Not a favourite any more" if one.favourite else "A favourite: first in this list"
        ):
            models.set_favourite(visit.settings, visit.workspace, one.reference, not one.favourite)
            st.rerun()
        if line.button(":material/close:", key=f"forget-{one.reference}", help="Take it off the list; its files stay for the others"):
            models.forget_fetched(visit.settings, visit.workspace, one.reference)
            st.rerun()
