"""Questions and answers on the pipes between the client and its process: one JSON object a line."""

from __future__ import annotations

import json
import os
import select
import time

from core.errors import RunFailed, SheetformerError, is_out_of_memory

CHUNK = 65_536
LONGEST_LINE = 64_000_000  # bytes; no answer of a page needs more


class Closed(Exception):
    """The other side has gone."""


class LineReader:
    """Reads lines from a pipe, with a deadline. Bytes of an unfinished line wait for the next call."""

    def __init__(self, descriptor: int):
        self._descriptor = descriptor
        self._buffer = bytearray()

    def read(self, seconds: float | None = None) -> dict:
        """The next message.

        Raises:
            TimeoutError: it did not come in this many seconds.
            Closed: the other side has ended, or sent something that is no message.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        while (end := self._buffer.find(b"\n")) < 0:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and (left <= 0 or not _readable(self._descriptor, left)):
                raise TimeoutError
            chunk = os.read(self._descriptor, CHUNK)
            if not chunk or len(self._buffer) > LONGEST_LINE:
                raise Closed
            self._buffer += chunk
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        try:
            return json.loads(line)
        except ValueError:
            raise Closed from None


def _readable(descriptor: int, seconds: float) -> bool:
    """Waits for bytes; ``poll`` because ``select`` cannot watch descriptors above 1023, which a busy server has."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(seconds * 1_000))


def send(descriptor: int, message: dict) -> None:
    """Writes a message whole.

    Raises:
        Closed: the other side has ended.
    """
    data = memoryview(json.dumps(message, allow_nan=True).encode() + b"\n")
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except BrokenPipeError:
        raise Closed from None


def error_to_json(error: BaseException) -> dict:
    """An error as the client shall raise it; what is not one of ours becomes :class:`RunFailed`."""
    if not isinstance(error, SheetformerError):
        text = " ".join(str(error).split())[:300]
        error = RunFailed(
            "an answer from the model",
            f"that memory ran out ({type(error).__name__}: {text})" if is_out_of_memory(error) else f"{type(error).__name__}: {text}",
            "Try another model or fewer rows; the server's log has the details.",
        )
    return error.to_facts()
