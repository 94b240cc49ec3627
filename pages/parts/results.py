"""The results of a run: the answer first (numbers and the label chart), the detail in tabs under it."""

from __future__ import annotations

import html
from typing import Any

import plotly.graph_objects as go
import streamlit as st
import streamlit.elements.plotly_chart  # registers the template whose colours follow the page's theme

from core import charts
from core.metrics import DEFINITIONS
from core.runs import RunFolder
from core.runs.query import ResultQuery
from core.schema import Job, PredictSpec, Role
from pages.parts import failures, rows
from pages.parts.text import count, duration, message, plain
from pages.parts.visit import Visit, errors_shown

TILES = ("accuracy", "balanced_accuracy", "f1_macro", "mcc")
MOST_NAMED = 8
TITLE_LINE = 20
CHART_CONFIG = {"displayModeBar": False}


@st.cache_resource(show_spinner=False, scope="session", max_entries=4, on_release=ResultQuery.close)
def open_query(_visit: Visit, path: str) -> ResultQuery:
    """The rows of the run in the folder ``path``, kept while this browser looks at them."""
    from pathlib import Path

    return ResultQuery(_visit.settings, RunFolder(Path(path)))


def show(visit: Visit, run: RunFolder, job: Job, *, partial: bool = False) -> None:
    """Everything about a run's rows.

    Args:
        partial: the run has not finished; what is shown says so.
    """
    with errors_shown():
        query = open_query(visit, str(run.path))
        query.refresh()
        spec = run.spec()
        if partial:
            _label_chart(query)
        else:
            _head(run, query)
            _caveats(run)
        _tabs(visit, run, query, spec if isinstance(spec, PredictSpec) else None)


def draw(figure: go.Figure, key: str) -> None:
    """A chart under its finding, without a tool bar, with its text alternative.

    The finding is drawn by the page, where it wraps on a narrow screen, instead of by Plotly, where it is cut.
    """
    title = figure.layout.title.text or ""
    st.markdown(f"**{plain(html.unescape(title.replace('<br>', ' ')), 200)}**")
    figure.update_layout(template="streamlit", title=None, margin_t=8, height=figure.layout.height - TITLE_LINE * (title.count("<br>") + 1))
    st.plotly_chart(figure, config=CHART_CONFIG, key=key, alt=charts.alt_text(figure))


def _caveats(run: RunFolder) -> None:
    """Where the model does not fit the data, beside the answer."""
    summary = run.summary()
    lines = [message(warning) for warning in summary.get("warnings", [])]
    unmatched: dict[str, int] = summary.get("unmatched") or {}
    if unmatched:
        named = ", ".join(f"{plain(value, 30)} ({rows_:,})" for value, rows_ in list(unmatched.items())[:MOST_NAMED])
        more = f" and {len(unmatched) - MOST_NAMED} more" if len(unmatched) > MOST_NAMED else ""
        lines.append(
            f"{count(sum(unmatched.values()), 'row')} of your label column match no label of the model and are left out of the numbers: "
            f"{named}{more}. A new run can say what they mean."
        )
    if lines:
        st.warning("\n".join(f"- {line}" for line in lines), title="Where the model may not fit your table", icon=":material/warning:")


def _head(run: RunFolder, query: ResultQuery) -> None:
    numbers, chart = st.columns([3, 2], gap="large")
    with numbers:
        metrics: dict[str, Any] = run.metrics()
        if metrics.get("metrics"):
            _quality(metrics)
        _amounts(run.summary())
    with chart:
        _label_chart(query)


def _quality(metrics: dict[str, Any]) -> None:
    figures = metrics["metrics"]
    compared = max((figure["n"] for figure in figures.values()), default=0)
    st.subheader("How well it agrees with your labels", anchor=False)
    with st.container(horizontal=True):
        for name in TILES:
            if name in figures:
                _tile(name, figures[name])
    st.caption(f"Compared on {count(compared, 'row')}. Ranges hold the true value in 95 of 100 such samples.")


def _tile(name: str, figure: dict[str, Any]) -> None:
    title, sentence, _ = DEFINITIONS[name]
    interval = f"{_number(figure['low'])} to {_number(figure['high'])}" if figure["low"] is not None else None
    st.metric(title, _number(figure["value"]), interval, delta_color="off", delta_arrow="off", help=sentence, border=True, width=165)


def _amounts(summary: dict[str, Any]) -> None:
    """What became of the rows, in one line each."""
    if not summary:
        return
    failed, skipped = summary.get("failed", 0), summary.get("skipped", 0)
    scored = summary.get("rows", 0) - failed - skipped
    words = [f"**{scored:,}** of {count(summary.get('rows', 0), 'row')} scored"]
    words += [f"**{failed:,}** failed"] if failed else []
    words += [f"**{skipped:,}** skipped because they are empty"] if skipped else []
    words += [f"**{summary['truncated']:,}** cut because they are too long for the model"] if summary.get("truncated") else []
    st.markdown(" · ".join(words))
    facts = [f"{count(summary['distinct'], 'distinct text')}"] if summary.get("distinct") is not None else []
    if summary.get("seconds"):
        facts.append(f"{duration(summary['seconds'])} of scoring")
    if summary.get("rows_per_second"):
        facts.append(f"{summary['rows_per_second']:,.0f} rows per second")
    if summary.get("precision"):
        facts.append(plain(summary["precision"]))
    st.caption(" · ".join(facts))


