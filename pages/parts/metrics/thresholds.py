"""From which probability on to believe a prediction: ROC, precision and recall, thresholds, and leaving rows to people."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core import charts
from core.charts.figure import MOST_TRACES
from core.evaluation.results import AbstentionCurve, Curve, RowsBehind, ThresholdCurve
from pages.parts import address
from pages.parts.figures import draw
from pages.parts.metrics import computed, downloads
from pages.parts.metrics import rows as metrics_rows
from pages.parts.metrics.look import Look, choice, number
from pages.parts.text import count, message, option

LABEL, AREAS, THRESHOLD, COVERAGE = "metrics-threshold-label", "metrics-curves", "metrics-threshold", "metrics-coverage"
FEWEST_DRAWN = 4


def show(look: Look) -> None:
    """Abstention first: it asks nothing of who reads it; then one label's threshold, then the curves."""
    found = computed.curves(*look.asked)
    if found.why_not:
        st.info(message(found.why_not), icon=":material/info:")
        return
    for note in found.notes:
        st.caption(message(note))
    if found.abstention and found.abstention.points:
        _abstention(look, found.abstention)
    if found.thresholds:
        _thresholds(look, found.thresholds)
    if found.roc:
        _areas(look, found.roc, found.precision_recall)


def _abstention(look: Look, curve: AbstentionCurve) -> None:
    st.subheader("Leave unsure rows to people", anchor=False)
    shares = [round(100 * point.coverage) for point in curve.points]
    address.take(COVERAGE, "coverage", lambda text: shares[shares.index(int(text))], default=shares[curve.chosen])
    options = sorted(set(shares))
    if st.session_state[COVERAGE] not in options:
        st.session_state[COVERAGE] = shares[curve.chosen]
    wanted = st.select_slider("Rows answered (percent)", options, key=COVERAGE) if len(options) > 1 else options[0]
    address.put("coverage", *([str(wanted)] if wanted != shares[curve.chosen] else []))
    at = curve.chosen if wanted == shares[curve.chosen] else shares.index(wanted)
    draw(charts.abstention_curve([point.model_dump() for point in curve.points], at), "metrics-abstention")
    point = curve.points[at]
    st.caption(message(curve.sentence))
    downloads.numbers(lambda: pd.DataFrame([one.model_dump() for one in curve.points]), "abstention", look.source)
    if point.coverage < 1 and st.toggle("Show the rows without an answer", key="metrics-unanswered"):
        which = RowsBehind(confidence=(-1.0, math.nextafter(point.threshold, 0)))
        metrics_rows.behind(look, which, f"Confidence below {point.threshold:.3f}", "unanswered")


def _thresholds(look: Look, curves: Sequence[ThresholdCurve]) -> None:
    st.subheader("Threshold of a label", anchor=False)
    at = choice("Label", [curve.label for curve in curves], LABEL, "threshold-of", forgets=[(THRESHOLD, "threshold")], width=320)
    assert at is not None
    curve = curves[at]
    start = curve.points[curve.chosen].threshold if curve.points else 0.5
    address.take(THRESHOLD, "threshold", _share, default=round(start, 3))
    wanted = st.slider("Probability from which on a row is given the label", 0.0, 1.0, step=0.005, key=THRESHOLD)
    address.put("threshold", *([f"{wanted:g}"] if abs(wanted - round(start, 3)) > 1e-9 else []))
    near = min(range(len(curve.points)), key=lambda place: abs(curve.points[place].threshold - wanted), default=0)
    draw(charts.threshold_curve(curve.label, [point.model_dump() for point in curve.points], near), "metrics-threshold-chart")
    if curve.points:
        point = curve.points[near]
        st.caption(
            f"From {point.threshold:.3f} on: precision {number(point.precision)}, recall {number(point.recall)}, F1 {number(point.f1)}; "
            f"{count(point.predicted, 'row')} given the label. {message(curve.sentence)}"
        )
    downloads.numbers(lambda: pd.DataFrame([one.model_dump() for one in curve.points]), "threshold", look.source)


def _areas(look: Look, roc: Sequence[Curve], precision_recall: Sequence[Curve]) -> None:
    st.subheader("Curves", anchor=False)
    names = [curve.label for curve in roc]
    weakest = sorted(range(len(roc)), key=lambda place: math.inf if (area := roc[place].area.value) is None else area)
    default = weakest[:FEWEST_DRAWN] if len(roc) > MOST_TRACES else list(range(len(roc)))
    picked = default
    if len(roc) > 1:
        picked = st.multiselect(
            "Labels",
            range(len(names)),
            default=sorted(default),
            format_func=lambda place: option(names[place]),
            key=AREAS,
            max_selections=MOST_TRACES,
            placeholder="Choose labels",
        )
    chosen = {names[place] for place in picked}
    left, right = st.columns(2, gap="large")
    with left:
        draw(charts.roc([curve.model_dump() for curve in roc if curve.label in chosen]), "metrics-roc")
    with right:
        draw(charts.precision_recall([curve.model_dump() for curve in precision_recall if curve.label in chosen]), "metrics-pr")
    downloads.numbers(lambda: _long(roc, precision_recall), "curves", look.source)


def _long(roc: Sequence[Curve], precision_recall: Sequence[Curve]) -> pd.DataFrame:
    rows = [
        {"curve": kind, "label": curve.label, "x": x, "y": y, "threshold": threshold}
        for kind, curves in (("roc", roc), ("precision_recall", precision_recall))
        for curve in curves
        for x, y, threshold in zip(curve.x, curve.y, curve.thresholds, strict=True)
    ]
    return pd.DataFrame(rows)


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise ValueError(text)
    return value
