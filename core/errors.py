"""One family of errors: what was expected, what was found, what to do next.

Pages show the three parts under each other; the command line prints them on one line.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterator

TOKEN = re.compile(
    r"hf_(?:oauth_[\w.-]{19,}\w|(?:[a-z]{1,12}_){0,2}[A-Za-z0-9]{20,}(?:[\w.-]*\w)?)"  # a plain one, or one with dots (OAuth, RFC 7519)
    r"|api_org_\w{20,}",
    re.ASCII,
)
"""A token of the Hub, to its last dotted part. A long run without ``_`` and ``.`` tells it from names in code, as ``hf_model.config.pad``.

The pattern means the same to RE2, by which :mod:`core.publish.leaving` looks into columns.
"""

SIGNS_OF_FULL_MEMORY = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "cannot allocate",
    "bad_alloc",
    "could not create a memory",
)


class SheetformerError(Exception):
    """Base of every error that a user may see.

    Args:
        expected: what would have been right, as a noun phrase ("a column named text").
        found: what was there instead ("columns Tweet, Date").
        next_step: what the user can do now, as an instruction ("Choose one of these columns").
        row: the row of the user's file, counted as a spreadsheet program counts it (first line is 1).
    """

    exit_code = 1

    def __init__(self, expected: str, found: str, next_step: str, *, row: int | None = None) -> None:
        self.expected = expected
        self.found = found
        self.next_step = next_step
        self.row = row
        super().__init__(self.one_line())

    def one_line(self) -> str:
        """The whole message on one line, with control characters made visible."""
        place = f" (row {self.row})" if self.row is not None else ""
        return printable(f"Expected {self.expected}; found {self.found}{place}. {self.next_step}")

    def to_facts(self) -> dict[str, str | int | None]:
        """The error as JSON values, for another process; :meth:`from_facts` makes it again."""
        return {"kind": type(self).__name__, "expected": self.expected, "found": self.found, "next_step": self.next_step, "row": self.row}

    @staticmethod
    def from_facts(facts: dict) -> SheetformerError:
        """The error of :meth:`to_facts`, of the same class; :class:`RunFailed` where this process does not know the class."""
        kinds = {kind.__name__: kind for kind in _family(SheetformerError)}
        kind = kinds.get(facts["kind"], RunFailed)
        return kind(facts["expected"], facts["found"], facts["next_step"], row=facts["row"])


class BadInput(SheetformerError):
    """What the user gave cannot be used as it is: a file, a column, an option, a name."""

    exit_code = 2


class NotFound(BadInput):
    """A table, run, job or model that is not there, or not for this workspace."""


class NotAllowed(BadInput):
    """Something that a rule of the server forbids: a path outside the roots, another's job, unsafe weights."""


class LimitReached(BadInput):
    """A named setting would be exceeded. The message names the setting."""


class Conflict(SheetformerError):
    """The state does not allow it: stopping a finished job, resuming a run whose input has changed.

    Whoever asks names something that cannot be used so: to a command that is bad input. A job that meets one has failed all the same.
    """

    exit_code = 2


class Unusable(Conflict):
    """Something of our own that no other input would make usable: a queue that stays locked, damaged embedded weights."""

    exit_code = 1


class CannotWrite(SheetformerError):
    """The disk is full, or a folder may not be written. What is there can still be read."""


class RunFailed(SheetformerError):
    """A run could not go on. Rows that fail never raise this: they carry their own ``error``."""


class NotReady(RunFailed):
    """The process that answers pages has not started yet, or has died. The same question may be answered when it is asked again."""


class HubError(SheetformerError):
    """The Hub cannot be reached, or does not give what was asked for."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out. torch says so with several types; on the processor it is a plain RuntimeError."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    words = str(error).lower()
    if isinstance(error, SystemError) and "without exception set" in words:  # no memory was left to say so
        return True
    return isinstance(error, RuntimeError | OSError) and any(sign in words for sign in SIGNS_OF_FULL_MEMORY)


def _family(kind: type[SheetformerError]) -> Iterator[type[SheetformerError]]:
    yield kind
    for heir in kind.__subclasses__():
        yield from _family(heir)


def printable(text: str) -> str:
    r"""``text`` on one line, safe for a terminal or a log: control and format characters become ``\x1b``-like escapes, tokens ``hf_…``."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in TOKEN.sub("hf_…", text))


def safe_traceback(error: BaseException) -> str:
    """Like the interpreter's traceback, but each message is one line with its control characters escaped.

    A message often quotes a cell, and a cell may hold terminal commands or lines that look like a log's.
    """
    return "\n".join(_traceback_lines(error)) + "\n"


def _traceback_lines(error: BaseException) -> Iterator[str]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _traceback_lines(before)
        yield "Then:"
    yield "Traceback (most recent call last):"
    for entry in traceback.format_tb(error.__traceback__):
        yield from (printable(line) for line in entry.rstrip("\n").split("\n"))
    yield printable(f"{type(error).__name__}: {error}")


class EscapedTracebacks(logging.Filter):
    """Makes what a library logs of an error of ours safe for a terminal, as :func:`safe_traceback` does."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[1]:
            record.msg, record.args = "%s\n%s", (record.getMessage(), safe_traceback(record.exc_info[1]))
            record.exc_info = record.exc_text = None
        return True


def escape_tracebacks(logger: str) -> None:
    """Lets no error that ``logger`` logs act on a terminal. Calling it again does nothing."""
    log = logging.getLogger(logger)
    if not any(isinstance(each, EscapedTracebacks) for each in log.filters):
        log.addFilter(EscapedTracebacks())
