"""Which text encoding a file has, and where its bytes are not text in it."""

from __future__ import annotations

import codecs
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from core.errors import BadInput
from core.tables.legacy import OFFERED, guess_legacy
from core.tables.problems import number_of, some
from core.tables.reading import Reading

BLOCK = 1_000_000
SAMPLE_BYTES = 64_000
BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
BETWEEN_WORDS = re.compile(r"[\s,;|\"]")
HANDLER = "sheetformer-count"
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
NOT_TEXT = {"unicode-escape", "raw-unicode-escape", "idna", "punycode", "undefined", "utf-7"}


@dataclass
class Broken:
    """Bytes of a file that are not text in an encoding.

    Attributes:
        count: stretches of bytes that became U+FFFD.
        places: (line of the file, byte offset) of the first ones.
        characters: characters beyond ASCII that were read well.
        nuls: NUL characters.
    """

    count: int = 0
    places: list[tuple[int, int]] = field(default_factory=list)
    characters: int = 0
    nuls: int = 0


def choose_encoding(reading: Reading) -> str:
    """The encoding of ``reading.path``: the user's, or a guess from the whole file; notes what cannot be decoded.

    Raises:
        BadInput: no such encoding, or broken bytes where the user chose to refuse them.
    """
    chosen = reading.choices.encoding
    encoding = check_encoding(chosen) if chosen else None
    bom = _bom(reading.path)
    if bom and (encoding is None or _same_family(encoding, bom)):
        encoding = bom
    limit = reading.settings.max_problems
    if encoding is None:
        reading.guess("encoding")
        encoding, broken = _guess(reading, limit)
    else:
        broken = scan(reading.path, encoding, limit)
    _note(reading, encoding, broken)
    reading.facts["encoding"] = encoding
    return encoding


def check_encoding(name: str) -> str:
    """The plain name of a text encoding.

    Raises:
        BadInput: Python knows no such encoding, or it is not one of text files.
    """
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError) as error:
        raise _unknown(name) from error
    if not info._is_text_encoding or info.name.replace("_", "-") in NOT_TEXT or info.incrementaldecoder is None:
        raise _unknown(name)
    return info.name


def _unknown(name: str) -> BadInput:
    return BadInput("the name of a text encoding", repr(name[:80]), f"Choose one of these: {', '.join(OFFERED)}.")


def _bom(path: Path) -> str | None:
    with path.open("rb") as file:
        head = file.read(4)
    return next((encoding for bom, encoding in BOMS if head.startswith(bom)), None)


def _same_family(encoding: str, bom: str) -> bool:
    return encoding.replace("_", "-").startswith(bom[:6].rstrip("-"))


def scan(path: Path, encoding: str, limit: int) -> Broken:
    """Decodes a whole file and counts what is broken.

    Args:
        path: a text file.
        encoding: a checked encoding.
        limit: most places to remember.
    """
    broken = Broken()
    counted = _Counting(broken, limit, encoding)
    codecs.register_error(HANDLER, counted)
    decoder = codecs.getincrementaldecoder(encoding)(HANDLER)
    ended_in_return = False
    with path.open("rb") as file:
        while True:
            block = file.read(BLOCK)
            counted.start = file.tell() - len(block)
            counted.block = block
            text = decoder.decode(block, not block)
            counted.line += count_lines(text) - (ended_in_return and text.startswith("\n"))
            ended_in_return = text.endswith("\r") if text else ended_in_return
            broken.characters += 0 if text.isascii() else sum(map(len, re.findall(r"[^\x00-\x7f\ufffd]+", text)))
            broken.nuls += text.count("\0")
            if not block:
                return broken


