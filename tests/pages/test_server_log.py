"""What the server logs of a page that failed: a message may quote a cell, and a cell may hold commands for a terminal."""

from __future__ import annotations

import subprocess
import sys

from core.processes import PROJECT_ROOT

FAILED_PAGE = r"""
from core import jobs
jobs.hold_server = lambda settings: None
from pages.parts import visit
visit.keep_serving()
from streamlit.error_util import handle_user_script_exception
try:
    raise ValueError("a\x1b[2J cell\nINFO all is well")
except ValueError as error:
    handle_user_script_exception(error, lambda error: True)
"""


def test_no_cell_acts_on_the_terminal_of_the_server() -> None:
    done = subprocess.run([sys.executable, "-c", FAILED_PAGE], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    assert r"ValueError: a\x1b[2J cell\nINFO all is well" in done.stderr
    assert "Traceback" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    assert "\nINFO" not in done.stderr
