"""The finished adapter on the validation rows: loaded from its files and scored as any run scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pydantic import BaseModel

from core import models, tasks
from core.inference.loading import Loaded, ready
from core.inference.plan import Window
from core.schema import FinetuneSpec, Role
from core.settings import MEGABYTE, Settings
from core.tasks import Task, TaskModel
from core.tasks.scoring import Scored, score_labels, score_rows
from core.training.objectives import Objective
from core.training.outcome.kept_answers import in_words, write_kept


def measure(
    settings: Settings,
    spec: FinetuneSpec,
    files: models.ModelFiles,
    objective: Objective,
    places: np.ndarray,
    *,
    keep: Path | None = None,
) -> dict[str, Any]:
    """Figures of an adapter with their intervals, in the form of a run's ``metrics.json``.

    Args:
        files: of the adapter.
        places: of the validation rows.
        keep: folder that gets each row's truth, answer and scores: see :func:`write_kept`.
    """
    task, truth = tasks.get(spec.task), objective.truth(places)
    loaded = load(settings, spec, files)
    results, failed = answers_of(settings, loaded, objective.rows.some(places))
    notes = [f"{len(failed):,} of {len(places):,} validation rows could not be scored, the first so: {failed[0]}"] if failed else []
    if results is None:
        return {"notes": notes}
    kept = results["key"].to_pylist()
    said = some_of(truth, kept)
    words = in_words(said)
    if keep is not None and words is not None:
        rows = places[kept] - first_place(spec)
        problem = loaded.model.problem
        scored = score(spec, loaded.model, said, results, problem=problem)
        write_kept(keep, rows, words, results, problem, scored, said.get(Role.TAGS))
    found = task.measure(loaded.model, said, results, {}).metrics
    return {**found, "notes": [*found.get("notes", []), *notes]} if notes else found


def answers_of(settings: Settings, loaded: Loaded, cells: dict[str, list[str]]) -> tuple[pa.Table | None, list[str]]:
    """What a model says of each row that does not fail: its outputs, with ``key``, the row's place; ``None`` of no row.

    Returns:
        The answers, and why each row that has none failed.
    """
    scorer, parts, failed = loaded.scorer(settings), [], []
    for window in _windows(settings, cells):
        for scored in scorer.score(window):
            parts += [pa.table({"key": scored.keys, **scored.columns})] if len(scored.keys) else []
            failed += scored.failed.values()
    return pa.concat_tables(parts).sort_by("key") if parts else None, failed


def _windows(settings: Settings, cells: dict[str, list[str]]) -> Iterator[Window]:
    """All rows, as many at once as a run takes."""
    rows = len(next(iter(cells.values())))
    characters = np.cumsum([sum(map(len, row)) for row in zip(*cells.values(), strict=True)], dtype=np.int64)
    full = np.stack([np.arange(rows) // settings.window_rows, characters // (settings.window_mb * MEGABYTE)])
    bounds = [0, *(np.flatnonzero(np.diff(full).any(axis=0)) + 1).tolist(), rows]
    whole = Window(np.arange(rows), cells)
    yield from (whole.part(slice(start, end)) for start, end in pairwise(bounds) if end > start)


def score(spec: FinetuneSpec, model: TaskModel, truth: Mapping[Role, list[str | None]], results: pa.Table, *, problem: str) -> Scored:
    """How right each row is.

    Args:
        model: that gave the results.
        truth: labels in the words of the results.
        problem: the kind of the adapter's head, whatever that of the model is.
    """
    if Role.LABEL in truth:
        return score_labels(results["prediction"].to_pylist(), truth[Role.LABEL], problem, separator=spec.separator)
    outputs = {name: results[name] for name in results.column_names}
    return score_rows(tasks.get(spec.task).Options.model_validate(spec.options), truth, outputs, labels=model.labels)


def some_of(truth: Mapping[Role, list[str | None]], places: Sequence[int]) -> dict[Role, list[str | None]]:
    """The user's own answers of some rows."""
    return {role: [cells[place] for place in places] for role, cells in truth.items()}


def first_place(spec: FinetuneSpec) -> int:
    """Place, among all rows, of the first one of the table that validation rows are numbered in."""
    return spec.table.rows if spec.validation else 0


def load(settings: Settings, spec: FinetuneSpec, files: models.ModelFiles) -> Loaded:
    """The adapter in fp32, as a run would load it."""
    task = tasks.get(spec.task)
    return load_for(settings, spec, files, task, task.Options.model_validate(spec.options))


def load_for(settings: Settings, spec: FinetuneSpec, files: models.ModelFiles, task: Task, options: BaseModel) -> Loaded:
    """A model in fp32 for any task."""
    network = models.load_model(files, task.auto_class_for(files.tasks))
    tokenizer = models.load_tokenizer(files)
    model = ready(task, options, files, tokenizer, network, settings.max_probability_columns, spec.seed, given=spec.roles)
    return Loaded(task, files, model, "fp32")
