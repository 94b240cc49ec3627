"""A Hub of this machine, with an analyst who may write."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hub.server import LoopbackHub

ANALYST, TOKEN = "analyst", "hf_canary" + "x" * 20


@pytest.fixture
def loopback() -> Iterator[LoopbackHub]:
    """A Hub with no repositories and one user."""
    with LoopbackHub() as hub:
        hub.shelf.tokens[TOKEN] = ANALYST
        yield hub
