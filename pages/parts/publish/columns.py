"""Which columns of a result leave, and what is done about personal data in them."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core import publish
from core.publish import personal
from core.settings import Settings
from pages.parts.text import column_options, count, plain
from pages.parts.visit import Visit

LOOKS_KEPT = 20


def show(visit: Visit, run_id: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Columns that stay here, and columns that are masked.

    Raises:
        SheetformerError: the run cannot be published.
    """
    run = publish.result_of(visit.settings, visit.workspace, run_id)
    names = publish.columns_of(run)
    labels = dict(zip(names, column_options(names), strict=True))
    stay = st.multiselect(
        "Columns that stay here",
        names,
        format_func=labels.__getitem__,
        key=f"publish-stay-{run_id}",
        placeholder="All columns leave",
        help="What a reader does not need is better left out: names, addresses, ids of customers.",
    )
    leaving = [name for name in names if name not in stay]
    found = _found(visit.settings, str(run.result_path), tuple(leaving))
    if found is None:
        st.caption(
            ":material/visibility: Nobody has looked for personal data in the cells: this version has no check for it. "
            "Leave out columns that hold any."
        )
        return tuple(stay), ()
    return _decided(visit, run_id, stay, found)


def _decided(visit: Visit, run_id: str, stay: list[str], found: list[personal.Personal]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is done about each column with personal data."""
    if not found:
        st.caption(":material/check: No personal data was found in the cells that leave. Addresses and names in free words may still be.")
        return tuple(stay), ()
    st.warning("Cells that are about to leave hold personal data. Decide for each column.", icon=":material/visibility:")
    choices = [choice for choice in personal.CHOICES if choice != personal.MASK or personal.masker(visit.settings) is not None]
    out, masked = list(stay), []
    for column in dict.fromkeys(one.column for one in found):
        said = "; ".join(
            f"{plain(one.kind)} in {count(one.count, 'cell')}, such as {plain(one.example)}" for one in found if one.column == column
        )
        words, choice = st.columns([3, 2], vertical_alignment="center")
        words.markdown(f"**{plain(column)}**  \n{said}")
        taken = choice.selectbox(
            f"What to do with {plain(column)}", choices, format_func=str.capitalize, key=f"publish-personal-{run_id}-{column}"
        )
        out += [column] if taken == personal.LEAVE_OUT else []
        masked += [column] if taken == personal.MASK else []
    return tuple(out), tuple(masked)


@st.cache_data(
    show_spinner="Looking for personal data…", max_entries=LOOKS_KEPT, hash_funcs={Settings: lambda settings: str(settings.home)}
)
def _found(settings: Settings, table: str, names: tuple[str, ...]) -> list[personal.Personal] | None:
    return personal.found(settings, Path(table), names)
