"""The result as a file, made when the button is pressed. No cell is changed, except in the file that says so."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import streamlit as st

from core.errors import RunFailed, SheetformerError
from core.schema import Job
from core.tables.export import export
from pages.parts import xlsx_fit
from pages.parts.visit import show_error

SAFE_NOTE = "A cell that Excel would run as a formula gets an apostrophe in front. Every other cell is as it is."

FAILED = "failed_downloads"


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


def show(source: Callable[[], Path], job: Job, *, cells: Path, partial: bool = False) -> None:
    """A button for each format; one that cannot be made is off and says why.

    Args:
        source: gives the Parquet file to export, when a button is pressed.
        cells: a Parquet file that is there already and has the same rows and the same long texts.
        partial: the file names say that rows are missing.
    """
    st.subheader("Download partial results" if partial else "Download", anchor=False)
    failed: list[SheetformerError] = st.session_state.setdefault(FAILED, [])
    while failed:
        show_error(failed.pop())
    with st.container(horizontal=True, key="downloads"):
        for format_ in FORMATS:
            obstacle = _obstacle(cells) if format_.suffix == ".xlsx" else None
            st.download_button(
                format_.label,
                exported(source, format_, failed),
                file_name=file_name(job, format_, partial=partial),
                mime=format_.mime,
                help=obstacle or format_.help,
                disabled=obstacle is not None,
                icon=":material/download:",
                on_click="ignore",
                key=f"download-{format_.label}",
            )


def exported(source: Callable[[], Path], format_: Format, failed: list[SheetformerError] | None = None) -> Callable[[], bytes]:
    """A function that makes the file's bytes when it is called; it runs on a thread of its own.

    Args:
        failed: takes what went wrong, for the page to say when it is drawn again; the browser is told only that something did.
    """

    def make() -> bytes:
        try:
            with tempfile.TemporaryDirectory(prefix="sheetformer-") as folder:
                out = Path(folder) / f"result{format_.suffix}"
                export(source(), out, safe=format_.safe)
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


def file_name(job: Job, format_: Format, *, partial: bool = False) -> str:
    """``reviews-scored.csv``: the table's name without its ending and without anything that a path could hold."""
    stem = (job.title or job.kind).replace("\\", "/").rsplit("/", 1)[-1].split(".")[0]
    plain = "".join(c if c.isalnum() or c in "-_ " else "_" for c in stem).strip()[:60] or "result"
    words = [plain, "partial" if partial else "scored", *(["safe"] if format_.safe else [])]
    return "-".join(words) + format_.suffix
