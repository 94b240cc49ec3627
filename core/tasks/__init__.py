"""One file per Hugging Face task, all with one small face: roles in, columns out."""

from core.tasks.base import AllRows, Content, Encoded, Measured, Outputs, Ragged, RoleUse, Task, TaskModel
from core.tasks.registry import all_tasks, get

__all__ = ["AllRows", "Content", "Encoded", "Measured", "Outputs", "Ragged", "RoleUse", "Task", "TaskModel", "all_tasks", "get"]
