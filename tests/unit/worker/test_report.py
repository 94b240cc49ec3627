"""What a failed job says."""

from __future__ import annotations

import pytest

from core.errors import BadInput, safe_traceback
from core.settings import Settings
from core.worker.report import message

HOSTILE = "a\x1b[31mcell\nINFO all is well\u202e"


def test_errors_of_ours_are_told_as_they_are(settings: Settings) -> None:
    error = BadInput("a column named text", "Tweet", "Choose one", row=3)
    assert message(settings, error) == "Expected a column named text; found Tweet (row 3). Choose one"


def test_other_errors_are_one_safe_line_that_points_to_the_log(settings: Settings) -> None:
    text = message(settings, ValueError(HOSTILE))
    assert text == "ValueError: a\\x1b[31mcell\\nINFO all is well\\u202e (the log has the details)"


def test_a_long_error_is_cut(settings: Settings) -> None:
    assert len(message(settings, ValueError("x" * 10_000))) < 350


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 4 bytes."
        ),
        OSError(12, "Cannot allocate memory"),
    ],
)
def test_full_memory_names_the_setting(settings: Settings, error: Exception) -> None:
    assert f"job_memory_mb = {settings.job_memory_mb}" in message(settings, error)


def test_a_value_that_speaks_of_memory_is_no_full_memory(settings: Settings) -> None:
    assert "job_memory_mb" not in message(settings, ValueError("out of memory"))


def test_a_full_disk_is_told_in_words(settings: Settings) -> None:
    assert message(settings, OSError(28, "No space left on device")).startswith(f"Expected free space on the disk of {settings.home}")


def test_a_traceback_shows_every_cause_and_lets_no_data_act() -> None:
    try:
        try:
            raise KeyError(HOSTILE)
        except KeyError as inner:
            raise ValueError(HOSTILE) from inner
    except ValueError as error:
        text = safe_traceback(error)
    lines = text.split("\n")
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert not any(line.startswith("INFO") for line in lines)
    assert sum(line.startswith("KeyError: ") for line in lines) == 1
    assert lines[-2].startswith("ValueError: a\\x1b[31mcell\\nINFO")
    assert sum("test_report.py" in line for line in lines) == 2
