"""Tokens, logits and attribution of single rows: what a model saw, and what moved it.

Nothing here asks a model for attention weights. Views run where the models are, in :mod:`core.live`; importing this package loads no
model library.
"""

from core.inspect.views import VIEWS, show

__all__ = ["VIEWS", "show"]
