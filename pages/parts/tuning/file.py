"""The settings of a fine-tune as a file: saved for the next table, loaded into the controls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.errors import SheetformerError
from core.schema import Split
from core.settings import Settings
from core.training.choices.dials_file import Saved, read_saved, write_saved
from pages.parts.text import plain
from pages.parts.visit import Visit, errors_shown, show_error

CONTROL = "settings-file"
_FILE, _NAME, _ROUND, _FAILED = "tuning_file", "tuning_file_name", "tuning_round", "tuning_file_failed"


@dataclass(frozen=True)
class Before:
    """What the controls start with.

    Args:
        file: the settings that were loaded last.
        round: how often any were: each time the controls are new ones, so that they start with the file's values.
    """

    file: Saved | None
    round: int

    def key(self, name: str) -> str:
        """The key of a control."""
        return f"{name}-{self.round}" if self.round else name


def before() -> Before:
    """What was loaded in this visit."""
    return Before(st.session_state.get(_FILE), st.session_state.get(_ROUND, 0))


def show(visit: Visit, name: str, *, preset: str, dials: Mapping[str, Any], split: Split, **others: Any) -> None:
    """Saves what is chosen now, and loads a file.

    Args:
        name: of the adapter; the file is called after it.
        dials: what differs from the preset.
    """
    with st.expander("Settings as a file", icon=":material/save:"):
        left, right = st.columns(2)
        with left, errors_shown():
            saved = Saved.of(preset, dials, split=split, **others)
            st.download_button(
                "Save these settings",
                write_saved(saved),
                file_name=f"{name or 'settings'}.json",
                mime="application/json",
                icon=":material/download:",
                on_click="ignore",
                key="save-settings",
            )
            st.caption(
                "Dials, options, validation rows and how labels are read. The command line takes the file too: `finetune --dials FILE`."
            )
        with right:
            _load_control(visit)


def _load_control(visit: Visit) -> None:
    st.file_uploader("Load settings", type=["json"], key=CONTROL, max_upload_size=1, on_change=_load, args=(visit.settings,))
    failed = st.session_state.get(_FAILED)
    if failed is not None:
        show_error(failed)
    elif _NAME in st.session_state:
        st.caption(f":material/check: The settings of {plain(st.session_state[_NAME])} are in the controls.")


def _load(settings: Settings) -> None:
    """Called before the page is drawn again: the controls start with the file's values. A file that fails changes none of them."""
    state = st.session_state
    state.pop(_FAILED, None)
    file = state[CONTROL]
    if file is None:
        return
    try:
        state[_FILE] = read_saved(settings, file.getvalue())
    except SheetformerError as error:
        state[_FAILED] = error
        return
    state[_NAME], state[_ROUND] = file.name, state.get(_ROUND, 0) + 1
