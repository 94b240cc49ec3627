"""The numbers of a view as a CSV, as they are and safe for Excel."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import streamlit as st

from core.tables.export import export
from pages.parts.downloads import FORMATS


def buttons(rows: Sequence[dict[str, Any]], name: str, key: str) -> None:
    """Buttons for the rows of a view; nothing without any.

    Args:
        rows: all with the same names.
        name: of the file, without its ending.
        key: one of a kind on the page.
    """
    if not rows:
        return
    with st.container(horizontal=True):
        for format_ in FORMATS[:2]:
            st.download_button(
                format_.label,
                lambda safe=format_.safe: written(rows, safe=safe),
                file_name=f"{name}{'-safe' if format_.safe else ''}.csv",
                mime=format_.mime,
                help=format_.help,
                icon=":material/download:",
                on_click="ignore",
                key=f"{key}-{format_.label}",
            )


def written(rows: Sequence[dict[str, Any]], *, safe: bool = False) -> bytes:
    """The bytes of the CSV."""
    with tempfile.TemporaryDirectory(prefix="sheetformer-") as folder:
        source, out = Path(folder) / "numbers.parquet", Path(folder) / "numbers.csv"
        pq.write_table(pa.Table.from_pylist(list(rows)), source)
        export(source, out, safe=safe)
        return out.read_bytes()
