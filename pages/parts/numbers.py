"""The numbers of a view as a file."""

from __future__ import annotations

import functools
import io

import pandas as pd
import streamlit as st

from core.tables.export import guarded

HELP = "What is drawn, in numbers. A text that a spreadsheet would run as a formula gets an apostrophe in front."


def offer(frame: pd.DataFrame, name: str) -> None:
    """A button that downloads ``frame`` as ``<name>.csv``."""
    st.download_button(
        "Numbers as CSV",
        functools.partial(as_csv, frame),
        file_name=f"{name}.csv",
        mime="text/csv",
        help=HELP,
        icon=":material/download:",
        on_click="ignore",
        key=f"numbers-{name}",
    )


def as_csv(frame: pd.DataFrame) -> bytes:
    """UTF-8 with a byte-order mark, every text guarded, numbers exact."""
    safe = frame.map(lambda value: guarded(value) if isinstance(value, str) else value)
    safe.columns = [guarded(str(name)) for name in frame.columns]
    target = io.StringIO(newline="")
    safe.to_csv(target, index=False, lineterminator="\r\n")
    return target.getvalue().encode("utf-8-sig")
