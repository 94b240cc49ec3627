"""Shares the settings for tests with real processes, and gives them time to say what they waited for."""

from pathlib import Path

import pytest

from tests.faults.rig import PATIENCE_SECONDS
from tests.unit.jobs.conftest import real  # noqa: F401 - a fixture

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A wait that is in vain has to end before the test is cut off, whatever it waited for earlier."""
    for item in items:
        if HERE in item.path.parents and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(4 * PATIENCE_SECONDS))
