"""What the tests of views share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def stories(shared_data: Path) -> Path:
    """A real language model of 260 thousand parameters, beside the public data."""
    folder = shared_data.parent / "checkpoints" / "stories260K"
    if not folder.is_dir():
        pytest.skip("the checkpoint stories260K is not beside this checkout (../shared/checkpoints)")
    return folder
