"""Points this process, and those that it starts, at a Hub of this machine, with a cache of downloads of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hub.server import LoopbackHub
from tests.hub.test_asking import point_at


def go_online(patch: pytest.MonkeyPatch, hub: LoopbackHub, folder: Path) -> None:
    """Nobody is signed in afterwards.

    Args:
        folder: for the cache.
    """
    point_at(patch, hub.url)
    patch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(folder / "hf" / "hub"))
    patch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    patch.delenv("HF_TOKEN", raising=False)
    here = {"HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0", "HF_HOME": str(folder / "hf"), "HF_HUB_DISABLE_XET": "1"}
    for name, value in here.items():
        patch.setenv(name, value)
