"""A fine-tune: how its loss falls while it works, and what its adapter is worth afterwards."""

from __future__ import annotations

import streamlit as st

from core import charts
from core.runs import RunFolder
from core.training.history import read_history
from pages.parts import on_off, results_charts, results_head
from pages.parts.text import count, duration, plain

TICK_SECONDS = 2.0


@st.fragment(run_every=TICK_SECONDS)
def live(run: RunFolder) -> None:
    """The curve so far; it looks for more by itself."""
    curve(run)


def show(run: RunFolder) -> None:
    """Figures on the validation rows, then the curve."""
    summary, metrics = run.summary(), run.metrics()
    if summary:
        st.success(f"The adapter is ready: choose **{plain(summary['adapter'])}** as the model of a run.", icon=":material/check_circle:")
        words = [f"trained on **{count(summary['train_rows'], 'row')}**", f"measured on **{summary['validation_rows']:,}** others"]
        words += [f"{summary['trainable_parameters']:,} trained parameters", duration(summary["seconds"]), plain(summary["precision"])]
        st.markdown(" · ".join(words))
        best = summary.get("best")
        if best:
            st.caption(f"The best of the checkpoints, after epoch {best['epoch']:.1f}: validation loss {best['loss']:.3f}.")
    if metrics.get("metrics"):
        results_head.quality(metrics, run.spec())
    curve(run)
    on_off.show(run)


def curve(run: RunFolder, key: str = "") -> None:
    """The losses so far."""
    history = read_history(run)
    if not history:
        st.caption("The curve appears with the first steps.")
        return
    results_charts.draw(charts.learning_curve(history), key=f"curve-{key or run.id}")
