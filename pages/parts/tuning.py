"""From a table with labels to a fine-tune: columns, model, preset, validation rows, dials; the check list and one button."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from core import jobs, models, tables, training
from core.errors import SheetformerError
from core.schema import Dials, FinetuneSpec, ModelEntry, Role, Split
from core.schema.models import NAME
from core.settings import Settings
from core.training.presets import PRESETS
from pages.parts import links, model_picker, table_picker
from pages.parts.frames import grid, lines
from pages.parts.option_controls import control
from pages.parts.text import column_options, count, plain
from pages.parts.visit import Visit, errors_shown, show_error

TASK = "text-classification"
TUNABLE = ("feature-extraction", "text-classification")
METHODS = {
    "stratified": "By chance, every label alike",
    "random": "By chance",
    "group": "Whole groups",
    "time": "The newest rows",
    "column": "As a column says",
}
PROBLEMS = {
    "auto": "As the column looks",
    "single_label_classification": "One label",
    "multi_label_classification": "Several labels",
    "regression": "A number",
}
MOST_FINDINGS = 12
CLASSES_SHOWN = 200


def show(visit: Visit) -> None:
    """Draws the controls in reading order, what was found in the labels, and the button."""
    own = tables.list_tables(visit.settings, visit.workspace)
    if not own:
        table_picker.none_yet(visit)
        return
    first, second, third = st.columns(3)
    with first:
        table = table_picker.pick(own)
    with second:
        model = _pick_model(visit)
    if model is None:
        return
    with third:
        name = st.text_input("Name of the adapter", value=_proposed(visit, table), key=f"adapter-{table.id[:16]}", max_chars=96)
        st.caption("You choose it by this name when you score a table.")
    roles, problem, separator = _columns(table)
    preset = _preset()
    split = _split(table)
    dials = _dials(preset)
    if Role.LABEL not in roles or Role.TEXT not in roles:
        _button(0, disabled=True)
        st.caption(":material/arrow_upward: Choose the column with the texts and the column with the labels.")
    else:
        with errors_shown():
            given = {"preset_name": preset, "dials": dials, "split": split, "problem": problem, "separator": separator}
            _start(visit, table, _make(visit, table, model, roles, name, **given))
    table_picker.preview(visit, table, list(roles.values()))


def _make(visit: Visit, table: tables.Table, model: ModelEntry, roles: dict[Role, str], name: str, **given: Any) -> FinetuneSpec:
    return training.make_spec(
        visit.settings, table, owner=visit.workspace, task=TASK, model=model.reference, roles=roles, name=name, **given
    )


def _pick_model(visit: Visit) -> ModelEntry | None:
    """Whole models that are on this machine; an adapter is not tuned again."""
    entries = {
        entry.reference: entry
        for entry in models.list_models(visit.settings, owner=visit.workspace)
        if set(TUNABLE) & set(entry.tasks) and not entry.needs_hub and _is_whole(entry)
    }
    if not entries:
        st.warning("No model that can be tuned is installed.", icon=":material/info:")
        return None
    chosen = entries[st.selectbox("Model to tune", list(entries), format_func=lambda reference: model_picker.line(entries[reference]))]
    st.caption(plain(chosen.summary) or plain(chosen.reference))
    return chosen


def _is_whole(entry: ModelEntry) -> bool:
    kind = entry.reference.partition(":")[0]
    return kind != "adapter" and (kind != "embedded" or "feature-extraction" in entry.tasks)


def _proposed(visit: Visit, table: tables.Table) -> str:
    """A free name made of the table's."""
    letters = "".join(letter if NAME.fullmatch(f"a{letter}") else "-" for letter in table.name.rpartition(".")[0] or table.name)
    return models.free_name(visit.settings, visit.workspace, letters.strip("-._")[:40].lower() or "mine")


def _columns(table: tables.Table) -> tuple[dict[Role, str], str, str]:
    """Texts, labels, and how the labels are to be read."""
    places, suggested = lines(3), tables.suggest_roles(table, [Role.LABEL, Role.TEXT])
    roles = {}
    for role, title, needed in ((Role.TEXT, "Text", True), (Role.LABEL, "Your label", True), (Role.TEXT_PAIR, "Second text", False)):
        with next(places):
            column = _column(table, role, title, suggested.get(role) if needed else None, needed=needed)
        if column is not None:
            roles[role] = column
    with next(places):
        problem = st.selectbox("A row has", list(PROBLEMS), format_func=PROBLEMS.get, key="problem")
    separator = ""
    with next(places):
        separator = st.text_input(
            "Between several labels",
            key="separator",
            max_chars=10,
            placeholder="Only where a cell holds several, such as ;",
            disabled=problem in ("single_label_classification", "regression"),
        )
    return roles, problem, separator


