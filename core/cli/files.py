"""What a command is given to read, a file or a data set of the Hub, and the file to write."""

from __future__ import annotations

from pathlib import Path

from core import hub, tables
from core.cli.output import print_note
from core.errors import BadInput
from core.schema import ImportChoices, is_hub_address, parse_hub_address
from core.settings import Settings
from core.tables import hub as hub_tables
from core.workspaces import LOCAL

OUT_FORMATS = (".parquet", ".csv", ".xlsx", ".jsonl")


PROGRESS_SECONDS = 2.0
FILE_HELP = "A spreadsheet, or a data set of the Hub as hf://datasets/OWNER/NAME:SPLIT."


def read_table(settings: Settings, file: str, choices: ImportChoices, *, rows: int | None = None) -> tables.Table:
    """The table of a file, or of a data set's address, as an import would make it.

    Args:
        file: a path, or ``hf://datasets/owner/name:split``.
        rows: read no more than these of a data set; of a file everything is read.

    Raises:
        SheetformerError: it cannot be read; says why.
    """
    if not is_hub_address(file):
        return tables.import_file(settings, LOCAL, local_file(file), choices=choices)
    if given := list(choices.model_dump(exclude_defaults=True)):
        flag = f"--{given[0].replace('_', '-')}"
        raise BadInput("no choices about a file beside a data set", flag, "Leave it out: the Hub knows the format.")
    source, token = parse_hub_address(file), hub.from_environment()
    if rows is not None and source.rows is None:
        source = source.model_copy(update={"rows": rows})
    _, wanted = hub_tables.find(settings, source, token)
    hub_tables.check_access(settings, wanted, token)
    return brought(settings, hub_tables.Bring(settings, LOCAL, wanted, token=token))


def brought(settings: Settings, work: hub_tables.Bring) -> tables.Table:
    """The table, once its rows are here; how far they are goes to standard error.

    Raises:
        SheetformerError: they cannot be had.
    """
    try:
        while (now := work.wait(PROGRESS_SECONDS)).state == "running":
            total = f" of {now.rows_total:,}" if now.rows_total else ""
            left = f", {now.seconds_left:,.0f} s left" if now.seconds_left is not None else ""
            print_note(f"{now.stage}: {now.rows_done:,}{total} rows, {now.rows_per_second:,.0f} rows/s{left}")
    except KeyboardInterrupt:
        work.stop()
        raise
    if now.error is not None:
        raise now.error
    return tables.open_table(settings, LOCAL, now.table)


def local_file(text: str) -> Path:
    """The path of an existing file.

    Raises:
        BadInput: there is no such file, or it is an address.
    """
    if "://" in text:
        raise BadInput("a file on this machine, or hf://datasets/OWNER/NAME:SPLIT", text, "Download it first.")
    path = Path(text)
    if not path.is_file():
        raise BadInput("a file", f"{text}, which is {'a folder' if path.is_dir() else 'not there'}", "Check the path.")
    return path


def check_out(out: Path | None) -> None:
    """Says that a result cannot be written before an hour is spent on it.

    Raises:
        BadInput: another format, or a folder that does not exist.
    """
    if out is None:
        return
    if out.suffix.lower() not in OUT_FORMATS:
        raise BadInput(f"--out ending in one of {', '.join(OUT_FORMATS)}", out.name, "Choose one of these formats.")
    if not out.absolute().parent.is_dir():
        raise BadInput("--out in a folder that exists", str(out), "Make the folder first.")