def _label_chart(query: ResultQuery) -> None:
    counts = query.label_counts()
    if counts.empty:
        st.caption("No row has a prediction yet.")
        return
    draw(charts.label_counts(counts, query.labels), "label-chart")


def _tabs(visit: Visit, run: RunFolder, query: ResultQuery, spec: PredictSpec | None) -> None:
    """Only the open tab asks anything of the rows."""
    names = ["Rows", "Breakdown"]
    names += ["Confidence"] if query.output("confidence") else []
    dates = _date_columns(query, spec)
    names += ["Over time"] if dates else []
    confusion = run.metrics().get("confusion")
    names += ["Agreement"] if confusion else []
    names += ["Not scored"] if not query.failures().empty else []
    tabs = dict(zip(names, st.tabs(names, key="view", on_change="rerun"), strict=True))
    bodies = {
        "Rows": lambda: rows.show(visit, query, spec.roles if spec else {}),
        "Breakdown": lambda: _breakdown(query, spec),
        "Confidence": lambda: _confidence(query),
        "Over time": lambda: _over_time(query, dates),
        "Agreement": lambda: _agreement(run),
        "Not scored": lambda: failures.show(visit, query),
    }
    for name, tab in tabs.items():
        if tab.open:
            with tab, errors_shown():
                bodies[name]()


def _confidence(query: ResultQuery) -> None:
    bins = query.confidence_histogram()
    if bins.empty:
        st.caption("No row has a confidence yet.")
        return
    draw(charts.confidence_histogram(bins, query.labels), "confidence-chart")
    st.caption("Look at the least sure rows first: filter the rows by confidence.")


def _breakdown(query: ResultQuery, spec: PredictSpec | None) -> None:
    own = [column.name for column in query.columns if column.output is None]
    roles = spec.roles if spec else {}
    used_as_text = {roles.get(Role.TEXT), roles.get(Role.TEXT_PAIR)}
    preferred = [roles.get(Role.GROUP), *(name for name in own if name not in used_as_text), *own]
    first = next((name for name in preferred if name in own), None)
    if first is None:
        st.caption("The table has no column of yours to break the result down by.")
        return
    number = _column_choice("By column", own, first, key="by")
    found = query.breakdown(own[number])
    if found.counts.empty:
        st.caption("No row has a prediction yet.")
        return
    figure = charts.breakdown(found.counts, query.labels, column=own[number], other=found.other, other_values=found.other_values)
    draw(figure, "breakdown-chart")


def _over_time(query: ResultQuery, dates: list[str]) -> None:
    number = _column_choice("Date column", dates, dates[0], key="date")
    found = query.over_time(dates[number])
    if found.counts.empty:
        st.caption("No scored row has a date that could be read.")
        return
    draw(charts.over_time(found.counts, query.labels, granularity=found.granularity, column=dates[number]), "time-chart")
    notes = [f"{count(found.read, 'row')} by {found.granularity}"]
    notes += [f"{count(found.unread, 'row')} with a date that could not be read"] if found.unread else []
    notes += [f"{count(found.blank, 'row')} without a date"] if found.blank else []
    notes += [f"read with the {found.order}{', which nothing in the column decides' if found.ambiguous else ''}"] if found.order else []
    st.caption(" · ".join(notes))


def _agreement(run: RunFolder) -> None:
    metrics = run.metrics()
    confusion = metrics["confusion"]
    left, right = st.columns(2, gap="large")
    with left:
        draw(charts.confusion(confusion["labels"], confusion["counts"]), "confusion-chart")
    with right:
        import pandas as pd

        from pages.parts.frames import grid

        figures = [
            {
                "Metric": DEFINITIONS[name].title,
                "Value": _number(figure["value"]),
                "From": _number(figure["low"]),
                "To": _number(figure["high"]),
            }
            for name, figure in metrics["metrics"].items()
        ]
        grid(pd.DataFrame(figures), alt="Every metric with its 95 % interval.", limit=100, key="metrics")
        per_class = [
            {"Label": label, **{title: _number(values.get(name)) for title, name in PER_CLASS.items()}, "Rows": values.get("support")}
            for label, values in metrics.get("per_class", {}).items()
        ]
        grid(pd.DataFrame(per_class), alt="Precision, recall and F1 of each label.", limit=100, key="per-class")


PER_CLASS = {"Precision": "precision", "Recall": "recall", "F1": "f1"}


def _column_choice(label: str, names: list[str], first: str, key: str) -> int:
    """The number of a column: no name of a column is ever an option of ours."""
    from pages.parts.text import option

    return st.selectbox(label, range(len(names)), index=names.index(first), format_func=lambda n: option(names[n]), key=key, width=320)


def _date_columns(query: ResultQuery, spec: PredictSpec | None) -> list[str]:
    chosen = spec.roles.get(Role.TIME) if spec else None
    found = query.time_columns()
    return list(dict.fromkeys([*([chosen] if chosen else []), *found]))


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
