"""A last look at what is about to leave: tokens and keys, paths of this machine, names of the user's files.

Looked at whole: the headers of weights, the cells of tables, and every other file as the text that it may be. What is found is
named by its place and quoted only where it is no secret.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import TOKEN, BadInput, LimitReached, SheetformerError
from core.publish.parcel import CARD, Parcel
from core.settings import MEGABYTE, Settings

SECRETS = {
    "a token of the Hub": TOKEN.pattern,
    "a token of GitHub": r"gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}",
    "a key of AWS": r"\bAKIA[0-9A-Z]{16}\b",
    "a key of an interface": r"\bsk-[A-Za-z0-9_-]{20,}",
    "a token of Slack": r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
}
LOCAL_PATH = r"file://\S+|(?:^|[\s\"'`(=:,])(?:/(?:home|Users|root|tmp|var|opt|mnt|srv|private|workspace)/[^\s\"'`)]+|[A-Za-z]:\\\\?[\w.~-]+\\[^\s\"'`)]+)"
PATHS = re.compile(LOCAL_PATH, re.MULTILINE)
VOCABULARIES = frozenset({"tokenizer.json", "vocab.txt", "vocab.json", "merges.txt", "added_tokens.json"})
"""Lists of pieces from somebody else's corpus: a piece that looks like a path is none of this machine."""

WEIGHTS, TABLE = ".safetensors", ".parquet"
LONGEST_HEADER = 100_000_000  # bytes; the limit of the safetensors format
SHOWN = 60  # characters quoted
BATCH_ROWS = 20_000


@dataclass(frozen=True)
class Finding:
    """Something that should not leave.

    Args:
        file: path in the repository.
        what: in words.
        where: line, column or header.
        count: how often, in that place.
        secret: it never leaves, whatever anybody says; other findings are for the author to judge in cells, and stop a push elsewhere.
        stops: the push waits until it is gone.
    """

    file: str
    what: str
    where: str
    count: int = 1
    secret: bool = False
    stops: bool = True

    def line(self) -> str:
        """In one line."""
        times = f", {self.count:,} times" if self.count > 1 else ""
        return f"{self.file}, {self.where}: {self.what}{times}"


def findings(settings: Settings, parcel: Parcel, names: Iterable[str] = ()) -> list[Finding]:
    """Everything in a parcel that should not leave: its files and its card."""
    path = parcel.folder / CARD
    card = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    return [*in_card(settings, card, names), *in_files(settings, parcel)]


def in_files(settings: Settings, parcel: Parcel) -> list[Finding]:
    """What the files but the card hold.

    Raises:
        BadInput: a file too large to be looked at, or not what its ending says; the parcel is discarded.
    """
    found: list[Finding] = []
    own = _own_paths(settings)
    try:
        for file, path in parcel.files().items():
            if file != CARD:
                found += _in_file(settings, file, path, own)
    except SheetformerError:
        parcel.discard()
        raise
    return found


def in_card(settings: Settings, text: str, names: Iterable[str] = ()) -> list[Finding]:
    """What a card tells.

    Args:
        names: of the user's files, which it must not.
    """
    return [*_in_text(CARD, text, _own_paths(settings)), *_names_in(CARD, text, names)]


def _own_paths(settings: Settings) -> tuple[str, ...]:
    """Folders of this machine that no pattern has to guess."""
    return tuple(sorted({str(settings.home), str(settings.home.resolve()), str(Path.home())} - {"/"}, key=len, reverse=True))


def _in_file(settings: Settings, file: str, path: Path, own: Sequence[str]) -> Iterator[Finding]:
    ending = path.suffix.lower()
    if ending not in (TABLE, WEIGHTS):
        yield from _in_text(file, _text(settings, file, path), own)
        return
    try:
        yield from _in_cells(file, path) if ending == TABLE else _in_text(file, _header(path), own, "header")
    except (pa.ArrowException, OSError, ValueError, RecursionError) as error:
        found = f"{file[:SHOWN]!r}, which cannot be looked into ({type(error).__name__})"
        raise BadInput(f"a whole {ending[1:]} file", found, "Write it again, or give it another ending; nothing has left.") from error


