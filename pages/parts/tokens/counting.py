"""A column's tokens as they are counted: at once where it is short, else with rows per second, time left and a stop."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core import live, tables
from core.inspect.tokens import ColumnTokens
from pages.parts import address
from pages.parts.live import desk
from pages.parts.text import count, duration, plain
from pages.parts.tokens.ask import Chosen, question
from pages.parts.visit import Visit, errors_shown, show_error

WAIT_SECONDS = 0.8
TICK_SECONDS = 0.7
EVERY, ON = "token-every", "all"


@st.cache_resource(show_spinner=False, on_release=live.Counts.close)
def counts() -> live.Counts:
    """The counts of this server: they go on when a page is closed."""
    return live.Counts()


def every_row() -> bool:
    """Whether all rows are wanted, not a sample."""
    return bool(st.session_state.get(EVERY))


def of_column(visit: Visit, chosen: Chosen, table: tables.Table, column: str) -> list[ColumnTokens]:
    """What each tokenizer says of a column; nothing while one of them counts, which is then drawn with its progress."""
    switch = st.container()
    address.take(EVERY, "rows", lambda word: {ON: True}[word], False)
    mine = _started(visit, chosen, {"path": str(table.path), "column": column, "every": every_row()})
    runs = any(each.wait(WAIT_SECONDS).state == "running" for each in mine.values())
    if runs:
        st.fragment(_draw, run_every=TICK_SECONDS)(mine)
    found = [] if runs else [one for name, each in mine.items() if (one := _ended(name, each)) is not None]
    sampled = any(now.state == "done" and now.result and now.result["sampled"] for now in (each.now() for each in mine.values()))
    if every_row() or sampled:
        switch.toggle(f"Count all {table.rows:,} rows", key=EVERY, help="Else a sample, spread evenly over the table, stands for all.")
    address.put("rows", *([ON] if every_row() else []))
    return found


def _started(visit: Visit, chosen: Chosen, arguments: dict[str, Any]) -> dict[str, live.Count]:
    """The count under each tokenizer; one that cannot be asked says why."""
    mine, at = {}, desk(visit.settings)
    for model in chosen.models:
        with errors_shown():
            payload, key = question(visit, chosen, model, "column", arguments)
            mine[model] = counts().get(key, lambda name, asked: at.now(name, asked, visit.settings.live_request_seconds), payload)
    return mine


def _draw(mine: dict[str, live.Count]) -> None:
    """A line for each that runs; the page is drawn again when all have ended."""
    running = {name: each for name, each in mine.items() if each.now().state == "running"}
    if not running:
        st.rerun()
    for name, each in running.items():
        bar, button = st.columns([5, 1], vertical_alignment="center")
        now = each.now()
        bar.progress(min(1.0, now.rows_done / now.rows) if now.rows else 0.0, text=f"Counting with {plain(name, 60)}: {line(now)}")
        button.button("Stop", key=f"stop-count-{name}", icon=":material/stop:", on_click=each.stop)
    st.caption("You can close this page: counting goes on, and its address brings you back.")


def line(now: live.Counted) -> str:
    """``12,000 of 50,000 rows · 9,000 rows per second · 4 s left``."""
    if not now.rows:
        return "looking which rows there are"
    words = [f"{now.rows_done:,} of {count(now.rows, 'row')}"]
    if now.rows_per_second:
        words.append(f"{now.rows_per_second:,.0f} rows per second")
    if now.seconds_left is not None:
        words.append(f"{duration(now.seconds_left)} left")
    return " · ".join(words)


def _ended(name: str, each: live.Count) -> ColumnTokens | None:
    """What was counted; after a stop with a button that goes on, after a failure with one that tries again."""
    now = each.now()
    if now.error is not None:
        show_error(now.error)
        st.button("Try again", key=f"again-count-{name}", icon=":material/refresh:", on_click=each.go_on)
        return None
    if now.state == "stopped":
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.write(f"{plain(name, 60)}: stopped after {now.rows_done:,} of {count(now.rows, 'row')}.")
            st.button("Go on", key=f"go-on-count-{name}", icon=":material/play_arrow:", on_click=each.go_on)
    return None if now.result is None else ColumnTokens.model_validate(now.result)
