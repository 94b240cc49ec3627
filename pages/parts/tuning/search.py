"""A search over dials, for who does not know which to turn: dials with their values, how settings are chosen, and a budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType
from typing import Literal, get_args, get_origin

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import SheetformerError
from core.schema import Dials, FinetuneSpec, SearchSpec
from core.schema.searching import SearchMethod
from core.settings import Settings
from core.training.search import SEARCHED, make_search
from core.training.search.making import DEFAULT_TRIALS
from core.training.search.space import EXAMPLE
from pages.parts.frames import lines
from pages.parts.tuning.dials import in_form_words, title_of

USUAL: Mapping[str, str] = MappingProxyType(
    {
        "learning_rate": "0.0001..0.003 log",
        "rank": "4, 8, 16, 32",
        "alpha": "16, 32, 64",
        "dropout": "0, 0.05, 0.1",
        "epochs": "2, 5, 10",
        "batch_rows": "16, 32, 64",
        "weight_decay": "0..0.1",
        "warmup": "0, 0.06, 0.2",
        "label_smoothing": "0, 0.1",
        "averaging": "0, 0.99, 0.995",
        "schedule": "cosine, linear",
        "init": "default, pissa, olora",
        "loraplus_ratio": "1, 4, 16",
    }
)
"""What a dial is searched over until something else is written: around what works for small models."""

METHODS: Mapping[SearchMethod, str] = MappingProxyType({"random": "By chance", "grid": "All combinations", "optuna": "By Optuna"})
METHOD_HELP = (
    "By chance: good with several dials and ranges. All combinations: a grid, for values only. By Optuna: each trial is chosen by what "
    "came of those before."
)

SAID = ("expected", "found", "next_step")
"""The parts of an error that name dials."""

MINUTES_HELP = "No trial is begun that would not end in time, were it as long as those before. The first is always done."


@dataclass(frozen=True)
class Chosen:
    """A search as the user wrote it.

    Args:
        space: dial to its values or range.
        trials: ``None`` where the space decides.
    """

    space: dict[str, str]
    method: SearchMethod
    trials: int | None
    minutes: float | None


def pick(settings: Settings) -> Chosen | None:
    """Folded away; ``None`` where no dial is chosen."""
    with st.expander("Search over dials", icon=":material/manage_search:"):
        st.caption("Several fine-tunes as one job: the adapter of the best one is kept, and you see which dial mattered.")
        dials = st.multiselect("Dials to search", SEARCHED, format_func=title_of, key="search-dials", placeholder="None: one fine-tune")
        if not dials:
            return None
        places = lines(3)
        space = {dial: _values(dial, next(places)) for dial in dials}
        st.caption(f"{EXAMPLE} Behind a range, log or linear says how it is drawn from.")
        left, middle, right = st.columns(3)
        methods = [method for method in METHODS if method != "optuna" or find_spec("optuna")]
        method = left.selectbox("Settings are chosen", methods, format_func=METHODS.__getitem__, key="search-method", help=METHOD_HELP)
        trials = None
        if method != "grid":
            most = settings.max_search_trials
            trials = int(middle.number_input("Trials at most", 1, most, min(DEFAULT_TRIALS, most), key="search-trials"))
        minutes = right.number_input(
            "Minutes at most", min_value=1.0, value=None, step=5.0, key="search-minutes", placeholder="No limit", help=MINUTES_HELP
        )
    return Chosen(space, method, trials, minutes)


def lacks(chosen: Chosen | None) -> str:
    """The dials that are to be searched and have no values yet, in words; empty where there are none."""
    names = [title_of(dial) for dial, text in chosen.space.items() if not text.strip()] if chosen else []
    return f"Write values of {' and '.join(names)}." if names else ""


def applied(settings: Settings, spec: FinetuneSpec, chosen: Chosen | None) -> FinetuneSpec | SearchSpec:
    """The search over the dials of a fine-tune, or the fine-tune where none is chosen.

    Raises:
        BadInput, LimitReached: as :func:`make_search`.
    """
    if chosen is None:
        return spec
    try:
        return make_search(settings, spec, chosen.space, method=chosen.method, trials=chosen.trials, minutes=chosen.minutes)
    except SheetformerError as error:
        said = {part: in_form_words(str(text)) for part, text in error.to_facts().items() if part in SAID}
        raise SheetformerError.from_facts({**error.to_facts(), **said}) from error


def _values(dial: str, place: DeltaGenerator) -> str:
    usual = USUAL.get(dial) or _all_values(dial)
    return place.text_input(
        title_of(dial), usual, key=f"search-{dial}", help=Dials.model_fields[dial].description, placeholder="8, 16, 32", max_chars=500
    )


def _all_values(dial: str) -> str:
    """Of a switch or a choice among a few; empty for all others."""
    kind = Dials.model_fields[dial].annotation
    return "false, true" if kind is bool else ", ".join(get_args(kind)) if get_origin(kind) is Literal else ""
