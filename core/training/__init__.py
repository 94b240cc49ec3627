"""Fine-tunes: from a table with labels to an adapter with honest figures. Importing this room does not import torch."""

from core.training.command import command_line
from core.training.data import Data, read_data
from core.training.objectives import TASKS
from core.training.presets import PRESETS
from core.training.spec_making import make_spec, parted

__all__ = ["PRESETS", "TASKS", "Data", "command_line", "make_spec", "parted", "read_data"]
