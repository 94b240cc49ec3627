"""Spreadsheets of any kind in, content-addressed Parquet tables out, with a report of everything that was found."""

from core.tables.importing import ImportCancelled, ImportProgress, ImportTask, import_file, open_import, start_import
from core.tables.sample import sample_path
from core.tables.store import Table, delete_table, list_tables, open_table
from core.tables.suggest import suggest_roles

__all__ = [
    "ImportCancelled",
    "ImportProgress",
    "ImportTask",
    "Table",
    "delete_table",
    "import_file",
    "list_tables",
    "open_import",
    "open_table",
    "sample_path",
    "start_import",
    "suggest_roles",
]
