"""Which columns of a result leave, and what is done about personal data in them."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core import publish
from core.privacy import PersonalDataReport
from core.publish import personal
from core.settings import Settings
from pages.parts.text import column_options, plain
from pages.parts.visit import Visit

LOOKS_KEPT, LONGEST = 20, 300


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
    leaving = tuple(name for name in names if name not in stay)
    return _decided(run_id, stay, _looked(visit.settings, run.result_path, leaving))


def _decided(run_id: str, stay: list[str], report: PersonalDataReport) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is done about each column with personal data: at first it stays here."""
    out, masked = list(stay), []
    if report.findings:
        st.warning("Cells that are about to leave hold personal data. Decide for each column.", icon=":material/visibility:")
    for column in dict.fromkeys(one.column for one in report.findings):
        words, choice = st.columns([3, 2], vertical_alignment="center")
        for one in report.findings:
            if one.column == column:
                words.markdown(plain(one.title, LONGEST))
                words.caption("  \n".join(plain(excerpt, LONGEST) for excerpt in one.excerpts))
        taken = choice.selectbox(
            f"What to do with {plain(column)}", personal.CHOICES, format_func=str.capitalize, key=f"publish-personal-{run_id}-{column}"
        )
        out += [column] if taken == personal.LEAVE_OUT else []
        masked += [column] if taken == personal.MASK else []
    if not report.findings:
        st.caption(f":material/check: No personal data was found in the cells that leave. {' '.join(report.words())}")
    else:
        st.caption(" ".join(report.words()))
    return tuple(out), tuple(masked)


def _looked(settings: Settings, table: Path, names: tuple[str, ...]) -> PersonalDataReport:
    """What cells hold, looked at anew when another table stands at the same path: a retry builds the result again."""
    seen = table.stat()
    return _looked_once(settings, str(table), names, (seen.st_mtime_ns, seen.st_size, seen.st_ino))


@st.cache_data(
    show_spinner="Looking for personal data…", max_entries=LOOKS_KEPT, hash_funcs={Settings: lambda settings: str(settings.home)}
)
def _looked_once(settings: Settings, table: str, names: tuple[str, ...], seen: tuple[int, ...]) -> PersonalDataReport:
    return personal.look(settings, Path(table), names)
