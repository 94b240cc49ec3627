"""The command that equals what a page shows."""

from __future__ import annotations

import streamlit as st


def show(*lines: str) -> None:
    """The lines in an expander, ready to be copied."""
    with st.expander("The same from the command line", icon=":material/terminal:"):
        st.code("\n".join(lines), language="bash", wrap_lines=True)
