"""Kinds of jobs by name."""

from __future__ import annotations

import subprocess
import sys
from typing import get_args

import pytest

from core.errors import RunFailed
from core.processes import PROJECT_ROOT
from core.schema import Spec
from core.worker import kinds, rehearsal


def test_every_kind_of_spec_has_a_function() -> None:
    assert set(kinds.KINDS) == {get_args(spec.model_fields["kind"].annotation)[0] for spec in get_args(Spec)}


def test_a_kind_is_imported_by_name() -> None:
    assert kinds.function_of("rehearsal") is rehearsal.run
    assert "core.worker.rehearsal" in kinds.modules()


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(RunFailed, match="'finetone'"):
        kinds.function_of("finetone")


@pytest.mark.parametrize("module", ["core.jobs", "core.jobs.scheduler", "core.worker.main", "core.worker.rehearsal", "core.worker.parent"])
def test_queue_and_processes_load_no_torch_by_themselves(module: str) -> None:
    script = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=PROJECT_ROOT, check=False).returncode == 0
