"""One warm process that answers pages: it holds the models, so that no page process imports torch."""

from core.live.client import LiveClient
from core.live.counting import Count, Counted, Counts
from core.live.merging import merged_zip

__all__ = ["Count", "Counted", "Counts", "LiveClient", "merged_zip"]
