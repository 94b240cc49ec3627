"""A DuckDB connection that can read the files named and do nothing else.

Queries are ours, values in them are the user's: values are always bound, names are never written into SQL (the columns of a
view are called ``c0``, ``c1``...), so a column named ``"; drop table`` is a column like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from core.errors import LimitReached
from core.settings import Settings

ROW = "row_number"


def connect(settings: Settings, readable: Sequence[Path]) -> duckdb.DuckDBPyConnection:
    """An in-memory database without extensions to fetch, files to spill to, or anything to read but ``readable``.

    Views over the files must be made through :func:`parquet`.
    """
    connection = duckdb.connect(":memory:", config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    paths = ", ".join(literal(path) for path in readable)
    for name, value in (
        ("threads", str(settings.query_threads)),
        ("memory_limit", f"'{settings.query_memory_mb}MB'"),
        ("temp_directory", "''"),  # never spill: the default is a folder in the working directory
        ("allow_persistent_secrets", "false"),
        ("TimeZone", "'UTC'"),
        ("python_enable_replacements", "false"),  # a name in SQL never means a variable of Python
        ("allowed_paths", f"[{paths}]"),
        ("enable_external_access", "false"),
        ("lock_configuration", "true"),
    ):
        connection.execute(f"SET {name} = {value}")
    return connection


def literal(path: Path) -> str:
    """A path as a string of SQL: DDL cannot bind parameters. The paths are ours, a data folder may hold a quote."""
    return "'" + str(path).replace("'", "''") + "'"


def parquet(path: Path) -> str:
    """A subquery that reads ``path`` and numbers its rows, from 0, in a last column."""
    names = {name.casefold() for name in pq.read_schema(path).names}
    if "file_row_number" in names:  # DuckDB's own column of that name then cannot be had; its order of rows is the file's
        return f"(SELECT *, row_number() OVER () - 1 FROM read_parquet({literal(path)}))"
    return f"(SELECT * FROM read_parquet({literal(path)}, file_row_number = true))"


@contextmanager
def within_limits(settings: Settings) -> Iterator[None]:
    """Turns DuckDB's end of memory into our limit.

    Raises:
        LimitReached: the query needs more than ``query_memory_mb``.
    """
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise LimitReached(
            f"a question that fits in {settings.query_memory_mb} MB (SHEETFORMER_QUERY_MEMORY_MB)",
            "one that needs more",
            "Filter the rows first, choose a column with fewer values, or ask the administrator to raise the limit.",
        ) from error
