"""Paths that a command is given: the file to read, the file to write."""

from __future__ import annotations

from pathlib import Path

from core.errors import BadInput

OUT_FORMATS = (".parquet", ".csv", ".xlsx", ".jsonl")


def local_file(text: str) -> Path:
    """The path of an existing file.

    Raises:
        BadInput: there is no such file, or it is an address, which no command reads yet.
    """
    if "://" in text:
        raise BadInput("a file on this machine", text, "Download it first; addresses are not read yet.")
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
