"""Fine-tunes: from a table with labels to an adapter with honest figures. Importing this room does not import torch."""

from core.training.presets import PRESETS
from core.training.spec_making import TASKS, make_spec

__all__ = ["PRESETS", "TASKS", "make_spec"]
