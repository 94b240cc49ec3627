"""The tables of this workspace: bring one in, see how it was read, change a guess, delete it."""

from core import tables
from pages.parts import visit
from pages.parts.tables import importing, report

here = visit.begin("Tables", "Bring in a spreadsheet and see exactly how it was read, before anything is done with it.")

if importing.upload(here):
    own = tables.list_tables(here.settings, here.workspace)
    if not own:
        importing.offer_sample(here)
    else:
        report.show(here, own)
