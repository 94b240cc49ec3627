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
BATCH_ROWS, BATCH_BYTES = 20_000, 64 * MEGABYTE
OTHER_TEXTS = (
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_fixed_size_binary,
    pa.types.is_string_view,
    pa.types.is_binary_view,
)


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
        yield from _in_table(file, path) if ending == TABLE else _in_text(file, _header(path), own, "header")
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


def _in_table(file: str, path: Path) -> Iterator[Finding]:
    """Secrets in cells stop a push; a path in a cell is the user's own text, and may be what the table is about."""
    patterns = {f"{what}": (pattern, True) for what, pattern in SECRETS.items()} | {"a path of a machine": (LOCAL_PATH, False)}
    counts: dict[tuple[str, str], int] = {}
    with pq.ParquetFile(path) as table:
        yield from _in_text(file, _told(table), (), "header")
        names = table.schema_arrow.names
        columns = [leaf.path for leaf in _leaves(table) if leaf.physical_type.endswith("BYTE_ARRAY")]
        for batch in table.iter_batches(_rows_at_once(table.metadata), columns=columns) if columns else ():
            for name, cells in zip(batch.schema.names, batch.columns, strict=True):
                for texts in _texts(cells):
                    for what, (pattern, _) in patterns.items():
                        counts[name, what] = counts.get((name, what), 0) + _matches(texts, pattern)
    for (name, what), count in counts.items():
        if count:
            secret = patterns[what][1]
            hidden = any(re.search(pattern, name) for pattern in SECRETS.values())
            yield Finding(file, what, f"column {names.index(name) + 1 if hidden else repr(name)}", count, secret=secret, stops=secret)


def _leaves(table: pq.ParquetFile) -> list[pq.ColumnSchema]:
    """Columns as they are stored: a nested one is several."""
    return [table.schema.column(place) for place in range(len(table.schema))]


def _told(table: pq.ParquetFile) -> str:
    """What a table says beside its cells: names of columns, also of nested ones, and free words of the program that wrote it."""
    names = [leaf.path for leaf in _leaves(table)]
    words = [part.decode(errors="replace") for key, value in (table.metadata.metadata or {}).items() for part in (key, value)]
    return "\n".join(names + words)


def _rows_at_once(facts: pq.FileMetaData) -> int:
    """Fewer where a row is large: pictures can be cells."""
    size = sum(facts.row_group(group).total_byte_size for group in range(facts.num_row_groups))
    return max(1, min(BATCH_ROWS, BATCH_BYTES * facts.num_rows // max(1, size)))


def _texts(cells: pa.Array) -> Iterator[pa.Array]:
    """The texts and bytes in cells of any type, each as one cell."""
    if isinstance(cells, pa.ExtensionArray):
        yield from _texts(cells.storage)
    elif isinstance(cells, pa.DictionaryArray):
        yield from _texts(cells.dictionary_decode())
    elif isinstance(cells, pa.MapArray):
        yield from _texts(cells.keys)
        yield from _texts(cells.items)
    elif isinstance(cells, pa.StructArray):
        for part in cells.flatten():
            yield from _texts(part)
    elif pa.types.is_nested(cells.type):
        yield from _texts(cells.flatten())
    elif pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type):
        yield cells
    elif any(kind(cells.type) for kind in OTHER_TEXTS):
        yield cells.cast(pa.large_binary())


def _matches(texts: pa.Array, pattern: str) -> int:
    """Cells that have a match; RE2, whose time grows with the text alone."""
    import pyarrow.compute as pc

    return pc.sum(pc.match_substring_regex(texts, pattern)).as_py() or 0
