"""One warm process that answers pages: it holds the models, so that no page process imports torch."""

from core.live.client import LiveClient
from core.live.merging import merged_zip

__all__ = ["LiveClient", "merged_zip"]
