"""What all views of the Metrics page share: the result with its figures, choices that stand in the address, clicks on charts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from core.evaluation.results import Evaluation, EvaluationSpec, Interval
from core.metrics import DEFINITIONS
from pages.parts import address
from pages.parts.metrics import computed
from pages.parts.metrics.chosen.source import Source
from pages.parts.metrics.computed import Version
from pages.parts.text import option, plain
from pages.parts.visit import Visit


@dataclass(frozen=True)
class Look:
    """A result, and what was found in it.

    Attributes:
        found: its figures.
    """

    visit: Visit
    source: Source
    found: Evaluation

    @property
    def file(self) -> Version:
        return computed.version(self.source.path)

    @property
    def spec(self) -> EvaluationSpec:
        """With what the evaluation found out about the columns."""
        return self.found.spec

    @property
    def asked(self) -> tuple[Any, Version, str]:
        """What every function of :mod:`pages.parts.metrics.computed` is given first."""
        return self.visit.settings, self.file, self.spec.model_dump_json()


def choice(
    title: str,
    names: Sequence[str],
    key: str,
    parameter: str,
    *,
    nothing: str = "",
    first: int | None = None,
    forgets: Sequence[tuple[str, str]] = (),
    width: int | Literal["stretch"] = "stretch",
) -> int | None:
    """A select box of the user's names, whose choice stands in the address. Returns the place of the chosen one.

    Args:
        nothing: the entry for no choice at all; without it something is always chosen.
        first: the place chosen at first.
        forgets: keys and parameters of controls whose choice means nothing once this one changes.
    """
    values = list(names)
    start = first if first is not None else None if nothing else 0
    address.take(key, parameter, values.index, default=start)
    if st.session_state.get(key) is not None and not 0 <= st.session_state[key] < len(values):
        st.session_state[key] = start
    places: list[int | None] = [*([None] if nothing else []), *range(len(values))]

    def changed() -> None:
        for other, name in forgets:
            st.session_state.pop(other, None)
            address.put(name)

    taken = st.selectbox(
        title, places, format_func=lambda at: nothing if at is None else option(values[at]), key=key, width=width, on_change=changed
    )
    address.put(parameter, *([values[taken]] if taken is not None and taken != start else []))
    return taken


def clicked(chart: str, use: Callable[[dict[str, Any]], None]) -> Callable[[], None]:
    """A callback for a chart: hands over the point that was clicked. A click beside the points changes nothing."""

    def picked() -> None:
        points = st.session_state[chart].selection.points
        if points:
            use(points[0])

    return picked


def data_of(point: dict[str, Any]) -> list[Any]:
    """The ``customdata`` of a clicked point as a list: browsers send it as one, or as a mapping of places."""
    data = point.get("customdata", [])
    return [data[key] for key in sorted(data, key=int)] if isinstance(data, dict) else list(data)


def defined(name: str) -> tuple[str, str]:
    """Title and meaning of a metric, safe in Markdown."""
    known = DEFINITIONS.get(name)
    return (known.title, known.sentence) if known else (plain(name), "")


def number(value: float | None) -> str:
    """Three decimals, or a dash."""
    return "–" if value is None else f"{value:.3f}"


def spread(figure: Interval) -> str:
    """``0.880 to 0.940``; nothing where there is no interval."""
    return "" if figure.low is None or figure.high is None else f"{number(figure.low)} to {number(figure.high)}"
