"""What of a result is on screen, in the page's address: who opens the address sees the same rows, tab and order.

A control gets its value from the address before it is drawn (:func:`take`, :func:`take_many`) and puts it there afterwards
(:func:`put`). A control that has a value keeps it, except after a step back in the browser's history.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import streamlit as st

from pages.parts.text import message

NAMES = ("tab", "q", "label", "state", "confidence", "differs", "duplicates", "column", "value", "order", "desc", "page", "by", "date")
METRICS_NAMES = (
    "truth",
    "said",
    "class",
    "slice",
    "of",
    "figure",
    "threshold-of",
    "threshold",
    "coverage",
    "bin",
    "second",
    "train",
    "text",
)
METRICS_KEYS = "metrics-"  # how the keys of the controls of the Metrics page begin
KEYS = (
    "view",
    "q",
    "labels",
    "state",
    "confidence",
    "differs",
    "duplicates",
    "filter-column",
    "order",
    "descending",
    "rows-page",
    "by",
    "date",
)
VALUES_KEY = "filter-values-"
LONGEST = 2_000  # characters of one parameter: servers and mail programs cut or refuse long addresses
MOST_SAID = 5

_BEFORE = "address_before"
_LEFT_OUT = "address_left_out"


def begin(run_id: str) -> None:
    """Called before the controls of a run's result are drawn."""
    before = st.session_state.get(_BEFORE)
    if before is None:
        return
    run, address, values = before
    if run != run_id:
        _forget()
    elif any(value != values.get(key, value) for key, value in _values().items()):
        st.session_state.pop(_LEFT_OUT, None)  # the user has gone on: what the address said no longer matters
    elif _address() != address:
        _forget()


def end(run_id: str) -> None:
    """Called when all of them are drawn; remembers where they stand."""
    st.session_state[_BEFORE] = (run_id, _address(), _values())


def say_what_was_left_out() -> None:
    """A sentence on each part of the address that means nothing here."""
    for sentence in st.session_state.get(_LEFT_OUT, [])[:MOST_SAID]:
        st.info(message(sentence), icon=":material/link_off:")


def take(key: str, name: str, read: Callable[[str], Any], default: Any = None) -> None:
    """Gives the control ``key``, about to be drawn, the value of the parameter ``name``.

    Args:
        read: makes the control's value; a ``ValueError`` or ``KeyError`` leaves it out with a sentence.
        default: the value without a parameter; ``None`` leaves it to the control.
    """
    if key in st.session_state:
        return
    found = _read(name, st.query_params.get_all(name)[-1:], read)
    if found or default is not None:
        st.session_state[key] = found[0] if found else default


def take_many(key: str, name: str, read: Callable[[str], Any]) -> None:
    """As :func:`take`, for a control with several values and a parameter that comes once for each."""
    if key not in st.session_state:
        st.session_state[key] = list(dict.fromkeys(_read(name, st.query_params.get_all(name), read)))


def put(name: str, *values: str) -> None:
    """Writes the parameter ``name`` into the address; without values it goes."""
    if sum(map(len, values)) > LONGEST:
        _leave_out(f"What is chosen for {name!r} is too long for an address: a link to this page comes without it.")
        values = ()
    if st.query_params.get_all(name) == list(values):
        return
    if values:
        st.query_params[name] = list(values)
    else:
        del st.query_params[name]


def whole(low: int, high: int) -> Callable[[str], int]:
    """Reads a whole number from ``low`` to ``high`` out of an address."""

    def read(word: str) -> int:
        if not word.isdecimal() or not low <= int(word) <= high:
            raise ValueError(word)
        return int(word)

    return read


def one_of(names: Collection[str]) -> Callable[[str], str]:
    """Reads one of these words out of an address."""

    def read(word: str) -> str:
        if word not in names:
            raise ValueError(word)
        return word

    return read


def clear() -> None:
    """Forgets what is on screen, in the address and in the controls: another result is about to be shown."""
    _forget()
    for name in _address():
        put(name)


def _read(name: str, texts: list[str], read: Callable[[str], Any]) -> list[Any]:
    found = []
    for text in texts:
        try:
            found.append(read(text))
        except (ValueError, KeyError):
            shown = text if len(text) <= 60 else f"{text[:60]}…"
            _leave_out(f"The address says {name}={shown}, which fits nothing in this result. It is left out.")
    return found


def _leave_out(sentence: str) -> None:
    said = st.session_state.setdefault(_LEFT_OUT, [])
    if sentence not in said:
        said.append(sentence)


def _forget() -> None:
    for key in [*_values(), _LEFT_OUT]:
        st.session_state.pop(key, None)


def _values() -> dict[str, Any]:
    state = st.session_state
    return {key: state[key] for key in state if key in KEYS or str(key).startswith((VALUES_KEY, METRICS_KEYS))}


def _address() -> dict[str, list[str]]:
    return {name: found for name in (*NAMES, *METRICS_NAMES) if (found := st.query_params.get_all(name))}
