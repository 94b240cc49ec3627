"""Importing small files without the cost of a process each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.schema import ImportChoices, ImportReport
from core.settings import Settings
from core.tables.parse import parse


@dataclass(frozen=True)
class Imported:
    """What an import made of a file."""

    table: pa.Table
    report: ImportReport

    @property
    def names(self) -> list[str]:
        return self.table.column_names

    @property
    def rows(self) -> list[list]:
        return [list(row.values()) for row in self.table.to_pylist()] if len(set(self.names)) == len(self.names) else []

    def column(self, name: str) -> list:
        return self.table.column(name).to_pylist()

    def said(self, words: str) -> list:
        """The problems whose text has these words."""
        return [problem for problem in self.report.problems if words in problem.what]


Import = Callable[..., Imported]


@pytest.fixture
def imported(settings: Settings, tmp_path: Path) -> Import:
    """``imported(content or path, name="x.csv", settings=None, **choices)``: parses a file as the child process does."""

    def run(content: bytes | str | Path, name: str = "x.csv", settings: Settings = settings, **choices) -> Imported:
        path = content
        if not isinstance(content, Path):
            path = tmp_path / f"upload-{len(list(tmp_path.iterdir()))}"
            path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        scratch = tmp_path / f"scratch-{len(list(tmp_path.iterdir()))}"
        scratch.mkdir()
        parquet, report = parse(settings, path, name, ImportChoices(**choices), scratch)
        result = Imported(pq.read_table(parquet), report)
        assert result.table.num_rows == report.rows
        assert result.names == [column.name for column in report.columns]
        return result

    return run
