"""Whether confidence can be believed: the reliability diagram, before and after a temperature."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core import charts
from core.evaluation.results import Bin, Interval, Reliability
from pages.parts import address
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.metrics import computed, downloads, new_version, rows
from pages.parts.metrics.look import Look, choice, number, spread
from pages.parts.metrics.shared import reliability_series
from pages.parts.results.head import TILE_PIXELS
from pages.parts.text import count, message

BINS = {"width": "Of equal width", "mass": "With equally many rows"}
KIND, BIN = "metrics-bins", "metrics-bin"
ECE = "Expected calibration error: by how much confidence and accuracy differ, averaged over the bins by their rows. 0 is perfect."


def show(look: Look) -> None:
    """The answer in a sentence, the error before and after, the diagram, and the rows of a bin."""
    found = computed.calibration(*look.asked)
    if found.why_not or found.reliability is None:
        st.info(message(found.why_not or "No row has a confidence."), icon=":material/info:")
        return
    for sentence in filter(None, (found.sentence, found.temperature.sentence if found.temperature else "")):
        st.markdown(f"**{message(sentence)}**")
    fitted = found.temperature
    with st.grid(columns=4, min_column_width=TILE_PIXELS):
        _tile("ECE, all rows", found.reliability.ece, ECE)
        if fitted:
            _tile("ECE, shown half, as it is", fitted.before.ece, ECE)
            _tile("ECE, with temperature", fitted.after.ece, ECE)
            st.metric(
                "Temperature",
                number(fitted.value),
                f"fitted on {count(fitted.fitted_rows, 'row')}",
                delta_color="off",
                delta_arrow="off",
                border=True,
            )
    if fitted:
        new_version.show(look, fitted)
    kind = st.radio("Bins", list(BINS), format_func=BINS.__getitem__, horizontal=True, key=KIND, on_change=_other_bins)
    draw(charts.reliability(reliability_series(found, kind)), "metrics-reliability")
    if fitted:
        st.caption(f"Drawn on the {count(fitted.shown_rows, 'row')} that the temperature was not fitted on.")
    if found.formula:
        st.caption(message(found.formula))
    for note in found.notes:
        st.caption(message(note))
    _bins(look, found.reliability, kind)


def _other_bins() -> None:
    """The bin that was looked at is none of these."""
    st.session_state.pop(BIN, None)
    address.put("bin")


def _tile(title: str, figure: Interval, meaning: str) -> None:
    st.metric(title, number(figure.value), spread(figure) or None, delta_color="off", delta_arrow="off", help=meaning, border=True)


def _bins(look: Look, one: Reliability, kind: str) -> None:
    bins: Sequence[Bin] = [bin_ for bin_ in getattr(one, kind) if bin_.rows]
    names = [f"{bin_.low:.2f} to {bin_.high:.2f}" for bin_ in bins]
    frame = pd.DataFrame(
        {
            "Confidence": names,
            "Rows": [bin_.rows for bin_ in bins],
            "Mean confidence": [number(bin_.confidence) for bin_ in bins],
            "Right": [f"{number(bin_.accuracy.value)} ({spread(bin_.accuracy)})" for bin_ in bins],
        }
    )
    with st.expander("Every bin as a table", icon=":material/table_rows:"):
        grid(frame, alt=f"{count(len(frame), 'bin')} of confidence with the share of right answers.", limit=100, key="metrics-bins-table")
        downloads.numbers(lambda: _exact(bins), "calibration", look.source)
    at = choice("Rows of the bin", names, BIN, "bin", nothing="None", width=280)
    if at is not None:
        rows.behind(look, bins[at].behind, f"Confidence {names[at]}", "bin")


def _exact(bins: Sequence[Bin]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "low": bin_.low,
                "high": bin_.high,
                "rows": bin_.rows,
                "confidence": bin_.confidence,
                "accuracy": bin_.accuracy.value,
                "accuracy_low": bin_.accuracy.low,
                "accuracy_high": bin_.accuracy.high,
            }
            for bin_ in bins
        ]
    )
