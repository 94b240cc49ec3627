"""The check list of a fine-tune, its classes, and the button that starts it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from core import jobs, tables, training
from core.errors import SheetformerError
from core.schema import FinetuneSpec, SearchSpec, base_of
from core.settings import Settings
from core.training.labels.reading import read_as
from pages.parts import command, estimate, links
from pages.parts.frames import grid
from pages.parts.text import count, plain
from pages.parts.tuning.words import Words, words_for
from pages.parts.visit import Visit, show_error

MOST_FINDINGS = 12
CLASSES_SHOWN = 200


def wait(lacks: str) -> None:
    """The button, off, with what is missing beside it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        _button(0, disabled=True)
        st.caption(f":material/arrow_upward: {plain(lacks, 300)}", width="content")


def show(visit: Visit, table: tables.Table, spec: FinetuneSpec | SearchSpec, measured: tables.Table | None = None) -> int:
    """The button, off where a training makes no sense; what was found in the table; the classes and the command.

    Args:
        measured: table of validation rows, where the spec names one.

    Returns:
        Rows to learn from; 0 where they are refused.
    """
    one = base_of(spec)
    words, paths = words_for(one.task), [each.path for each in (table, measured) if each is not None]
    try:
        with st.spinner(f"Reading the {words.learned}"):
            train, validation, findings, classes, reading = _look(visit.settings, one.fingerprint(), one, paths)
    except SheetformerError as error:
        _button(0, disabled=True)
        show_error(error)
        return 0
    stops = any(finding.stops for finding in findings)
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = _button(train, trials=_trials(spec), disabled=stops)
        st.caption(f"{count(train, 'row')} to learn from, {count(validation, 'row')} to measure with.", width="content")
    if pressed:
        title, validation_table = f"{one.name} on {table.name}", measured.path if measured else None
        job = jobs.submit(
            visit.settings, spec, owner=visit.workspace, input_table=table.path, validation_table=validation_table, title=title
        )
        links.go_to_run(job.id, spec.kind)
    if not stops:
        if one is not spec:
            st.caption("Of one trial, as the dials stand above:")
        estimate.show(visit, one, table, measured)
    if reading:
        st.caption(f":material/label: {plain(reading, 300)}")
    _found(findings, words)
    if classes:
        with st.expander(f"{words.counted} of each {words.kind}", icon=":material/bar_chart:"):
            _classes(visit, classes, words)
    command.show(training.command_line(spec, table.source.shown, measured.source.shown if measured else None))
    return train


@st.cache_data(show_spinner=False, max_entries=20, hash_funcs={Settings: lambda settings: str(settings.home)})
def _look(settings: Settings, fingerprint: str, _spec: FinetuneSpec, _paths: Sequence[Path]) -> tuple[int, int, list, list, str]:
    """Rows of both parts, the check list, the classes and how labels were read; once for a choice of tables, columns and split.

    Args:
        fingerprint: of the spec, which names the tables by their content: where they lie does not matter.
    """
    data = training.read_data(settings, _spec, *_paths)
    labels = data.objective.labels
    return len(data.train), len(data.validation), data.findings(), data.classes(), read_as(labels) if labels else ""


def _found(findings: Sequence[Any], words: Words) -> None:
    """The check list, or that there is nothing on it."""
    if not findings:
        st.caption(f":material/check: Nothing odd was found in the {words.learned}.")
        return
    more = len(findings) - MOST_FINDINGS
    lines_ = [f"- {plain(finding.what, 400)}" for finding in findings[:MOST_FINDINGS]] + ([f"- and {more} more"] if more > 0 else [])
    if any(finding.stops for finding in findings):
        st.error("\n".join(lines_), icon=":material/error:")
    else:
        st.warning("\n".join(lines_), title="Worth a look before you start", icon=":material/checklist:")


def _classes(visit: Visit, classes: Sequence[Any], words: Words) -> None:
    frame = pd.DataFrame(
        {
            words.kind.capitalize(): [found.label for found in classes[:CLASSES_SHOWN]],
            "To learn from": [found.train for found in classes[:CLASSES_SHOWN]],
            "To measure with": [found.validation for found in classes[:CLASSES_SHOWN]],
        }
    )
    grid(
        frame,
        alt=f"{words.counted} of each of {count(len(classes), words.kind)} on either side.",
        limit=visit.settings.max_shown_characters,
        key="classes",
    )


def _trials(spec: FinetuneSpec | SearchSpec) -> int:
    """Fine-tunes of a search; 0 where there is none."""
    return spec.search.trials if isinstance(spec, SearchSpec) else 0


def _button(rows: int, *, trials: int = 0, disabled: bool = False) -> bool:
    label = f"Search with {count(trials, 'trial')}" if trials else f"Tune on {count(rows, 'row')}" if rows else "Tune"
    return st.button(label, type="primary", icon=":material/school:", key="tune", disabled=disabled)
