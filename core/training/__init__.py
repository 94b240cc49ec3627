"""Fine-tunes: from a table with labels to an adapter with honest figures. Importing this room does not import torch."""

from core.training.command import command_line
from core.training.data import Data, read_data
from core.training.dials_file import Saved, read_saved, read_saved_file, write_saved
from core.training.objectives import TASKS
from core.training.presets import DEFAULT, PRESETS
from core.training.spec_making import make_spec, parted

__all__ = [
    "DEFAULT",
    "PRESETS",
    "TASKS",
    "Data",
    "Saved",
    "command_line",
    "make_spec",
    "parted",
    "read_data",
    "read_saved",
    "read_saved_file",
    "write_saved",
]
