"""Fine-tunes: from a table with labels to an adapter with honest figures. Importing this room does not import torch."""

from core.training.choices.command import command_line
from core.training.choices.dials_file import Saved, read_saved, read_saved_file, write_saved
from core.training.choices.presets import DEFAULT, PRESETS
from core.training.choices.spec_making import make_spec, parted
from core.training.data import Data, read_data
from core.training.objectives import TASKS

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
