"""The row that is looked at: typed, or taken from a table; short texts are in the address."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from types import MappingProxyType

import numpy as np
import streamlit as st

from core import tables, tasks
from core.inference.plan import read_windows
from core.schema import Role
from core.settings import MEGABYTE
from pages.parts import address
from pages.parts.address import LONGEST
from pages.parts.choices import role_picker, table_picker
from pages.parts.frames import lines
from pages.parts.text import count, option
from pages.parts.visit import Visit

HEIGHTS = MappingProxyType({Role.CONTEXT: 170, Role.QUESTION: 68, Role.TEXT_PAIR: 68})
USUAL_HEIGHT = 110
BESIDE: MappingProxyType[str, tuple[tasks.RoleUse, ...]] = MappingProxyType(
    {"feature-extraction": (tasks.RoleUse(Role.TEXT_PAIR, True, "The text that it is compared with."),)}
)
"""Task name to texts that a run does not read: what its answer for one text is held against."""
EXAMPLES: MappingProxyType[str, MappingProxyType[Role, str]] = MappingProxyType(
    {
        "text-classification": MappingProxyType(
            {Role.TEXT: "The screen is sharp, but the battery died after two days and nobody answered my emails."}
        ),
        "zero-shot-classification": MappingProxyType({Role.TEXT: "I waited a week for the parcel, and the driver left it in the rain."}),
        "token-classification": MappingProxyType({Role.TEXT: "Zoe Baker flew from Oslo to Berlin to meet Siemens about the new factory."}),
        "question-answering": MappingProxyType(
            {
                Role.QUESTION: "When was the bridge opened?",
                Role.CONTEXT: "The old ferry was slow. In 1932 the harbour bridge was opened after eight years of work, "
                "and a second lane followed in 1958.",
            }
        ),
        "feature-extraction": MappingProxyType(
            {Role.TEXT: "The battery died after two days.", Role.TEXT_PAIR: "My phone does not hold its charge."}
        ),
        "fill-mask": MappingProxyType({Role.TEXT: "The capital of France is [MASK]."}),
        "text-generation": MappingProxyType({Role.PROMPT: "Once upon a time, there was a little girl who"}),
        "translation": MappingProxyType({Role.TEXT: "The meeting starts at ten and ends at noon."}),
    }
)
USUAL_EXAMPLE = MappingProxyType(
    {
        Role.TEXT: "The library opens at nine. On Sundays it stays closed, and books can be returned at the desk of the museum.",
        Role.PROMPT: "The library opens at",
    }
)
_SOURCE = "look-source"


def uses_of(task: tasks.Task) -> list[tasks.RoleUse]:
    """The texts that the task reads, and what they are held against; not those that stand in the place of another one."""
    uses = [*role_picker.read_roles(task), *BESIDE.get(task.name, ())]
    others = {use.instead for use in uses if use.instead}
    return [use for use in uses if use.role not in others]


def pick(visit: Visit, task: tasks.Task) -> dict[str, str] | None:
    """The cells by the names of their contents; ``None`` while a text is missing, with an example to start from."""
    uses = uses_of(task)
    cells = {use.role: _field(use) if use.required else _optional(use) for use in uses}
    _say_source(cells)
    _from_table(visit, task, uses)
    given = {str(role): text for role, text in cells.items() if text.strip()}
    if all(use.role in given for use in uses if use.required):
        return given
    example = EXAMPLES.get(task.name, USUAL_EXAMPLE)
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.write("Type a text, take a row of a table, or start with an example.")
        st.button(
            "Use an example", icon=":material/lightbulb:", on_click=_fill, args=({use.role: example.get(use.role, "") for use in uses},)
        )
    return None


def key_of(role: Role) -> str:
    """The key of a text's field; also what remembers the text that the address was given last."""
    return f"look-{role}"


def _field(use: tasks.RoleUse) -> str:
    """The text of a role. It comes from the address when that changes by itself: a link, or a step back."""
    key, name = key_of(use.role), str(use.role)
    said, put = st.query_params.get(name), st.session_state.get(f"{key}-put")
    if said is not None and (said != put or key not in st.session_state):
        st.session_state[key] = said
    label = role_picker.ROLE_WORDS.get(use.role, name)
    text = st.text_area(label, key=key, help=use.help, height=HEIGHTS.get(use.role, USUAL_HEIGHT))
    short = text if len(text) <= LONGEST else ""
    address.put(name, *([short] if short else []))
    st.session_state[f"{key}-put"] = short or None
    if text and not short:
        st.caption(f"This text has more than {LONGEST:,} characters: a link to this page comes without it.")
    return text


