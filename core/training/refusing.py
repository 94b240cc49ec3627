"""What of a check list refuses a training, said the same before a job is made and in it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from core.errors import BadInput
from core.tables.problems import number_of
from core.training.checks import Finding
from core.training.objectives import Objective

TWO = 2  # one to learn from, one to measure with


def refuse_what_stops(findings: Iterable[Finding]) -> None:
    """Raises BadInput with the first finding that makes a training senseless."""
    for finding in findings:
        if finding.stops:
            found = finding.what[:1].lower() + finding.what[1:].removesuffix(".")  # a sentence becomes the part of one
            raise BadInput("rows that can be learned from", found, "Correct the table, or choose other rows or columns.")


def refuse_too_few(objective: Objective, usable: np.ndarray) -> None:
    """Raises BadInput with what is wrong with the other rows where too few are left to be split.

    Args:
        usable: rows that can be learned from.
    """
    if len(usable) >= TWO:
        return
    reasons = [each.what for each in objective.findings(usable, usable[:0]) if each.rows and not each.stops]
    found = f"{number_of(len(usable), 'such row')} of {len(objective.rows):,}. {' '.join(reasons)}".removesuffix(".")
    raise BadInput("at least two rows that can be learned from", found, "Correct the table, or choose other columns.")
