"""Work on text that a stranger wrote, in a process that may be killed: bounded in time, memory and what it gives."""

from __future__ import annotations

import math
import os
import resource
import select
import signal
import time
from collections.abc import Callable

from core.errors import BadInput, LimitReached
from core.processes import limit_memory

CHUNK = 65_536
GIVEN, FAILED, FULL = b"+", b"-", b"m"
MOST_SAID = 300
NEXT = "Correct the template, or choose another."


def apart(work: Callable[[], str], *, seconds: float, memory_mb: int, characters: int) -> str:
    """What ``work`` gives, done in a fork of this process that does nothing else and holds no other thread.

    ``work`` may only compute on plain Python values: locks of libraries and threads of torch do not survive a fork.

    Raises:
        LimitReached: more time, memory or characters than allowed (``chat_seconds``, ``chat_memory_mb``, ``chat_characters``).
        BadInput: it raised; the message is its own.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _child(work, writing, math.ceil(seconds) + 1, memory_mb, characters)
    os.close(writing)
    try:
        answer = _read(reading, seconds, 4 * characters + MOST_SAID * 4)
    finally:
        os.close(reading)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return _said(answer, seconds, memory_mb, characters)


def _child(work: Callable[[], str], writing: int, most_seconds: int, memory_mb: int, characters: int) -> None:
    """Never returns."""
    kind, text = FAILED, ""
    try:
        limit_memory(memory_mb)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        most = most_seconds if hard == resource.RLIM_INFINITY else min(most_seconds, hard)
        resource.setrlimit(resource.RLIMIT_CPU, (most, most))  # it ends even where nobody is left to kill it
        text = work()
        kind = GIVEN if len(text) <= characters else FULL
    except MemoryError:
        kind = FULL
    except BaseException as error:  # the parent says it
        text = f"{type(error).__name__}: {error}"[:MOST_SAID]
    try:
        data = memoryview(kind + (b"" if kind == FULL else text.encode("utf-8", "replace")))
        while data:
            data = data[os.write(writing, data) :]
    finally:
        os._exit(0)


def _read(descriptor: int, seconds: float, most: int) -> bytes | None:
    """All that comes until the end; ``None`` where it does not end in time."""
    deadline, data = time.monotonic() + seconds, bytearray()
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    while len(data) <= most:
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1_000):
            return None
        chunk = os.read(descriptor, CHUNK)
        if not chunk:
            break
        data += chunk
    return bytes(data)


def _said(answer: bytes | None, seconds: float, memory_mb: int, characters: int) -> str:
    if not answer:  # too late, or killed by the limit of its processor time
        raise LimitReached(f"a template that is rendered within {seconds:g} seconds (chat_seconds)", "one that takes longer", NEXT)
    kind, text = answer[:1], answer[1:].decode("utf-8", "replace")
    if kind == GIVEN:
        return text
    if kind == FAILED:
        raise BadInput("a chat template that can be rendered", text, NEXT)
    raise LimitReached(
        f"a template that gives at most {characters:,} characters (chat_characters) and takes {memory_mb} MB (chat_memory_mb)",
        "one that wants more",
        NEXT,
    )
