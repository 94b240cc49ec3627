"""How a label column was read, in words."""

from __future__ import annotations

from core.metrics.label_cells import number_in
from core.tables.problems import number_of
from core.training.labels.column import MULTI, REGRESSION, Labels
from core.training.words import quoted


def read_as(labels: Labels) -> str:
    """How each row was read, in a sentence; and what else could be chosen, where nobody has chosen and the labels are numbers."""
    if labels.problem == REGRESSION:
        return "Each row was read as a number."
    if labels.problem == MULTI:
        between = f", with {quoted(labels.separator)} between them" if labels.separator else ""
        return f"Each row was read as any of {number_of(len(labels.names), 'label')}, several in one cell{between}."
    said = f"Each row was read as one of {number_of(len(labels.names), 'label')}."
    if labels.asked != "auto" or not all(number_in(name) is not None for name in labels.names):
        return said
    return f'{said} They are numbers: choose "A number" ({REGRESSION}) to learn them as such.'