class _Counting:
    """An error handler of ``codecs`` that replaces what is broken and remembers where it was."""

    def __init__(self, broken: Broken, limit: int, encoding: str) -> None:
        self.broken, self.limit, self.encoding = broken, limit, encoding
        self.start, self.line, self.block = 0, 1, b""

    def __call__(self, error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        self.broken.count += 1
        if len(self.broken.places) < self.limit:
            # The decoder puts the undecoded end of the block before in front of this one.
            carried = max(0, len(error.object) - len(self.block))
            before = error.object[: error.start].decode(self.encoding, "ignore")
            self.broken.places.append((self.line + count_lines(before), self.start - carried + error.start))
        return "\ufffd", error.end


def count_lines(text: str) -> int:
    r"""Line ends in a text, where ``\r\n``, ``\n`` and ``\r`` each count as one."""
    returns = text.count("\r")
    return text.count("\n") + (returns - text.count("\r\n") if returns else 0)


def _guess(reading: Reading, limit: int) -> tuple[str, Broken]:
    wide = _wide_without_bom(reading.path)
    if wide:
        return wide, scan(reading.path, wide, limit)
    broken = scan(reading.path, "utf-8", limit)
    # A legacy encoding hardly ever yields valid UTF-8 sequences: some broken bytes among many good ones are damage.
    if not broken.count or broken.characters >= broken.count:
        return "utf-8", broken
    encoding = guess_legacy(_sample(reading.path))
    return encoding, scan(reading.path, encoding, limit)


def _wide_without_bom(path: Path) -> str | None:
    """UTF-16 without a byte-order mark: every other byte of mostly Latin text is NUL."""
    with path.open("rb") as file:
        head = file.read(4096)
    if len(head) < 4:
        return None
    half = len(head) // 2
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > 0.4 * half and even < 0.1 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 * half and odd < 0.1 * half else None


def _sample(path: Path) -> bytes:
    """Lines with bytes beyond ASCII, up to 64 kB: what tells encodings apart."""
    lines: list[bytes] = []
    size = 0
    with path.open("rb") as file:
        while size < SAMPLE_BYTES and (block := file.read(BLOCK)):
            for line in block.splitlines(keepends=True):
                if not line.isascii():
                    lines.append(line[:2000])
                    size += len(lines[-1])
                if size >= SAMPLE_BYTES:
                    break
    return b"".join(lines)


def _note(reading: Reading, encoding: str, broken: Broken) -> None:
    problems = reading.problems
    if "encoding" in reading.guessed and encoding not in ("utf-8", "utf-8-sig"):
        changed = changed_characters(reading.path, encoding)
        shown = f"; for example {changed}" if changed else ""
        problems.add(f"The text was read as {encoding} (guessed){shown}. Choose another encoding if characters look wrong.")
    if broken.nuls:
        problems.add(f"{number_of(broken.nuls, 'NUL character is in the text; it is', 'NUL characters are in the text; they are')} kept.")
    if not broken.count:
        return
    if reading.choices.broken_bytes == "refuse":
        line, offset = broken.places[0]
        raise BadInput(
            f"text in {encoding}",
            f"{broken.count:,} broken stretches, the first at byte {offset}",
            "Replace them by � or choose another encoding.",
            row=line,
        )
    for line, offset in broken.places:
        problems.add_row("broken bytes", f"Bytes at offset {offset} are not {encoding}; replaced by �.", line)
    rest = broken.count - len(broken.places)
    if rest > 0:
        problems.add(f"{number_of(rest, 'more stretch of bytes is', 'more stretches of bytes are')} not {encoding}; replaced by �.")


def changed_characters(path: Path, encoding: str) -> str:
    """Some words with characters beyond ASCII, as this encoding reads them."""
    words: list[str] = []
    with open_text(path, encoding) as text:
        for line in text:
            for found in BEYOND_ASCII.finditer(line, 0, 10_000):
                before = BETWEEN_WORDS.split(line[max(0, found.start() - 20) : found.start()])[-1]
                after = BETWEEN_WORDS.split(line[found.end() : found.end() + 20])[0]
                word = before + found[0][:20] + after
                if word not in words:
                    words.append(word)
            if len(words) >= 5:
                break
    return some([repr(word) for word in words[:5]])


def open_text(path: Path, encoding: str) -> TextIO:
    """Opens a text file with line ends untouched; broken bytes become U+FFFD."""
    # A larger buffer than Python's own makes long lines and slow disks cheap.
    return io.TextIOWrapper(io.BufferedReader(io.FileIO(path), BLOCK), encoding=encoding, errors="replace", newline="")
