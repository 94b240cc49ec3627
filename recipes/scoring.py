"""A saved adapter asked as any run asks it: by the loading and scoring code of the project."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import typer

from core import models, tasks
from core.models.backbone import backbone_folder
from core.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

    from core.tasks import TaskModel

CONFIG = "config.json"


def scored(
    adapter: Path, task_name: str, cells: Mapping[str, list[str]], *, precision: str = "fp32", **options: Any
) -> tuple[TaskModel, pa.Table]:
    """The model of a saved adapter, and what it says of each row, in the order of the rows.

    Args:
        adapter: folder of an adapter on the embedded backbone.
        cells: role to the cells of all rows.
        options: of the task, where they are not its own.
    """
    import pyarrow as pa

    from core.inference.loading import Loaded, ready
    from core.inference.plan import Window

    task = tasks.get(task_name)
    files = models.ModelFiles(f"recipe:{adapter.name}", "", backbone_folder(), adapter, (task_name,), models.labels_of(config_of(adapter)))
    network = models.load_model(files, task.auto_class_for(files.tasks), precision=precision)
    model = ready(task, task.Options(**options), files, models.load_tokenizer(files), network)
    rows = len(next(iter(cells.values())))
    window = Window(np.arange(rows), {str(role): list(values) for role, values in cells.items()})
    parts = [part for part in Loaded(task, files, model, precision).scorer(Settings()).score(window) if len(part.keys)]
    results = pa.concat_tables(pa.table({"key": part.keys, **part.columns}) for part in parts).sort_by("key")
    if results["key"].to_pylist() != list(range(rows)):
        raise AssertionError("rows without a result")
    return model, results


def config_of(adapter: Path) -> dict[str, Any]:
    """The config beside a saved adapter."""
    return json.loads((adapter / CONFIG).read_text(encoding="utf-8"))


def tell(measure: Callable[[str], Mapping[str, object]]) -> None:
    """Prints figures by what they were measured on, in both precisions that a run may have."""
    for precision in ("fp32", "bf16"):
        for name, found in measure(precision).items():
            typer.echo(f"{precision}, {name}: {found}")
