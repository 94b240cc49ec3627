"""A data set on its way to a table: which config, split, columns and rows; a look at the first rows; the button."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from core import hub, tables
from core.errors import BadInput, SheetformerError
from core.hub.layout import Config, Layout, Split
from core.schema import HubSource
from core.settings import Settings
from core.tables import hub as hub_tables
from pages.parts.frames import grid
from pages.parts.hub import account, fetches
from pages.parts.text import count, option, plain, size
from pages.parts.visit import Visit, errors_shown, show_error

CONFIG, SPLIT, COLUMNS, ROWS = "config", "split", "column", "rows"
KEPT, SECONDS_KEPT = 100, 600
NOTED = 300


def offer(visit: Visit, found: hub.Repository, token: str | None) -> None:
    """Everything that is chosen before the rows come."""
    for sentence in hub.cautions(found, ()):
        st.warning(plain(sentence, NOTED), icon=":material/visibility:")
    user = account.signed_in(visit)
    try:
        read, laid = _layout(visit.settings, found, user, token)
    except BadInput as error:
        show_error(error)
        return
    for sentence in laid.left_out:
        st.caption(f":material/info: {plain(sentence, NOTED)}")
    with st.container(border=True):
        config, split, rows = _place(laid, found.id)
        whole = HubSource(dataset=found.id, config=config.name, split=split.name)
        look = f"look-{read.commit}-{config.name}-{split.name}"
        first = _first(visit, hub_tables.choose(visit.settings, read, laid, whole.model_copy(update={"rows": 1})), user, token, look)
        columns = _columns(first.columns if first else config.columns, found.id)
        try:
            wanted = hub_tables.choose(visit.settings, read, laid, whole.model_copy(update={"columns": columns, "rows": rows}))
        except SheetformerError as error:  # too large, which fewer rows or columns mend
            show_error(error)
            return
        _buttons(visit, wanted, token, look, looked=first is not None)
        if first:
            _show_first(visit, first, columns)


def _place(laid: Layout, name: str) -> tuple[Config, Split, int | None]:
    """Config, split and rows, from the address at first and kept there."""
    address = st.query_params
    configs = {one.name: one for one in laid.configs}
    *left, middle, right = st.columns(3 if len(configs) > 1 else 2, vertical_alignment="bottom")
    config = configs[_choice(left[0], "Config", list(configs), CONFIG, f"hub-config-{name}")] if left else laid.configs[0]
    splits = {one.name: one for one in config.splits}
    labels = {one.name: f"{option(one.name)} · {count(one.rows, 'row')}" if one.rows else option(one.name) for one in config.splits}
    split = splits[_choice(middle, "Split", list(splits), SPLIT, f"hub-split-{name}-{config.name}", labels)]
    given = address.get(ROWS, "")
    rows = right.number_input(
        "Only the first rows", min_value=1, value=int(given) if given.isdecimal() and int(given) else None, placeholder="all", step=1_000
    )
    if rows:
        address[ROWS] = str(rows)
    else:
        address.pop(ROWS, None)
    st.caption(" · ".join(_facts(config, split)))
    return config, split, rows


def _choice(place: Any, label: str, names: list[str], parameter: str, key: str, labels: dict[str, str] | None = None) -> str:
    wanted = st.query_params.get(parameter)
    chosen = place.selectbox(
        label,
        names,
        index=names.index(wanted) if wanted in names else 0,
        format_func=lambda name: (labels or {}).get(name, option(name)),
        key=key,
        disabled=len(names) == 1,
    )
    st.query_params[parameter] = chosen
    return chosen


def _facts(config: Config, split: Split) -> list[str]:
    facts = [count(split.rows, "row") if split.rows else "rows not counted by its author"]
    packed = f"{size(split.size_bytes)} in " if split.size_bytes else ""
    return [*facts, f"{packed}{count(len(split.files), 'file')} of {plain(config.reader)}"]


def _columns(known: tuple[str, ...], name: str) -> tuple[str, ...]:
    """Columns to bring in; none chosen means all."""
    wanted = [column for column in st.query_params.get_all(COLUMNS) if column in known]
    chosen = st.multiselect(
        "Columns",
        known,
        default=wanted,
        format_func=option,
        placeholder="all columns" if known else "all columns; look at the first rows to choose some",
        key=f"hub-columns-{name}-{hash(known) & 0xFFFFFF:x}",
        disabled=not known,
    )
    if chosen:
        st.query_params[COLUMNS] = chosen
    else:
        st.query_params.pop(COLUMNS, None)
    return tuple(chosen)


def _buttons(visit: Visit, wanted: hub_tables.Wanted, token: str | None, look: str, *, looked: bool) -> None:
    here = next((one for one in tables.list_tables(visit.settings, visit.workspace) if _same(one, wanted)), None)
    running = any(one.key == f"dataset-{wanted.key}" and one.now().state == "running" for one in fetches.fetches().of(visit.workspace))
    if here is not None:
        st.success(f"It is on this machine, as the table {plain(here.name)}.", icon=":material/check_circle:")
        fetches.table_links(here.id)
    with st.container(horizontal=True):
        if here is None:
            what = count(wanted.rows_total, "row") if wanted.rows_total else "all rows"
            if st.button(f"Bring in {what}", type="primary", icon=":material/download:", key="hub-bring", disabled=running):
                with errors_shown():
                    hub_tables.bring(fetches.fetches(), visit.settings, visit.workspace, wanted, token=token)
                    st.rerun()
        if not looked and st.button("Look at the first rows", icon=":material/table_rows:", key="hub-look"):
            st.session_state[look] = True
            st.rerun()


def _same(table: tables.Table, wanted: hub_tables.Wanted) -> bool:
    """Whether a table holds what is asked for. One of all rows names no number, nor does one that ended before it."""
    source = table.report.hub
    if source is None or source.model_copy(update={"rows": None}) != wanted.source.model_copy(update={"rows": None}):
        return False
    return source.rows == wanted.source.rows or (source.rows is None and (wanted.source.rows or 0) >= table.rows)


def _first(visit: Visit, wanted: hub_tables.Wanted, user: str, token: str | None, look: str) -> hub_tables.FirstRows | None:
    if not st.session_state.get(look):
        return None
    try:
        return _first_rows(visit.settings, wanted, user, token)
    except SheetformerError as error:
        show_error(error)
        del st.session_state[look]
        return None


def _show_first(visit: Visit, first: hub_tables.FirstRows, columns: tuple[str, ...]) -> None:
    frame = pd.DataFrame([{name: row.get(name) for name in columns or first.columns} for row in first.rows])
    shown = count(len(frame), "row")
    grid(frame, alt=f"The first {shown} of the split.", limit=visit.settings.max_shown_characters, key="hub-first-rows")
    st.caption(f"The first {shown}. " + " ".join(plain(note, NOTED) for note in first.notes))


@st.cache_data(
    show_spinner="Asking the Hub…",
    max_entries=KEPT,
    ttl=SECONDS_KEPT,
    hash_funcs={Settings: lambda settings: str(settings.home), hub.Repository: lambda found: (found.id, found.commit)},
)
def _layout(settings: Settings, found: hub.Repository, user: str, _token: str | None) -> tuple[hub.Repository, Layout]:
    return hub.dataset_layout(settings, found, _token)


@st.cache_data(
    show_spinner="Reading the first rows…",
    max_entries=KEPT,
    hash_funcs={Settings: lambda settings: str(settings.home), hub_tables.Wanted: lambda wanted: wanted.key},
)
def _first_rows(settings: Settings, wanted: hub_tables.Wanted, user: str, _token: str | None) -> hub_tables.FirstRows:
    return hub_tables.first_rows(settings, wanted, token=_token)
