"""The answer of a run: how well it agrees, what became of the rows, where the model may not fit."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from core.evaluation.which_rows import rows_of_run
from core.metrics import DEFINITIONS
from core.metrics.entities import kind_of
from core.runs import RunFolder
from core.runs.query import ResultQuery
from core.schema import FinetuneSpec, PredictSpec, Role, Spec
from pages.parts import links
from pages.parts.results import charts, label_meaning
from pages.parts.results import facts as results_facts
from pages.parts.text import count, duration, message, plain
from pages.parts.visit import Visit

FIRST = (
    *("accuracy", "balanced_accuracy", "f1_macro", "mcc"),
    *("f1_micro", "same_labels", "r2", "mae"),
    *("entity_f1", "entity_precision", "entity_recall"),
    *("rouge_l", "chrf", "perplexity", "perplexity_before", "bleu"),
)
"""Metrics that are shown before the task's others; four of them at most as tiles."""

MOST_TILES = 4
TILE_PIXELS = 150  # two fit side by side on a telephone
MOST_NAMED = 8
AGREES = {
    Role.TAGS: "How well it agrees with your tags",
    Role.ANSWER: "How well it agrees with your answers",
    Role.TARGET: "How close it comes to your texts",
}
"""The heading of the metrics by the role that holds the user's own answers; labels otherwise."""


def show(visit: Visit, run: RunFolder, query: ResultQuery, *, mine: bool) -> None:
    """Numbers at the left, the label chart at the right, doubts under both."""
    metrics: dict[str, Any] = run.metrics()
    numbers, chart = st.columns([3, 2], gap="large")
    with numbers:
        if metrics.get("metrics"):
            quality(metrics, run.spec())
            _which_rows(visit, run)
            if compared(metrics):
                look = {"run": run.id}
                st.page_link(links.METRICS, label="See the rows behind these numbers", icon=":material/monitoring:", query_params=look)
        results_facts.show(query)
        _amounts(run.summary())
    with chart:
        charts.answer(query)
    _caveats(run, mine=mine)
    if mine:
        _say_what_labels_mean(visit, run, query, metrics)


def _which_rows(visit: Visit, run: RunFolder) -> None:
    """The split that the figures are of, and what the model knows of it."""
    spec = run.spec()
    words = rows_of_run(visit.settings, run.owner(), spec) if isinstance(spec, PredictSpec) else ""
    if words:
        st.caption(message(words))


def _say_what_labels_mean(visit: Visit, run: RunFolder, query: ResultQuery, metrics: dict[str, Any]) -> None:
    """Of tags only their types are asked for: ``PER`` stands for ``B-PER`` and ``I-PER``."""
    labels = run.choices().get("labels") or query.labels
    if not query.output("entities"):
        label_meaning.after_the_run(visit, run, metrics, labels)
        return
    label_meaning.after_the_run(visit, run, metrics, list(dict.fromkeys(filter(None, map(kind_of, labels)))))


def compared(metrics: dict[str, Any]) -> int:
    """Rows that have both a prediction and a label of the model."""
    return max((figure["n"] for figure in metrics.get("metrics", {}).values()), default=0)


def quality(metrics: dict[str, Any], spec: Spec) -> None:
    """Four numbers as tiles, each with its range; the others in a table under them."""
    figures = metrics["metrics"]
    rows = compared(metrics)
    heading = _heading(spec)
    st.subheader(heading, anchor=False)
    if not rows:
        st.caption("There is nothing to compare: no value of your label column is a label of the model.")
        return
    names = sorted(figures, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
    with st.grid(columns=2, min_column_width=TILE_PIXELS):
        for name in names[:MOST_TILES]:
            _tile(name, figures[name])
    kind = "validation row" if isinstance(spec, FinetuneSpec) else "row"
    st.caption(f"Compared on {count(rows, kind)}. Ranges hold the true value in 95 of 100 such samples.")
    if len(names) > MOST_TILES:
        with st.expander(f"{count(len(names) - MOST_TILES, 'more number')}", icon=":material/table_rows:"):
            _table({name: figures[name] for name in names[MOST_TILES:]})


def _heading(spec: Spec) -> str:
    roles = spec.roles if isinstance(spec, PredictSpec | FinetuneSpec) else {}
    unlabelled = "How well it knows your texts" if isinstance(spec, FinetuneSpec) and Role.LABEL not in roles else ""
    return next((words for role, words in AGREES.items() if role in roles), unlabelled or "How well it agrees with your labels")


def _tile(name: str, figure: dict[str, Any]) -> None:
    title, sentence = _defined(name)
    st.metric(title, number(figure["value"]), _interval(figure) or None, delta_color="off", delta_arrow="off", help=sentence, border=True)


def _table(figures: dict[str, dict[str, Any]]) -> None:
    """The other numbers, each with what it means."""
    rows = [(*_defined(name), figure) for name, figure in figures.items()]
    frame = pd.DataFrame(
        {
            "Number": [title for title, _, _ in rows],
            "Value": [number(figure["value"]) for _, _, figure in rows],
            "Range": [_interval(figure) for _, _, figure in rows],
            "Meaning": [sentence for _, sentence, _ in rows],
        }
    )
    st.table(frame.set_index("Number"), alt=f"{len(frame)} more numbers on how well it agrees, each with its range and meaning.")


def _defined(name: str) -> tuple[str, str]:
    """Title and meaning of a metric, safe in Markdown."""
    known = DEFINITIONS.get(name)
    return (known.title, known.sentence) if known else (plain(name), "")


def _interval(figure: dict[str, Any]) -> str:
    return f"{number(figure['low'])} to {number(figure['high'])}" if figure.get("low") is not None else ""


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


def _caveats(run: RunFolder, *, mine: bool) -> None:
    """Where the model does not fit the data, beside the answer."""
    summary = run.summary()
    lines = [message(warning) for warning in summary.get("warnings", [])]
    unmatched: dict[str, int] = summary.get("unmatched") or {}
    spec = run.spec()
    tagged = isinstance(spec, PredictSpec) and Role.TAGS in spec.roles
    if unmatched:
        named = ", ".join(f"{plain(value, 30)} ({rows_:,})" for value, rows_ in list(unmatched.items())[:MOST_NAMED])
        values, total = summary.get("unmatched_values", len(unmatched)), summary.get("unmatched_rows", sum(unmatched.values()))
        more = f" and {values - MOST_NAMED:,} more" if values > MOST_NAMED else ""
        counted = f"{count(total, 'entity', 'entities')} of your tags" if tagged else f"{count(total, 'row')} of your label column"
        lines.append(
            f"{counted} {'matches' if total == 1 else 'match'} no {'type' if tagged else 'label'} of the model and "
            f"{'is' if total == 1 else 'are'} left out of the numbers: {named}{more}."
            + (" You can say below what they mean." if mine else "")
        )
    if lines:
        st.warning("\n".join(f"- {line}" for line in lines), title="Where the model may not fit your table", icon=":material/warning:")


def number(value: float | None) -> str:
    """Three decimals, or a dash."""
    return "–" if value is None else f"{value:.3f}"
