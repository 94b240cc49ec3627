"""The Hub client: probe, resolve a revision, download. One kind of error whatever the libraries raise."""

from core.hub.client import MAIN, TEXT_PATTERNS, cached_snapshot, cached_tokenizer, download, probe, resolve_revision
from core.hub.errors import one_error

__all__ = ["MAIN", "TEXT_PATTERNS", "cached_snapshot", "cached_tokenizer", "download", "one_error", "probe", "resolve_revision"]
