"""An adapter from elsewhere as a zip. Everything about it is checked before it stands on the shelf."""

from __future__ import annotations

from pathlib import PurePath

import streamlit as st

from core import models
from pages.parts.adapters import naming
from pages.parts.adapters.listing import ADAPTER
from pages.parts.text import count, plain
from pages.parts.visit import Visit, errors_shown

MOST_NAMED = 5
_ROUND, _DONE = "adapter_upload_round", "adapter_uploaded"


def show(visit: Visit, *, first: bool) -> None:
    """The upload, folded away where there are adapters. After an error the file and the name stay as they are.

    Args:
        first: the workspace has no adapter yet.
    """
    number = st.session_state.get(_ROUND, 0)
    with st.expander("Upload an adapter", icon=":material/upload_file:", expanded=first):
        file = st.file_uploader(
            "Adapter as a zip",
            type=["zip"],
            key=f"adapter-upload-{number}",
            max_upload_size=visit.settings.max_upload_mb,
            help="A LoRA adapter as peft saves it: adapter_config.json, adapter_model.safetensors, config.json.",
        )
        st.caption("Weights as safetensors, without code of its own, on a base that is on this machine.")
        if file is None:
            return
        left, right = st.columns([2, 1], vertical_alignment="bottom")
        proposed = naming.proposed(visit, PurePath(file.name).stem, "adapter")
        name = left.text_input("Its name here", value=proposed, key=f"adapter-name-{number}-{file.file_id}", max_chars=96)
        if naming.is_promised(visit, name):
            st.caption("A fine-tune that has not ended has this name too: what it makes would get another one.")
        if right.button("Put it on the shelf", type="primary", icon=":material/add:", key="upload-adapter"):
            with errors_shown(), st.spinner("Checking the adapter"):
                st.session_state[_DONE] = models.upload_adapter(visit.settings, visit.workspace, name, file)
                st.session_state[_ROUND] = number + 1  # a new control, without the file
                st.query_params[ADAPTER] = name
                st.rerun()


def say_done() -> None:
    """Once after an upload: by which name the adapter is chosen, and what of the zip was not taken."""
    done: models.Uploaded | None = st.session_state.pop(_DONE, None)
    if done is None:
        return
    left = done.left_out
    st.success(f"{plain(done.reference)} is on the shelf: choose it as the model of a run.", icon=":material/check_circle:")
    if left:
        more = f" and {len(left) - MOST_NAMED:,} more" if len(left) > MOST_NAMED else ""
        names = ", ".join(plain(name, 60) for name in left[:MOST_NAMED])
        st.caption(f"{count(len(left), 'file')} of the zip {'is' if len(left) == 1 else 'are'} no part of an adapter: {names}{more}.")
