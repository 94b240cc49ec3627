"""The result as a file, made when the button is pressed. No cell is changed, except in the file that says so."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from core.schema import Job
from core.tables.export import export

SAFE_NOTE = "A cell that Excel would run as a formula gets an apostrophe in front. Every other cell is as it is."


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


def show(source: Callable[[], Path], job: Job, *, partial: bool = False) -> None:
    """A button for each format.

    Args:
        source: gives the Parquet file to export, when a button is pressed.
        partial: the file names say that rows are missing.
    """
    st.subheader("Download partial results" if partial else "Download", anchor=False)
    with st.container(horizontal=True, key="downloads"):
        for format_ in FORMATS:
            st.download_button(
                format_.label,
                exported(source, format_),
                file_name=file_name(job, format_, partial=partial),
                mime=format_.mime,
                help=format_.help,
                icon=":material/download:",
                on_click="ignore",
                key=f"download-{format_.label}",
            )


def exported(source: Callable[[], Path], format_: Format) -> Callable[[], bytes]:
    """A function that makes the file's bytes when it is called; it runs on a thread of its own."""

    def make() -> bytes:
        with tempfile.TemporaryDirectory(prefix="sheetformer-") as folder:
            out = Path(folder) / f"result{format_.suffix}"
            export(source(), out, safe=format_.safe)
            return out.read_bytes()

    return make


def file_name(job: Job, format_: Format, *, partial: bool = False) -> str:
    """``reviews-scored.csv``: the table's name without its ending and without anything that a path could hold."""
    stem = (job.title or job.kind).replace("\\", "/").rsplit("/", 1)[-1].split(".")[0]
    plain = "".join(c if c.isalnum() or c in "-_ " else "_" for c in stem).strip()[:60] or "result"
    words = [plain, "partial" if partial else "scored", *(["safe"] if format_.safe else [])]
    return "-".join(words) + format_.suffix
