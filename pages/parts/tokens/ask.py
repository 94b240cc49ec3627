"""Asking the process that holds the tokenizers, and saving what it says: no page loads one."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from core import models
from core.inspect.tokens import AUTO
from core.schema import ModelReference
from pages.parts.estimate import VISITOR, desk
from pages.parts.text import option
from pages.parts.visit import Visit


@dataclass(frozen=True)
class Chosen:
    """The tokenizers of a visit, one to three.

    Args:
        models: references; the first is what the others are compared with.
        kind: class of transformers that reads their files.
    """

    models: tuple[str, ...]
    kind: str = AUTO

    def names(self) -> list[str]:
        """What a picture calls each of them."""
        return [option(reference) for reference in self.models]


def ask(visit: Visit, chosen: Chosen, model: str, view: str, **arguments: Any) -> dict[str, Any]:
    """The numbers of a view under one tokenizer; the answer is kept for whoever asks the same.

    Raises:
        SheetformerError: as :meth:`core.live.LiveClient.ask`.
    """
    payload, key = question(visit, chosen, model, view, arguments)
    visitor = st.session_state.setdefault(VISITOR, secrets.token_hex(8))
    answer = desk(visit.settings).ask(f"{visitor} tokens {key}", "tokens", key, payload)
    if answer.done():
        return answer.result()
    with st.spinner("Reading with the tokenizer…"):
        return answer.result()


def question(visit: Visit, chosen: Chosen, model: str, view: str, arguments: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """What the process is asked, and a key that stands for the answer.

    Raises:
        SheetformerError: as :func:`core.models.resolve`.
    """
    payload = {"model": model, "class": chosen.kind, "view": view, "arguments": arguments, "workspace": visit.workspace}
    state = {}
    if ModelReference.parse(model).kind != "hub":
        state["revision"] = models.resolve(visit.settings, model, visit.workspace, fetch=False).revision
    return payload, hashlib.sha256(json.dumps({**payload, **state}, sort_keys=True).encode()).hexdigest()


def save_button(frame: pd.DataFrame, name: str, *, key: str) -> None:
    """The numbers of a view as a CSV, every cell as it is."""
    st.download_button(
        "CSV",
        lambda: frame.to_csv(index=False).encode("utf-8", "replace"),
        file_name=f"{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        help="Every cell as it is, for other programs.",
        on_click="ignore",
        key=key,
    )
