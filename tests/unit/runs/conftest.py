"""A run that waits, and the same one finished."""

import pytest

from core.runs import build_result, write_part
from core.runs.query import ResultQuery
from tests.unit.runs.sample_runs import KEYS, new_run, outputs


@pytest.fixture
def run(settings, tmp_path):
    return new_run(settings, tmp_path)


@pytest.fixture
def finished(settings, run):
    write_part(run, 1, outputs([0, 1, 4, 5, 6, 8, 9], "too hot"))
    build_result(run, KEYS)
    return ResultQuery(settings, run)