def _text(settings: Settings, file: str, path: Path) -> str:
    """Any file as a text: what is no letter hides none of the letters beside it."""
    most, size = settings.max_leaving_mb, path.stat().st_size
    if size > most * MEGABYTE:
        raise LimitReached(
            f"a file of at most {most:,} MB (setting max_leaving_mb), or one in safetensors or Parquet",
            f"{size / MEGABYTE:,.0f} MB in {file[:SHOWN]!r}",
            "Split it, or ask the administrator to raise the setting; nothing has left.",
        )
    return path.read_bytes().decode(errors="replace")


def _in_text(file: str, text: str, own: Sequence[str], where: str = "") -> Iterator[Finding]:
    guesses = file not in VOCABULARIES and "\0" not in text  # between the bytes of a picture anything looks like a path
    text = text.replace("\0", "")  # UTF-16 has one beside each letter
    secrets = {what: pattern for what, pattern in SECRETS.items() if re.search(pattern, text)}
    guesses = guesses and PATHS.search(text) is not None
    if not (secrets or guesses or any(path in text for path in own)):
        return  # most files: lines are only for telling where
    for number, line in enumerate(text.splitlines(), 1):
        place = where or f"line {number:,}"
        for what, pattern in secrets.items():
            if re.search(pattern, line):
                yield Finding(file, what, place, secret=True)
        told = next((path for path in own if path in line), None)
        if told is None and guesses and (guessed := PATHS.search(line)):
            told = guessed.group(0).strip(" \t\"'`(=:,")
        if told is not None:
            yield Finding(file, f"a path of a machine, {told[:SHOWN]!r}", place)


def _names_in(file: str, text: str, names: Iterable[str]) -> Iterator[Finding]:
    for name in names:
        if "." in name and name in text:
            number = next((i for i, line in enumerate(text.splitlines(), 1) if name in line), 1)
            yield Finding(file, f"the name of a file of yours, {name[:SHOWN]!r}", f"line {number:,}")


def _header(path: Path) -> str:
    """What weights say of themselves (https://huggingface.co/docs/safetensors): names of tensors, and free words."""
    with path.open("rb") as file:
        size = struct.unpack("<Q", file.read(8).ljust(8, b"\0"))[0]
        header = file.read(size) if size <= LONGEST_HEADER else b""
    facts = json.loads(header)
    if not isinstance(facts, dict):
        raise ValueError("a header that is no object")
    return json.dumps(facts.get("__metadata__", {}), ensure_ascii=False)


def _in_cells(file: str, path: Path) -> Iterator[Finding]:
    """Secrets in cells stop a push; a path in a cell is the user's own text, and may be what the table is about."""
    patterns = {f"{what}": (pattern, True) for what, pattern in SECRETS.items()} | {"a path of a machine": (LOCAL_PATH, False)}
    counts: dict[tuple[str, str], int] = {}
    with pq.ParquetFile(path) as table:
        columns = [field.name for field in table.schema_arrow if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
        for batch in table.iter_batches(BATCH_ROWS, columns=columns) if columns else ():
            for column in columns:
                for what, (pattern, _) in patterns.items():
                    counts[column, what] = counts.get((column, what), 0) + _matches(batch.column(column), pattern)
    for (column, what), count in counts.items():
        if count:
            secret = patterns[what][1]
            yield Finding(file, what, f"column {column!r}", count, secret=secret, stops=secret)


def _matches(column: pa.Array, pattern: str) -> int:
    """Cells that have a match; RE2, whose time grows with the text alone."""
    import pyarrow.compute as pc

    return pc.sum(pc.match_substring_regex(column, pattern)).as_py() or 0
