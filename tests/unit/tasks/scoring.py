"""Scoring a few rows with a model folder, as a run does, for the equality tests of all tasks."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa

from core import tasks
from core.inference.loading import Loaded, ready
from core.inference.plan import Window
from core.inference.score import Scored
from core.settings import Settings
from core.tasks import TaskModel


def ready_from(folder: Path, task_name: str, *, model_tasks: tuple[str, ...] = (), seed: int = 0, **options: Any) -> TaskModel:
    """The model of a folder, in fp32, ready for a task with these options.

    Args:
        model_tasks: what the catalogue says that the architecture is for, where a task loads several kinds of models.
    """
    import transformers

    task = tasks.get(task_name)
    auto_class = getattr(transformers, task.auto_class_for(model_tasks))
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    network = auto_class.from_pretrained(folder, trust_remote_code=False).eval()
    files = SimpleNamespace(max_length=None)
    return ready(task, task.Options.model_validate(options), files, tokenizer, network, seed=seed)


def score_cells(task_name: str, model: TaskModel, cells: dict[str, list[str]], token_budget: int = 512) -> pa.Table:
    """The result of these rows in their order; a failed row fails the test."""
    scorer = Loaded(tasks.get(task_name), None, model, "fp32").scorer(Settings(token_budget=token_budget))
    rows = len(next(iter(cells.values())))
    parts: list[Scored] = list(scorer.score(Window(np.arange(rows), cells)))
    assert not any(part.failed for part in parts), [part.failed for part in parts]
    table = pa.concat_tables([pa.table({"key": part.keys, **part.columns}) for part in parts]).sort_by("key")
    assert table["key"].to_pylist() == list(range(rows))
    return table
