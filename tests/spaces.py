"""Exported Spaces, started as anybody would start them: by their own command, in their own folder, without this project on their path."""

from __future__ import annotations

import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core import demos
from core.processes import QUIET
from tests.ports import free_port

START_SECONDS, END_SECONDS = 280, 20


def bare_environment(**more: str) -> dict[str, str]:
    """An environment without anything of this project: the export has to run by itself."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SHEETFORMER", "PYTHON"))}
    return {**kept, **QUIET, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", **more}


@contextmanager
def gradio_space(folder: Path, log: Path) -> Iterator[str]:
    """Runs ``python app.py`` in a folder and gives its address.

    Args:
        log: where its words go; told when it does not start.
    """
    port = free_port()
    environment = bare_environment(GRADIO_SERVER_PORT=str(port), GRADIO_SERVER_NAME="127.0.0.1")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [demos.python_with_gradio(), "app.py"], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        await_answer(process, f"http://127.0.0.1:{port}/config", log)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(END_SECONDS)


def await_answer(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    """Waits until a server answers; fails with its log when it ends before."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.25)
    raise AssertionError(log.read_text())
