"""Who hosts this server."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path

COMMUNITY_SOURCES = Path("/mount/src")  # where Community Cloud checks a repository out


class Host(StrEnum):
    """Kinds of places that keep files and let visitors in differently."""

    SPACE = "space"
    COMMUNITY_CLOUD = "community-cloud"
    CONTAINER = "container"
    MACHINE = "machine"


def on_space() -> bool:
    """Whether this is a Space (https://huggingface.co/docs/hub/spaces-overview#helper-environment-variables)."""
    return bool(os.environ.get("SPACE_ID"))


def on_community_cloud(source: Path | None = None) -> bool:
    """Whether this is Streamlit Community Cloud, which says so by the place of the sources only."""
    return (source or Path(__file__)).resolve().is_relative_to(COMMUNITY_SOURCES)


def host(root: Path = Path("/")) -> Host:
    """Where this server runs.

    Args:
        root: of the file system.
    """
    if on_space():
        return Host.SPACE
    if on_community_cloud():
        return Host.COMMUNITY_CLOUD
    inside = any((root / mark).exists() for mark in (".dockerenv", "run/.containerenv"))
    return Host.CONTAINER if inside or os.environ.get("KUBERNETES_SERVICE_HOST") else Host.MACHINE
