"""Asking a view of the process that holds the models, and waiting for its numbers: most come at once."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Sequence
from typing import Any

import streamlit as st

from core import models
from core.errors import SheetformerError
from core.schema import LookSpec
from pages.parts.estimate import VISITOR, desk
from pages.parts.text import count, duration
from pages.parts.visit import Visit

BAR_SECONDS = 0.7


def spec(visit: Visit, task: str, model: str, cells: dict[str, str], options: dict[str, Any] | None = None) -> LookSpec:
    """What is looked at, with the model as it is now. Nothing is downloaded here: that is work of a process of its own.

    Raises:
        SheetformerError: as :func:`core.models.resolve`.
    """
    revision = models.resolve(visit.settings, model, visit.workspace, fetch=False).revision
    return LookSpec(task=task, model=model, revision=revision, cells=cells, options=options or {})


def ask(visit: Visit, view: str, look: LookSpec, **arguments: Any) -> dict[str, Any]:
    """The numbers of a view; the answer is kept for whoever asks the same.

    Raises:
        SheetformerError: as :meth:`core.live.LiveClient.ask`.
    """
    payload = {"look": look.model_dump(mode="json"), "view": view, "arguments": arguments, "workspace": visit.workspace}
    key = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
    visitor = st.session_state.setdefault(VISITOR, secrets.token_hex(8))
    answer = desk(visit.settings).ask(f"{visitor} {view} {key}", "look", key, payload)
    if answer.done():
        return answer.result()
    with st.spinner("Asking the model…"):
        return answer.result()


def ask_each(visit: Visit, view: str, looks: Sequence[LookSpec], **arguments: Any) -> list[dict[str, Any] | SheetformerError]:
    """The numbers of a view for each of several looks, or why there are none; what takes long says how far it is."""
    found: list[dict[str, Any] | SheetformerError] = []
    bar = st.empty()
    began = time.monotonic()
    for number, look in enumerate(looks):
        passed = time.monotonic() - began
        if passed > BAR_SECONDS:
            rate = number / passed
            words = (
                f"{number:,} of {count(len(looks), 'text')} · {rate:.1f} texts per second · {duration((len(looks) - number) / rate)} left"
            )
            bar.progress(number / len(looks), text=words)
        try:
            found.append(ask(visit, view, look, **arguments))
        except SheetformerError as error:
            found.append(error)
    bar.empty()
    return found
