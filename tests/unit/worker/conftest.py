"""Shares the settings for tests with real processes."""

from tests.unit.jobs.conftest import real  # noqa: F401 - a fixture
