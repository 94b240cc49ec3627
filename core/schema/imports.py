"""How a file is read, and what was found while reading it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from core.schema.hub import HubSource


class ImportChoices(BaseModel):
    """What the user decides about a file; ``None`` leaves it to the guess, which the report then shows.

    ``header`` is the line of the file that holds the names (first line is 1); 0 says that there is none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    member: str | None = Field(None, description="File to read inside an archive that holds several.")
    sheet: str | None = Field(None, description="Sheet of a workbook.")
    header: int | None = Field(None, ge=0, description="Line that holds the column names; 0 for none.")
    merge_second_header: bool = Field(False, description="Join the line below the header to the column names.")
    encoding: str | None = Field(None, description="Text encoding of the file.")
    delimiter: str | None = Field(None, min_length=1, max_length=1, description="Character between cells.")
    extra_cells: Literal["keep", "refuse"] | None = Field(
        None, description="Rows longer than the header: keep what is extra in columns of its own, or refuse the file."
    )
    broken_bytes: Literal["replace", "refuse"] = Field(
        "replace", description="Bytes that are not text in this encoding: replace them by a sign, or refuse the file."
    )
    bad_lines: Literal["skip", "refuse"] | None = Field(
        None, description="Lines of a JSONL file that are not JSON: skip them, or refuse the file."
    )
    fill_merged: bool = Field(False, description="Repeat the value of merged cells in every cell that they cover.")


class Problem(BaseModel):
    """One thing the user should know. ``row`` counts lines or sheet rows of the user's file from 1."""

    model_config = ConfigDict(frozen=True)

    row: int | None = None
    column: str | None = None
    what: str


class ColumnInfo(BaseModel):
    """A column of a table. ``name`` is unique in the table, ``original`` is what the file says."""

    model_config = ConfigDict(frozen=True)

    name: str
    original: str
    role: str | None = None
    kind: Literal["text", "number", "boolean", "time", "list", "other"] = "text"
    empty: int = 0
    missing: int = 0
    distinct: int | None = None


class ImportReport(BaseModel):
    """What was found, what was guessed and everything that may surprise."""

    model_config = ConfigDict(frozen=True)

    format: str
    rows: int
    columns: list[ColumnInfo]
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    sheets: list[str] = []
    member: str | None = None
    members: list[str] = []
    header: int | None = None
    guessed: list[str] = Field([], description="Names of the choices that were guessed, not given.")
    problems: list[Problem] = []
    problems_total: int = 0
    choices: ImportChoices = ImportChoices()
    seconds: float = 0.0
    hub: HubSource | None = Field(None, description="The data set of the Hub that the rows are of, at its commit.")
    licence: str = ""
