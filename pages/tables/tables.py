"""The tables of this workspace: bring one in, see how it was read, change a guess, delete it."""

from core import tables
from pages.parts import table_import, table_report, visit

here = visit.begin("Tables", "Bring in a spreadsheet and see exactly how it was read, before anything is done with it.")

if table_import.upload(here):
    own = tables.list_tables(here.settings, here.workspace)
    if not own:
        table_import.offer_sample(here)
    else:
        table_report.show(here, own)
