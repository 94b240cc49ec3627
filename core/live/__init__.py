"""One warm process that answers pages: it holds the models, so that no page process imports torch."""

from core.live.client import LiveClient

__all__ = ["LiveClient"]
