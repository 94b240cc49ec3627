"""A result beside another one, and its table beside the one that the model learned from."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go
import pyarrow.parquet as pq
import streamlit as st

from core import charts, tables
from core.evaluation.results import Drift, DriftFinding, EvaluationSpec
from core.evaluation.words import p_words
from core.runs import open_run
from core.schema import PredictSpec
from core.settings import Settings
from pages.parts import links
from pages.parts.figures import draw
from pages.parts.frames import grid
from pages.parts.metrics import computed, downloads
from pages.parts.metrics import rows as metrics_rows
from pages.parts.metrics.chosen.runs import measured_runs, names_label
from pages.parts.metrics.look import Look, choice, defined, number, spread
from pages.parts.text import count, message, plain

SECOND, TRAIN, TEXT = "metrics-second", "metrics-train", "metrics-train-text"
SCORES = ("prediction", "confidence", "label")
SIZES = {"none": "no difference", "small": "small", "moderate": "moderate", "large": "large", "unknown": "cannot be told"}


class Other(NamedTuple):
    """A result that this one can be compared with."""

    title: str
    path: Path
    spec: EvaluationSpec


def two(look: Look) -> None:
    """Whether another result of the same table is better, by more than chance."""
    if look.source.run is not None and not look.source.table:
        st.info("Fine-tunes are compared on the rows that both have kept aside, on a page of their own.", icon=":material/info:")
        st.page_link(links.COMPARE, label="Compare fine-tunes", icon=":material/compare_arrows:")
        return
    others = _others(look)
    if not others:
        st.info("There is no other result of this table. Score it with another model to compare them.", icon=":material/info:")
        st.page_link(links.BATCH, label="Start a run", icon=":material/add:")
        return
    at = choice("Compare with", [other.title for other in others], SECOND, "second", width=420)
    assert at is not None
    other = others[at]
    first, second = _paired(look, other)
    found = computed.compared(look.visit.settings, look.file, first, computed.version(other.path), second)
    if found.why_not:
        st.info(message(found.why_not), icon=":material/info:")
        return
    st.caption("A is this result, B the other one.")
    for sentence in found.sentences:
        st.markdown(f"**{message(sentence)}**")
    told = {"Both right": found.both_right, "Both wrong": found.both_wrong, "Fixed": found.fixed, "Broken": found.broken}
    frame = pd.DataFrame({"Rows": [found.rows], **{title: ["–" if value is None else f"{value:,}"] for title, value in told.items()}})
    if found.mcnemar is not None:
        frame["McNemar p"] = [p_words(found.mcnemar)]
    grid(frame, alt="Rows by which of the two results is right.", limit=100, key="metrics-two")
    st.caption("Fixed: wrong by A, right by B. Broken: the other way round. Differences are B minus A.")
    if found.differences:
        rows = [(defined(name)[0], number(one.value), spread(one)) for name, one in found.differences.items()]
        grid(
            pd.DataFrame(rows, columns=["Figure", "Difference", "Range"]),
            alt="Differences with their ranges.",
            limit=100,
            key="metrics-differences",
        )
        downloads.numbers(
            lambda: pd.DataFrame([{"metric": name, **one.model_dump()} for name, one in found.differences.items()]),
            "differences",
            look.source,
        )
    for title, numbers in (("Fixed", found.fixed_rows), ("Broken", found.broken_rows)):
        if numbers:
            metrics_rows.show(look, numbers, title, title.lower())


def _paired(look: Look, other: Other) -> tuple[str, str]:
    """What is asked of both. Results of all rows of one table have them in its order: they need no ids, which may come twice."""
    specs = [look.spec, other.spec]
    if pq.read_metadata(other.path).num_rows == look.found.rows:
        specs = [one.model_copy(update={"columns": {part: name for part, name in one.columns.items() if part != "id"}}) for one in specs]
    return specs[0].model_dump_json(), specs[1].model_dump_json()


def _others(look: Look) -> list[Other]:
    """Runs over the same table, and for an uploaded table its other columns that may hold predictions."""
    found, own = [], look.source.run.id if look.source.run else ""
    for job in measured_runs(look.visit):
        run = open_run(look.visit.settings, job.id)
        spec = run.spec()
        if isinstance(spec, PredictSpec) and spec.table.id == look.source.table and job.id != own:
            label = None if names_label(spec) else look.spec.columns["label"]
            title = f"{job.title or job.kind} · {spec.model} · {job.id[:6]}"
            found.append(Other(title, *computed.table_of_run(look.visit, run, label)))
    if look.source.run is None:
        rows = computed.table_rows(look.visit.settings, look.file)
        used = set(look.spec.columns.values())
        for column in rows.columns:
            if column.kind == "text" and column.name not in used:
                columns = {part: name for part, name in look.spec.columns.items() if part != "confidence"} | {"prediction": column.name}
                spec_ = EvaluationSpec(task=look.spec.task, problem=look.spec.problem, columns=columns, label_map=look.spec.label_map)
                found.append(Other(f"the column {column.name}", look.source.path, spec_))
    return found


def drift(look: Look) -> None:
    """How this table differs from the one that the model learned from, in words and shares."""
    own = [table for table in tables.list_tables(look.visit.settings, look.visit.workspace) if table.id != look.source.table]
    if not own:
        st.info("There is no other table to compare with. Upload the one that the model learned from.", icon=":material/info:")
        st.page_link(links.TABLES, label="Upload a table", icon=":material/upload_file:")
        return
    with st.container(horizontal=True):
        at = choice("Training table", [table.name for table in own], TRAIN, "train", nothing="Choose a table", width=320)
        if at is None:
            return
        train = own[at]
        text = look.spec.columns.get("text")
        start = train.columns.index(text) if text in train.columns else 0
        column = choice("Its texts", train.columns, f"{TEXT}-{train.id[:8]}", "train-text", first=start, width=280)
    assert column is not None
    found = drifted(look.visit.settings, train, train.columns[column], look.file, look.spec)
    st.markdown(f"**{message(found.sentence)}**")
    st.caption(f"{count(found.train_rows, 'row')} of training, {count(found.new_rows, 'row')} here.")
    for note in found.notes:
        st.caption(message(note))
    for place, finding in enumerate(found.findings):
        _finding(finding, place)
    downloads.numbers(lambda: _exact(found.findings), "drift", look.source)


def drifted(settings: Settings, train: tables.Table, text: str, file: computed.Version, spec: EvaluationSpec) -> Drift:
    """How a result differs from another table.

    Args:
        text: the column of ``train`` that holds its texts.

    Raises:
        SheetformerError: a column is not there.
    """
    columns = {part: name for part, name in computed.suggested(train.path).items() if part in SCORES} | {"text": text}
    if (label := spec.columns.get("label")) in train.columns:
        columns["label"] = label
    new_columns = {part: name for part, name in spec.columns.items() if part in (*SCORES, "text")}
    return computed.drifted(settings, computed.version(train.path), columns, file, new_columns)


def drift_chart(finding: DriftFinding) -> go.Figure | None:
    """The shares of both tables; ``None`` where there are too few rows to tell."""
    ordered = finding.what in ("length", "confidence")
    if not finding.groups:
        return None
    return charts.drift_shares(finding.groups, finding.train, finding.new, title=finding.title, ordered=ordered)


def _finding(finding: DriftFinding, place: int) -> None:
    with st.container(border=True):
        st.markdown(f"**{plain(finding.title)}** · {SIZES[finding.size]}")
        st.write(message(finding.sentence))
        if (figure := drift_chart(finding)) is not None:
            draw(figure, f"metrics-drift-{place}")
        if finding.statistic is not None:
            p = "" if finding.p is None else f", p {p_words(finding.p)}"
            st.caption(f"{plain(finding.test)}: {finding.statistic:.3f}{p}")


def _exact(findings: tuple[DriftFinding, ...]) -> pd.DataFrame:
    """A row for each group of each finding."""
    rows = [
        {"what": one.what, "group": group, "train": train, "new": new, "size": one.size, "statistic": one.statistic, "p": one.p}
        for one in findings
        for group, train, new in zip(one.groups, one.train, one.new, strict=True)
    ]
    return pd.DataFrame(rows, columns=["what", "group", "train", "new", "size", "statistic", "p"])
