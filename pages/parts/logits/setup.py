"""Task, model and row of a look; all of them are in the address."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core import tasks
from core.inference.spec_making import with_noted
from core.schema import LookSpec, ModelEntry
from pages.parts import address, estimate
from pages.parts.choices import model_picker, task_picker
from pages.parts.logits import looking, row
from pages.parts.visit import Visit, errors_shown


def choose(visit: Visit, names: Sequence[str]) -> LookSpec | None:
    """What is looked at; ``None`` while something is missing, which the page then says.

    Args:
        names: of the tasks to choose among.
    """
    estimate.desk(visit.settings)  # the process that holds models starts while the user chooses
    first, second = st.columns(2)
    with first:
        task = task_picker.pick(names)
    with second:
        model = model_picker.pick(visit, task)
    address.put(task_picker.TASK, task.name)
    if model is not None:
        address.put(model_picker.MODEL, model.reference)
    cells = row.pick(visit, task)
    if model is None or cells is None:
        return None
    with errors_shown():
        return spec_of(visit, task, model, cells)
    return None


def spec_of(visit: Visit, task: tasks.Task, model: ModelEntry, cells: dict[str, str]) -> LookSpec | None:
    """The look; ``None`` while the model has to be fetched, with a way to the page that does it.

    Raises:
        SheetformerError: the model cannot be resolved.
    """
    reference = model_picker.offer(visit, model)
    if reference is None:
        return None
    options = with_noted(visit.settings, reference, visit.workspace, task.name, cells, {}, fetch=False)
    return looking.spec(visit, task.name, reference, cells, options)
