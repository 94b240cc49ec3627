"""The numbers of a view as a CSV file, made when the button is pressed."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import streamlit as st

from core.runs.selected import write_selected_rows
from core.tables.export import export
from pages.parts.metrics.chosen.source import Source

SAFE_NOTE = "A cell that Excel would run as a formula gets an apostrophe in front."


def numbers(frame: Callable[[], pd.DataFrame], name: str, source: Source) -> None:
    """A button that saves the numbers of a view.

    Args:
        frame: makes the numbers; called when the button is pressed, on another thread.
        name: of the view, in the file's name.
    """
    _button(lambda: _csv(lambda folder: _written(frame(), folder)), name, source)


def rows(which: np.ndarray, name: str, source: Source) -> None:
    """A button that saves some rows of the result, with all of their columns."""
    _button(
        lambda: _csv(lambda folder: write_selected_rows(source.path, which, folder / "rows.parquet")), name, source, label="Rows as CSV"
    )


def _button(make: Callable[[], bytes], name: str, source: Source, label: str = "Numbers as CSV") -> None:
    st.download_button(
        label,
        make,
        file_name=f"{_stem(source.title)}-{name}.csv",
        mime="text/csv",
        help=SAFE_NOTE,
        icon=":material/download:",
        on_click="ignore",
        key=f"metrics-csv-{name}",
    )


def _csv(write: Callable[[Path], Path]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="sheetformer-") as folder:
        out = Path(folder) / "numbers.csv"
        export(write(Path(folder)), out, safe=True)
        return out.read_bytes()


def _written(frame: pd.DataFrame, folder: Path) -> Path:
    path = folder / "numbers.parquet"
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path)
    return path


def _stem(title: str) -> str:
    """The result's name without its ending and without anything that a path could hold."""
    stem = title.replace("\\", "/").rsplit("/", 1)[-1].split(".")[0]
    return "".join(letter if letter.isalnum() or letter in "-_ " else "_" for letter in stem).strip()[:60] or "result"
