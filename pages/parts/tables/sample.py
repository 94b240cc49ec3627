"""The bundled spreadsheet, and the run that shows what the app does."""

from __future__ import annotations

from core import inference, jobs, tables
from core.schema import Role
from pages.parts.tables import uploads
from pages.parts.visit import Visit

TASK = "text-classification"
MODEL = "embedded:sentiment"
ROLES = {Role.TEXT: "review", Role.LABEL: "sentiment", Role.GROUP: "product", Role.TIME: "date"}


def import_sample(visit: Visit) -> tables.Table:
    """The sample as a table of this workspace; importing it again finds the one that is there."""
    path = tables.sample_path()
    table = tables.import_file(visit.settings, visit.workspace, path, name=path.name)
    uploads.remember(visit, table.id, path)
    return table


def start_on_sample(visit: Visit) -> str:
    """Scores the sample's reviews with the embedded sentiment model and returns the id of the run."""
    table = import_sample(visit)
    spec = inference.make_spec(visit.settings, table, task=TASK, model=MODEL, roles=ROLES, owner=visit.workspace)
    return jobs.submit(visit.settings, spec, owner=visit.workspace, input_table=table.path, title=table.name).id
