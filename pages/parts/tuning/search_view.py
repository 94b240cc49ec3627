"""A search over dials: its trials while it works, what mattered afterwards, and the fine-tune that was best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from core.runs import RunFolder
from core.schema import SearchSpec
from core.training.search import Trial, best_trial, read_trials
from core.training.search.trials import DONE, FAILED, UNFINISHED, folder_of
from pages.parts.adapters import naming
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.text import count, duration, plain
from pages.parts.tuning import finetune_view, search_charts
from pages.parts.tuning.dials import title_of, word_of
from pages.parts.tuning.finetune_view import TICK_SECONDS

CHART_PIXELS = 340
MOST_CELL = 200
STATES: Mapping[str, str] = {DONE: "done", FAILED: "failed", UNFINISHED: "not finished"}


@st.fragment(run_every=TICK_SECONDS)
def live(run: RunFolder) -> None:
    """The trials so far and the curve of the one under way; it looks for more by itself."""
    spec = run.spec()
    trials = read_trials(run, spec)
    finetune_view.trackers(run)
    if not trials:
        st.caption("The first trial appears with its first steps.")
        return
    _table(run, trials, spec, "best so far")
    st.markdown(f"**Trial {trials[-1].number} of {spec.search.trials}**")
    finetune_view.curve(folder_of(run, trials[-1].number), key=f"live-{run.id}")


def show(run: RunFolder, *, mine: bool) -> None:
    """The trials, what mattered, and the best one as any fine-tune.

    Args:
        mine: what was made stands in this workspace.
    """
    spec = run.spec()
    trials = read_trials(run, spec)
    if trials:
        st.subheader("Trials", anchor=False)
        _table(run, trials, spec, "best" if run.summary() else "best so far")
        _mattered(run, spec)
    best = best_trial(trials, spec.base.dials.metric)
    if best is not None:
        st.subheader("The best trial", anchor=False)
        if run.summary():
            said = "; ".join(f"{title_of(dial)}: {plain(word_of(dial, value))}" for dial, value in best.dials.items())
            st.caption(
                f"Trial {best.number}: {said}. The same validation rows chose it among {count(len(trials), 'trial')}, which flatters its "
                "figures: rows that no trial has seen would say what it is worth."
            )
    if mine and (sentence := naming.renamed(run)):
        st.caption(f":material/info: {plain(sentence, 300)}")
    finetune_view.show(run, mine=mine)


def _table(run: RunFolder, trials: Sequence[Trial], spec: SearchSpec, first: str) -> None:
    """One line for each trial, in the order in which they were done.

    Args:
        first: what the best one is called.
    """
    best, quality = best_trial(trials, spec.base.dials.metric), search_charts.quality_title(run, spec.base)
    rows = [
        {
            "Trial": trial.number,
            **{title_of(dial): _shown(dial, value) for dial, value in trial.dials.items()},
            quality: trial.quality,
            search_charts.LOSS: trial.loss,
            "Time": duration(trial.seconds) if trial.state != UNFINISHED else "",
            "State": first if trial == best else STATES[trial.state],
            "Why": trial.error,
        }
        for trial in trials
    ]
    frame = pd.DataFrame(rows)
    if not frame["Why"].any():
        del frame["Why"]
    numbers = {
        title_of(dial): st.column_config.NumberColumn(format="%.4g") for dial in spec.search.space if _numbers(frame[title_of(dial)])
    }
    numbers |= {
        quality: st.column_config.NumberColumn(format="%.4f", help="On the validation rows, by the best checkpoint of the trial."),
        search_charts.LOSS: st.column_config.NumberColumn(format="%.4f"),
    }
    told = f" The best is trial {best.number}." if best else ""
    grid(
        frame, alt=f"The {count(len(trials), 'trial')} of the search: dials, {quality}, loss, time.{told}", limit=MOST_CELL, config=numbers
    )


def _mattered(run: RunFolder, spec: SearchSpec) -> None:
    """The share of each dial, and beside it the points of each."""
    found = search_charts.mattered(run, spec)
    if found is None:
        return
    figure = search_charts.importance_chart(found)
    if figure is not None:
        draw(figure, key=f"mattered-{run.id}")
        st.caption("By each dial alone, less what chance would explain; the rest are dials that work together, and chance.")
    else:
        st.caption("Too few trials to say how much each dial mattered.")
    with st.grid(columns=2, min_column_width=CHART_PIXELS):
        for dial in found.dials:
            with st.container():
                draw(search_charts.dial_chart(found, dial), key=f"dial-{dial}-{run.id}")


def _numbers(column: pd.Series) -> bool:
    return pd.api.types.is_float_dtype(column)


def _shown(dial: str, value: object) -> object:
    """Numbers as they are, everything else in words."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else word_of(dial, value)