def _column(table: tables.Table, role: Role, title: str, suggestion: str | None, *, needed: bool) -> str | None:
    """Its number is the option, so that no name of a column can be taken for 'none'."""
    words, options = column_options(table.columns), list(range(len(table.columns)))
    index = table.columns.index(suggestion) if suggestion in table.columns else None
    number = st.selectbox(
        title,
        options if needed else [None, *options],
        index=index if needed else 0,
        format_func=lambda number: "None" if number is None else words[number],
        placeholder="Choose a column",
        key=f"learn-{table.id[:16]}-{role}",
    )
    return None if number is None else table.columns[number]


def _preset() -> str:
    names = list(PRESETS)
    chosen = st.radio(
        "How thoroughly", names, index=names.index("balanced"), format_func=lambda name: PRESETS[name].title, key="preset", horizontal=True
    )
    st.caption(PRESETS[chosen].sentence)
    return chosen


def _split(table: tables.Table) -> Split:
    """Which rows measure."""
    with st.expander("Validation rows", icon=":material/call_split:"):
        st.caption("These rows are not learned from: they choose the best moment of the training and give its figures.")
        first, second, third = st.columns(3)
        method = first.selectbox("Chosen", list(METHODS), format_func=METHODS.get, key="split")
        share = second.slider("Share", 5, 50, 20, step=5, format="%d %%", key="share", disabled=method == "column") / 100
        words = column_options(table.columns)
        number = third.selectbox(
            "By the column",
            range(len(table.columns)),
            format_func=words.__getitem__,
            index=None,
            placeholder="Choose a column",
            key=f"split-{table.id[:16]}",
            disabled=method in ("stratified", "random"),
        )
    column = table.columns[number] if number is not None and method not in ("stratified", "random") else ""
    return Split(method=method, share=share, column=column)


def _dials(preset: str) -> dict[str, Any]:
    """What differs from the preset."""
    before = PRESETS[preset].dials
    turned = {}
    with st.expander("Advanced", icon=":material/tune:"):
        places = lines(3)
        for name, field in Dials.model_fields.items():
            shown = copy.copy(field)
            shown.default = getattr(before, name)
            with next(places):
                turned[name] = control(f"dial-{preset}-{name}", name, shown)
    return {name: value for name, value in turned.items() if value != getattr(before, name)}


def _start(visit: Visit, table: tables.Table, spec: FinetuneSpec) -> None:
    """The check list, the classes, and the button; off where a training makes no sense."""
    try:
        with st.spinner("Reading the labels"):
            train, validation, findings, classes = _look(visit.settings, spec.fingerprint(), spec, str(table.path))
    except SheetformerError as error:
        _button(0, disabled=True)
        show_error(error)
        return
    stops = any(finding.stops for finding in findings)
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = _button(train, disabled=stops)
        st.caption(f"{count(train, 'row')} to learn from, {count(validation, 'row')} to measure with.", width="content")
    if pressed:
        job = jobs.submit(visit.settings, spec, owner=visit.workspace, input_table=table.path, title=f"{spec.name} on {table.name}")
        links.go_to_run(job.id, spec.kind)
    _found(findings)
    with st.expander("Rows of each label", icon=":material/bar_chart:"):
        _classes(visit, classes)
    with st.expander("The same from the command line", icon=":material/terminal:"):
        st.code(training.command_line(spec, table.name), language="bash", wrap_lines=True)


@st.cache_data(show_spinner=False, max_entries=20, hash_funcs={Settings: lambda settings: str(settings.home)})
def _look(settings: Settings, fingerprint: str, _spec: FinetuneSpec, path: str) -> tuple[int, int, list, list]:
    """Rows of both parts, the check list and the classes; read once for a choice of table, columns and split."""
    data = training.read_data(settings, _spec, Path(path))
    return len(data.train), len(data.validation), data.findings(), data.classes()


def _found(findings: Sequence[Any]) -> None:
    """The check list, or that there is nothing on it."""
    if not findings:
        st.caption(":material/check: The labels look sound.")
        return
    more = len(findings) - MOST_FINDINGS
    lines_ = [f"- {plain(finding.what, 400)}" for finding in findings[:MOST_FINDINGS]] + ([f"- and {more} more"] if more > 0 else [])
    if any(finding.stops for finding in findings):
        st.error("\n".join(lines_), icon=":material/error:")
    else:
        st.warning("\n".join(lines_), title="Worth a look before you start", icon=":material/checklist:")


def _classes(visit: Visit, classes: Sequence[Any]) -> None:
    frame = pd.DataFrame(
        {
            "Label": [found.label for found in classes[:CLASSES_SHOWN]],
            "To learn from": [found.train for found in classes[:CLASSES_SHOWN]],
            "To measure with": [found.validation for found in classes[:CLASSES_SHOWN]],
        }
    )
    grid(
        frame,
        alt=f"Rows of each of {count(len(classes), 'label')} on either side.",
        limit=visit.settings.max_shown_characters,
        key="classes",
    )


def _button(rows: int, *, disabled: bool = False) -> bool:
    label = f"Tune on {count(rows, 'row')}" if rows else "Tune"
    return st.button(label, type="primary", icon=":material/school:", key="tune", disabled=disabled)
