"""What of a check list refuses a training, said the same before a job is made and in it."""

from __future__ import annotations

from collections.abc import Iterable

from core.errors import BadInput
from core.training.checks import Finding


def refuse_what_stops(findings: Iterable[Finding]) -> None:
    """Raises BadInput with the first finding that makes a training senseless."""
    for finding in findings:
        if finding.stops:
            found = finding.what[:1].lower() + finding.what[1:].removesuffix(".")  # a sentence becomes the part of one
            raise BadInput("rows that can be learned from", found, "Correct the table, or choose other rows or columns.")
