"""What a file is, by its content; and the one file inside an archive, under the limits that stop bombs."""

from __future__ import annotations

import errno
import gzip
import shutil
import zipfile
from pathlib import Path
from typing import BinaryIO

from core.archives import BLOCK, ZIP_DAMAGE, check_members, check_no_links, copy_limited, incomplete, is_clutter
from core.errors import BadInput, LimitReached
from core.settings import MEGABYTE
from core.tables.problems import some
from core.tables.reading import Reading

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
WORKBOOK_SUFFIXES = {
    "xlsx": (".xlsx", ".xlsm", ".xltx"),
    "xls": (".xls",),
    "xlsb": (".xlsb",),
    "ods": (".ods",),
    "parquet": (".parquet", ".pq"),
}
FOREIGN = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"SQLite format 3": "an SQLite database",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
    b"\x80\x04\x95": "a Python pickle",
    b"\x89HDF": "an HDF5 file",
}
FORMATS_HELP = "Use CSV, TSV, XLSX, XLS, XLSB, ODS, Parquet, Arrow, JSON or JSONL, plain or inside .gz or .zip."


def check_size(path: Path, limit_mb: int) -> None:
    """Raises LimitReached when a file is larger than ``max_upload_mb``."""
    size = path.stat().st_size
    if size > limit_mb * MEGABYTE:
        raise LimitReached(
            f"a file of at most {limit_mb} MB (setting max_upload_mb)",
            f"{size / MEGABYTE:,.0f} MB",
            "Split the file, save it as Parquet, or ask the administrator to raise the setting.",
        )


def unpack(reading: Reading) -> str:
    """Takes the file out of .gz or .zip and names its format; ``reading.path`` is the plain file afterwards.

    Returns:
        ``xlsx``, ``xls``, ``xlsb``, ``ods``, ``parquet``, ``arrow``, ``arrow-stream`` or ``text``.

    Raises:
        BadInput: not a table, encrypted, nested or incomplete.
        LimitReached: larger than the settings allow once uncompressed.
    """
    found = identify(reading.path)
    if found in ("gzip", "zip"):
        packed = found
        reading.path = _gunzip(reading) if packed == "gzip" else _unzip(reading)
        found = identify(reading.path)
        if found in ("gzip", "zip"):
            raise BadInput(
                "one file inside the archive", "an archive inside an archive", "Unpack the outer archive and import the inner file."
            )
        reading.facts["archive"] = packed
    if found in ("xlsx", "xlsb", "ods"):
        check_members(reading.settings, zipfile.ZipFile(reading.path).infolist(), reading.path.stat().st_size)
    return found


