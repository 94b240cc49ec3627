"""The family of errors: across processes, and what counts as a lack of memory."""

from __future__ import annotations

import json
import logging

import pytest

from core.errors import (
    BadInput,
    CannotWrite,
    Conflict,
    HubError,
    RunFailed,
    SheetformerError,
    Unusable,
    escape_tracebacks,
    is_out_of_memory,
)
from core.tables import ImportCancelled


@pytest.mark.parametrize("kind", [SheetformerError, BadInput, HubError, ImportCancelled])
def test_errors_cross_a_process_with_their_class(kind: type[SheetformerError]) -> None:
    sent = kind("a column", "none", "Choose one.", row=3)
    received = SheetformerError.from_facts(json.loads(json.dumps(sent.to_facts())))
    assert type(received) is kind
    assert (received.one_line(), received.row, received.exit_code) == (sent.one_line(), 3, kind.exit_code)


def test_what_was_asked_for_in_vain_is_bad_input_to_a_command_and_what_we_lack_is_a_failure() -> None:
    assert [kind.exit_code for kind in (BadInput, Conflict)] == [2, 2]
    assert [kind.exit_code for kind in (Unusable, CannotWrite, HubError, RunFailed)] == [1, 1, 1, 1]


def test_an_error_of_an_unknown_class_keeps_its_words() -> None:
    received = SheetformerError.from_facts(BadInput("one", "two", "Three.").to_facts() | {"kind": "SystemExit"})
    assert type(received) is RunFailed
    assert received.one_line() == "Expected one; found two. Three."


def test_torch_says_out_of_memory_in_several_ways() -> None:
    import torch

    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))
    assert is_out_of_memory(RuntimeError("std::bad_alloc"))
    assert not is_out_of_memory(RuntimeError("The size of tensor a (3) must match"))
    with pytest.raises(RuntimeError) as caught:
        torch.empty(10**15)
    assert is_out_of_memory(caught.value)
    assert is_out_of_memory(OSError(12, "Cannot allocate memory"))
    assert not is_out_of_memory(ValueError("out of memory"))
    assert is_out_of_memory(SystemError("error return without exception set"))


def test_what_a_library_logs_of_an_error_does_not_act_on_a_terminal(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("some.library")
    for _ in range(3):
        escape_tracebacks("some.library")
    assert len(log.filters) == 1
    try:
        raise ValueError("a\x1b[2J cell\nINFO all is well")
    except ValueError as error:
        log.error("It %s", "broke", exc_info=error)
    log.error("without %s", "one")
    assert caplog.text.count("Traceback") == 1
    assert "It broke" in caplog.text
    assert r"ValueError: a\x1b[2J cell\nINFO" in caplog.text
    assert "\x1b" not in caplog.text
    assert "\nINFO" not in caplog.text
    assert "without one" in caplog.text