def _optional(use: tasks.RoleUse) -> str:
    """A text that few models read: its field comes when it is asked for, or when there is a text already."""
    switch, said = f"look-with-{use.role}", st.query_params.get(str(use.role))
    if said is not None and said != st.session_state.get(f"{key_of(use.role)}-put"):
        st.session_state[switch] = True
    if st.toggle(role_picker.ROLE_WORDS.get(use.role, str(use.role)), key=switch, help=use.help):
        return _field(use)
    address.put(str(use.role))
    return ""


def _from_table(visit: Visit, task: tasks.Task, uses: Sequence[tasks.RoleUse]) -> None:
    """A row of a table, put into the fields by a button."""
    with st.expander("Take a row of a table", icon=":material/table_rows:"):
        own = [table for table in tables.list_tables(visit.settings, visit.workspace) if table.rows]
        if not own:
            table_picker.none_yet(visit)
            return
        places = lines(3)
        named = {table.id: table for table in own}
        with next(places):
            table = named[
                st.selectbox(
                    "Table",
                    list(named),
                    format_func=lambda one: f"{option(named[one].name)} · {count(named[one].rows, 'row')}",
                    key="look-table",
                )
            ]
        columns = role_picker.pick(table, task, uses, places, options={})
        number = f"look-number-{table.id[:16]}"
        with next(places):
            st.number_input("Row", min_value=1, max_value=table.rows, key=number, help="The first row under the header is 1.")
        ready = all(use.role in columns for use in uses if use.required)
        with st.container(horizontal=True):
            st.button("Take this row", icon=":material/input:", on_click=_take, args=(table, columns, number), disabled=not ready)
            st.button(
                "Take one by chance",
                icon=":material/casino:",
                on_click=_take,
                args=(table, columns, number),
                kwargs={"chance": True},
                disabled=not ready,
            )


def _take(table: tables.Table, columns: dict[Role, str], number: str, *, chance: bool = False) -> None:
    if chance:
        st.session_state[number] = secrets.randbelow(table.rows) + 1
    row = int(st.session_state[number])
    wanted = {str(role): column for role, column in columns.items()}
    window = next(read_windows(table.path, wanted, np.array([row - 1]), rows=1, characters=MEGABYTE))
    cells = {role: window.cells[str(role)][0] for role in columns}
    _fill(cells)
    st.session_state[_SOURCE] = (table.name, row, {str(role): text for role, text in cells.items()})


def _fill(cells: dict[Role, str]) -> None:
    for role, text in cells.items():
        st.session_state[key_of(role)] = text
        if text.strip():
            st.session_state[f"look-with-{role}"] = True
    st.session_state.pop(_SOURCE, None)


def _say_source(cells: dict[Role, str]) -> None:
    """Where the texts come from, while they are as they were taken."""
    source = st.session_state.get(_SOURCE)
    if source is None:
        return
    name, row, taken = source
    if any(cells.get(Role(role), text) != text for role, text in taken.items()):
        return
    blank = " It is blank." if not any(text.strip() for text in taken.values()) else ""
    st.text(f"Row {row:,} of {option(name)}.{blank}")


def rows_by_chance(visit: Visit, role: Role, most: int) -> list[str]:
    """Cells of a role from the table chosen on this page, drawn by chance, blank ones left out; none where no table is chosen."""
    own = {table.id: table for table in tables.list_tables(visit.settings, visit.workspace) if table.rows}
    table = own.get(st.session_state.get("look-table", next(iter(own), "")))
    place = st.session_state.get(f"role-{table.id[:16]}-{role}") if table else None
    if table is None or place is None or not most:
        return []
    chance = secrets.SystemRandom()
    chosen = np.array(sorted(chance.sample(range(table.rows), min(4 * most, table.rows))))
    window = next(read_windows(table.path, {str(role): table.columns[place]}, chosen, rows=len(chosen), characters=MEGABYTE))
    texts = [text for text in window.cells[str(role)] if text.strip()]
    return chance.sample(texts, min(most, len(texts)))
