"""Pushes of this workspace: how far, what came of them, and how to go on."""

from __future__ import annotations

from types import MappingProxyType

import streamlit as st

from core import publish
from pages.parts import links
from pages.parts.hub import account
from pages.parts.publish import asked
from pages.parts.text import count, duration, plain, size
from pages.parts.visit import Visit, errors_shown, show_error

TICK_SECONDS = 1.0
ARRIVED = "publish-arrived"  # pushes that were put away
CARDS = MappingProxyType({"model": "models", "dataset": "datasets"})  # kinds whose cards the page Hub shows, by its own names
STEPS = {"": "Starting", "creating": "Making the repository", "sending": "Sending", "committing": "Making the commit"}


@st.cache_resource(show_spinner=False, on_release=publish.Pushes.close)
def pushes() -> publish.Pushes:
    """The pushes of this server: they go on when a page is closed."""
    return publish.Pushes()


def show(visit: Visit) -> None:
    """A line for each push that is under way, or has ended and was not put away."""
    mine = pushes().of(visit.workspace)
    running = any(push.now().state == "running" for push in mine)
    if mine:
        st.fragment(_draw, run_every=TICK_SECONDS if running else None)(visit, running)


def _draw(visit: Visit, was_running: bool) -> None:
    mine = pushes().of(visit.workspace)
    for push in mine:
        with st.container(border=True):
            _line(visit, push)
    if was_running and not any(push.now().state == "running" for push in mine):
        asked.forget()
        st.rerun()


def _line(visit: Visit, push: publish.Push) -> None:
    now, what = push.now(), push.order.what
    if now.state == "running":
        line, button = st.columns([5, 1], vertical_alignment="center")
        line.progress(now.bytes_done / now.bytes_total if now.bytes_total else 0.0, text=f"{plain(what)}: {progress(now)}")
        if button.button("Stop", key=f"stop-push-{what}", icon=":material/stop:"):
            push.stop()
            st.rerun()
        return
    if now.outcome is not None:
        _done(push, now)
    elif now.error is not None:
        show_error(now.error)
    else:
        st.info(f"{plain(what)}: {stopped(push)}", icon=":material/stop_circle:")
    with st.container(horizontal=True, vertical_alignment="center"):
        if now.outcome is not None:
            _open(push.order, now.outcome)
        elif st.button("Go on", key=f"go-on-{what}", type="primary", icon=":material/play_arrow:"):
            with errors_shown():
                pushes().go_on(visit.settings, visit.workspace, what, token=account.token_of(visit))
                st.rerun()
        if st.button("Put away", key=f"put-away-push-{what}"):
            if now.outcome is not None:
                st.session_state.setdefault(ARRIVED, set()).add((push.order.kind, push.order.repository))
            pushes().forget(visit.workspace, what)
            st.rerun()


def stopped(push: publish.Push) -> str:
    """What a push that was stopped leaves behind."""
    if push.in_doubt:
        return "stopped. The commit was on its way and may have arrived: going on looks for it before it makes another."
    return "stopped. The repository is as it was; what has arrived is not sent again when you go on."


def _done(push: publish.Push, now: publish.Sent) -> None:
    """What is there now, and where."""
    assert now.outcome is not None
    had = f" {count(len(now.kept), 'file was', 'files were')} there already." if now.kept else ""
    gone = f" {count(len(push.order.deletions), 'file')} deleted." if push.order.deletions else ""
    files = f"{count(now.files_total, 'file')}, {size(now.bytes_total)}." if now.files_total else ""
    st.success(f"{plain(push.order.what)}: commit {now.outcome.commit[:12]}. {files}{gone}{had}", icon=":material/check_circle:")


def _open(order: publish.Order, outcome: publish.Outcome) -> None:
    if order.kind in CARDS and not outcome.pull_request:
        query = {"repo": order.repository, "kind": CARDS[order.kind]}
        st.page_link(links.HUB, label="See its card here", icon=":material/description:", query_params=query)
    if outcome.pull_request:
        st.link_button("Open the pull request", outcome.pull_request, icon=":material/open_in_new:")
    else:
        st.link_button("Open it on the Hub", outcome.url.partition("/commit/")[0], icon=":material/open_in_new:")


def last_repository(visit: Visit) -> tuple[publish.Kind, str] | None:
    """Kind and name of the repository that was pushed to last."""
    mine = [push.order for push in pushes().of(visit.workspace) if push.now().outcome is not None]
    return (mine[-1].kind, mine[-1].repository) if mine else None


def was_pushed_to(visit: Visit, kind: publish.Kind, repository: str) -> bool:
    """Whether a push of this workspace arrived in that repository, as far as this server and this browser remember."""
    listed = {(push.order.kind, push.order.repository) for push in pushes().of(visit.workspace) if push.now().outcome is not None}
    return (kind, repository) in listed | st.session_state.get(ARRIVED, set())


def progress(now: publish.Sent) -> str:
    """``Sending model.safetensors, file 2 of 5, 12 MB of 268 MB, 3 MB per second, about 1 min left``."""
    words = STEPS.get(now.step, now.step)
    if now.step == "sending" and now.file:
        words += f" {plain(now.file)}, file {min(now.files_done + 1, now.files_total)} of {now.files_total}"
    if now.bytes_total:
        words += f", {size(now.bytes_done)} of {size(now.bytes_total)}"
    if now.bytes_per_second:
        words += f", {size(now.bytes_per_second)} per second"
    return words + (f", about {duration(now.seconds_left)} left" if now.seconds_left else "")