def identify(path: Path) -> str:
    """The format of a file by its first and last bytes; the name plays no part.

    Raises:
        BadInput: empty, encrypted, incomplete, or known not to be a table.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(4096)
        file.seek(max(0, size - 8))
        tail = file.read()
    if not size or not head.strip():
        _check_not_blank(path)
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _identify_zip(path)
    if head.startswith(OLE):
        return _identify_ole(path)
    if head.startswith(b"PAR1"):
        if not tail.endswith(b"PAR1") or size < 12:
            raise incomplete("Parquet")
        return "parquet"
    if head.startswith(b"ARROW1"):
        if not tail.endswith(b"ARROW1"):
            raise incomplete("Arrow")
        return "arrow"
    if head.startswith(b"\xff\xff\xff\xff") and size > 8 and head[8:9] != b"\xff":
        return "arrow-stream"
    for magic, what in FOREIGN.items():
        if head.startswith(magic):
            raise BadInput("a table", what, FORMATS_HELP)
    return "text"


def _check_not_blank(path: Path) -> None:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            if block.strip(b" \t\r\n\x0b\x0c\xef\xbb\xbf\x00"):
                return
    raise BadInput("a file with at least one line", "that the file is empty", "Choose another file.")


def _identify_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if "[Content_Types].xml" in names or any(name.startswith("xl/") for name in names):
                return "xlsb" if "xl/workbook.bin" in names else _check_workbook(names)
            if "mimetype" in names and b"opendocument.spreadsheet" in archive.read("mimetype")[:200]:
                return "ods"
    except (*ZIP_DAMAGE, OSError, NotImplementedError, RuntimeError) as error:
        raise incomplete("workbook or zip") from error
    return "zip"


def _check_workbook(names: set[str]) -> str:
    if "xl/workbook.xml" not in names and not any(name.startswith("xl/") for name in names):
        raise BadInput("a workbook or a table", "another Office document", FORMATS_HELP)
    return "xlsx"


def _identify_ole(path: Path) -> str:
    data = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise BadInput(
            "a workbook without a password", "that the file is encrypted", "Open it in Excel, remove the password and save it again."
        )
    if any(name.encode("utf-16-le") in data for name in ("Workbook", "Book")):
        return "xls"
    raise BadInput("a workbook or a table", "another Office document", FORMATS_HELP)


def _gunzip(reading: Reading) -> Path:
    out = reading.scratch / "unpacked"
    try:
        with gzip.open(reading.path, "rb") as source, out.open("wb") as target:
            copy_limited(reading.settings, source, target, reading.path.stat().st_size)
    except ZIP_DAMAGE as error:
        raise incomplete("gzip") from error
    return out


def _unzip(reading: Reading) -> Path:
    out = reading.scratch / "unpacked"
    try:
        with zipfile.ZipFile(reading.path) as archive:
            members = archive.infolist()
            check_members(reading.settings, members, reading.path.stat().st_size)
            member = _choose_member(reading, members)
            with archive.open(member) as source, out.open("wb") as target:
                copy_limited(reading.settings, source, target, max(member.compress_size, 1))
    except ZIP_DAMAGE as error:
        raise incomplete("zip") from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # a place before the start of the file
            raise
        raise incomplete("zip") from error
    except NotImplementedError as error:
        raise BadInput("a zip file with ordinary compression", str(error), "Pack the file again with another program.") from error
    return out


def _choose_member(reading: Reading, members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    """The file to read: the user's choice, the only one, or the first, which is then listed as a guess."""
    check_no_links(members)
    files = [member for member in members if not member.is_dir() and not is_clutter(member.filename)]
    if not files:
        raise BadInput("a file inside the zip", "that it is empty", "Choose another file.")
    names = [member.filename for member in files]
    reading.facts["members"] = names
    wanted = reading.choices.member
    if wanted is not None and wanted not in names:
        raise BadInput("one of the files of the zip", repr(wanted), f"Choose one of these: {some(names)}.")
    chosen = files[names.index(wanted)] if wanted is not None else files[0]
    if wanted is None and len(files) > 1:
        reading.guess("member")
        reading.problems.add(f"The zip holds {len(files)} files; {names[0]!r} was read (guessed). Choose another one if that is wrong.")
    reading.facts["member"] = chosen.filename
    return chosen


def copy_stream(source: BinaryIO, out: Path, limit_mb: int) -> None:
    """Writes an uploaded stream to a file, and stops where it is larger than ``max_upload_mb``."""
    with out.open("wb") as target:
        shutil.copyfileobj(source, target, BLOCK)
    check_size(out, limit_mb)


def note_name(reading: Reading, name: str, found: str) -> None:
    """Tells the user when the content is not what the name says."""
    lower = name.lower()
    for suffixed, suffixes in WORKBOOK_SUFFIXES.items():
        if lower.endswith(suffixes) and found != suffixed:
            reading.problems.add(f"The name ends in {suffixes[0]} but the content is {found}; it was read as {found}.")
            return
    if lower.endswith((".csv", ".tsv", ".txt", ".json", ".jsonl")) and found in WORKBOOK_SUFFIXES:
        reading.problems.add(f"The name says text but the content is {found}; it was read as {found}.")
