"""Views asked of tiny models, without a process in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core import inspect, tasks
from core.inference.loading import Loaded
from core.schema import LookSpec
from core.settings import Settings
from tests.unit.tasks.scoring import ready_from


def loaded_from(folder: Path, task: str, **options: Any) -> Loaded:
    """A folder's model, ready for a task with these options."""
    return Loaded(tasks.get(task), None, ready_from(folder, task, **options), "fp32")


def asked(
    folder: Path,
    task: str,
    view: str,
    cells: dict[str, str],
    *,
    options: dict[str, Any] | None = None,
    settings: Settings | None = None,
    seed: int = 0,
    how: dict[str, Any] | None = None,
    **arguments: Any,
) -> dict[str, Any]:
    """The JSON of a view.

    Args:
        how: the model is loaded, such as ``model_tasks``.
    """
    spec = LookSpec(task=task, model=f"local:{folder.name}", revision="0" * 40, cells=cells, options=options or {}, seed=seed)
    loaded = loaded_from(folder, task, **(options or {}), **(how or {}))
    return inspect.show(settings or Settings(home=folder / "home"), view, loaded, spec, arguments)
