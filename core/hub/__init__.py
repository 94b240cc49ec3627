"""The Hub client: probe, resolve a revision, download. One kind of error whatever the libraries raise."""

from core.hub.client import MAIN, cached_snapshot, download, probe, resolve_revision
from core.hub.errors import one_error

__all__ = ["MAIN", "cached_snapshot", "download", "one_error", "probe", "resolve_revision"]
