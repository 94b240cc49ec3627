"""The result as a file, made when the button is pressed. No cell is changed, except in the file that says so."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import streamlit as st

from core.errors import NotFound, RunFailed, SheetformerError
from core.inference.side_table import side_table, write_side_table
from core.runs import RunFolder
from core.runs.selected import write_selected_rows
from core.schema import Job
from core.tables.export import export
from pages.parts.results.rows import Shown
from pages.parts.runs import xlsx_fit
from pages.parts.text import count
from pages.parts.visit import show_error

SAFE_NOTE = "A cell that Excel would run as a formula gets an apostrophe in front. Every other cell is as it is."

FAILED = "failed_downloads"
ALL, SHOWN = "all", "shown"


class Format(NamedTuple):
    """One button: what it is called, the file's ending, whether cells are escaped."""

    label: str
    suffix: str
    mime: str
    safe: bool = False
    help: str | None = None


FORMATS = (
    Format("CSV", ".csv", "text/csv", help="Every cell as it is, for other programs."),
    Format("CSV safe for Excel", ".csv", "text/csv", safe=True, help=SAFE_NOTE),
    Format(
        "XLSX",
        ".xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        help="Texts are written as texts, never as formulas.",
    ),
    Format("Parquet", ".parquet", "application/vnd.apache.parquet", help="Exact, with types; the smallest."),
    Format("JSONL", ".jsonl", "application/jsonl", help="One JSON object a row; missing and empty cells differ."),
)


def show(source: Callable[[], Path], job: Job, *, cells: Path, shown: Shown | None = None, partial: bool = False) -> None:
    """A button for each format; one that cannot be made is off and says why.

    Args:
        source: gives the Parquet file to export, when a button is pressed.
        cells: a Parquet file that is there already and has the same rows and the same long texts.
        shown: the rows that filters leave on the page, offered as a second choice.
        partial: the file names say that rows are missing.
    """
    st.subheader("Download partial results" if partial else "Download", anchor=False)
    failed: list[SheetformerError] = st.session_state.setdefault(FAILED, [])
    while failed:
        show_error(failed.pop())
    chosen = _which_rows(job, shown)
    with st.container(horizontal=True, key="downloads"):
        for format_ in FORMATS:
            obstacle = _obstacle(cells) if format_.suffix == ".xlsx" and not chosen else None
            st.download_button(
                format_.label,
                exported(source, format_, failed, shown=chosen),
                file_name=file_name(job, format_, partial=partial, selected=chosen is not None),
                mime=format_.mime,
                help=obstacle or format_.help,
                disabled=obstacle is not None,
                icon=":material/download:",
                on_click="ignore",
                key=f"download-{format_.label}",
            )


def side(run: RunFolder, job: Job) -> None:
    """The run's second table, such as one row for each entity, where its task has one."""
    table = side_table(run)
    if table is None or not run.result_path.exists():
        return
    name = table.stem
    with st.container(horizontal=True, vertical_alignment="center", key="side-downloads"):
        st.caption(f"{name.capitalize()} as a table of their own, one a row:", width="content")
        for format_ in FORMATS:
            st.download_button(
                format_.label,
                exported(lambda: second_table(run, table), format_, st.session_state.setdefault(FAILED, [])),
                file_name=file_name(job, format_, part=name),
                mime=format_.mime,
                help=format_.help,
                icon=":material/download:",
                on_click="ignore",
                key=f"download-{name}-{format_.label}",
            )


def second_table(run: RunFolder, table: Path) -> Path:
    """The second table, made now where the run ended before it was written."""
    if table.exists() or write_side_table(run) is not None:
        return table
    raise NotFound(f"the run's {table.stem}", "none: no row was scored", "Start a new run.")


def _which_rows(job: Job, shown: Shown | None) -> Shown | None:
    """Says that the files hold every row; where filters hide some, offers only those that are left."""
    every = f"All {count(job.rows, 'row')}"
    if shown is None:
        st.caption(f"{every}, in the order of the table.")
        return None
    words = {ALL: every, SHOWN: f"Only the {count(shown.rows, 'row')} shown"}
    taken = st.radio("Rows in the file", [ALL, SHOWN], format_func=words.__getitem__, horizontal=True, key="download-rows")
    st.caption("In the order of the table. The filters above decide which rows are shown.")
    return shown if taken == SHOWN else None


def exported(
    source: Callable[[], Path], format_: Format, failed: list[SheetformerError] | None = None, *, shown: Shown | None = None
) -> Callable[[], bytes]:
    """A function that makes the file's bytes when it is called; it runs on a thread of its own.

    Args:
        failed: takes what went wrong, for the page to say when it is drawn again; the browser is told only that something did.
        shown: which rows; all where ``None``.
    """

    def make() -> bytes:
        try:
            with tempfile.TemporaryDirectory(prefix="sheetformer-") as folder:
                out = Path(folder) / f"result{format_.suffix}"
                rows = source()
                if shown is not None:
                    rows = write_selected_rows(rows, shown.query.numbers(shown.filters, shown.search), Path(folder) / "rows.parquet")
                export(rows, out, safe=format_.safe)
                return out.read_bytes()
        except Exception as error:
            if failed is not None:
                failed.append(_said(error, format_))
            raise

    return make


def _said(error: Exception, format_: Format) -> SheetformerError:
    if isinstance(error, SheetformerError):
        return error
    return RunFailed(f"the result as {format_.label}", f"{type(error).__name__}: {error}", "Try again, or choose another format.")


def _obstacle(cells: Path) -> str | None:
    """Why there can be no XLSX file; what cannot be read is said by the download itself."""
    try:
        return xlsx_fit.obstacle(cells)
    except (OSError, pa.ArrowException):
        return None


def file_name(job: Job, format_: Format, *, partial: bool = False, selected: bool = False, part: str = "") -> str:
    """``reviews-scored.csv``: the table's name without its ending and without anything that a path could hold."""
    stem = (job.title or job.kind).replace("\\", "/").rsplit("/", 1)[-1].split(".")[0]
    plain = "".join(c if c.isalnum() or c in "-_ " else "_" for c in stem).strip()[:60] or "result"
    words = [plain, part or ("partial" if partial else "scored"), *(["selected"] if selected else []), *(["safe"] if format_.safe else [])]
    return "-".join(words) + format_.suffix
